//! `linger-rig postgres -- COMMAND…`: runs a command with a PostgreSQL cluster of its own.

use std::process::{ExitCode, ExitStatus};

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};
use linger_rig::postgres::Cluster;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

/// Starts what linger's tests need.
#[derive(Parser)]
#[command(name = "linger-rig", version)]
struct Cli {
    #[command(subcommand)]
    command: Rig,
}

#[derive(Subcommand)]
enum Rig {
    /// Run a command with LINGER_TEST_POSTGRES set to the URL of a temporary PostgreSQL cluster
    Postgres {
        /// The command and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Rig::Postgres { command } = Cli::parse().command;
    match with_cluster(&command).await {
        Ok(status) => exit_code(status),
        Err(error) => {
            eprintln!("linger-rig: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn with_cluster(command: &[String]) -> anyhow::Result<ExitStatus> {
    let (program, arguments) = command.split_first().context("no command given")?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let cluster = Cluster::start().await?;
    let mut child = Command::new(program)
        .args(arguments)
        .env("LINGER_TEST_POSTGRES", cluster.base_url())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            // Ctrl-C reaches the command too, which decides what to do.
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                let pid = child.id().context("the command has ended")?.to_string();
                let sent = Command::new("kill").args(["-s", "TERM", &pid]).status().await?;
                ensure!(sent.success(), "cannot stop the command");
            }
        }
    }
}

/// Returns the exit code as a shell reports it: 128 plus the signal's number if a signal ended the process.
fn exit_code(status: ExitStatus) -> ExitCode {
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map_or(1, |signal| 128 + signal);
    ExitCode::from(u8::try_from(status.code().unwrap_or(signal)).unwrap_or(1))
}
