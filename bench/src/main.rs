//! linger measured against the framework underneath it, in one run, since machines are noisy and only
//! ratios travel. `make bench` builds everything in release and runs it.
//!
//! In reading order: [`subject`] starts what is measured, [`floor`] is the bare program that linger is held
//! against, [`connection`] is a client of a few lines, [`sends`] the measurement.

mod connection;
mod floor;
mod sends;
mod subject;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "linger-bench", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Acknowledged durable sends per second against a bare POST that stores nothing
    Sends(sends::Arguments),
    /// The bare program itself, for the benchmark to start
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        port: u16,
    },
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Sends(arguments) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)
            .and_then(|runtime| runtime.block_on(sends::run(&arguments))),
        Command::Floor { port } => rocket::execute(floor::serve(port)),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linger-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
