//! linger measured against the framework underneath it, and against itself on other databases and on more
//! nodes. What is compared is measured in one run, since machines are noisy and only ratios travel.
//! `make bench` and `make bench-cluster` build everything in release and run it.
//!
//! In reading order: [`connection`] and [`guest`] are a client of a few lines, [`nodes`] starts linger and
//! [`floor`] the bare program that it is held against, [`processor`] tells what a process has used and
//! [`spread`] what many figures have in common. [`contest`] lets servers take turns, for [`sends`] and
//! [`databases`]; [`across`] times one message at a time; [`crowd`] fills nodes with held polls.

mod across;
mod connection;
mod contest;
mod crowd;
mod databases;
mod floor;
mod guest;
mod nodes;
mod processor;
mod sends;
mod spread;

use std::fmt::Display;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde::Serialize;

#[derive(Parser)]
#[command(name = "linger-bench", version, about)]
struct Cli {
    /// Print one JSON object instead of a table
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Acknowledged durable sends per second against a bare POST that stores nothing
    Sends(contest::Arguments),
    /// Acknowledged durable sends per second on SQLite, on PostgreSQL, and on PostgreSQL with three nodes
    Databases(contest::Arguments),
    /// The time from a send on one node to the answer of a poll that another node holds
    Across(across::Arguments),
    /// Nodes full of held polls: memory for each, and one message for all
    Cluster(crowd::Arguments),
    /// The clients of one node of `cluster`, for the benchmark to start
    #[command(hide = true)]
    Hold(crowd::HoldArguments),
    /// The bare program itself, for the benchmark to start
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        port: u16,
    },
}

fn main() -> ExitCode {
    let Cli { json, command } = Cli::parse();
    let ended = match command {
        Command::Floor { port } => rocket::execute(floor::serve(port)),
        measuring => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)
            .and_then(|runtime| runtime.block_on(measure(measuring, json))),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linger-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(command: Command, json: bool) -> anyhow::Result<()> {
    match command {
        Command::Sends(arguments) => show(&sends::run(&arguments).await?, json),
        Command::Databases(arguments) => show(&databases::run(&arguments).await?, json),
        Command::Across(arguments) => show(&across::run(&arguments).await?, json),
        Command::Cluster(arguments) => {
            let report = crowd::run(&arguments).await?;
            show(&report, json)?;
            report.verdict()
        }
        Command::Hold(arguments) => crowd::hold(arguments).await,
        Command::Floor { port } => floor::serve(port).await,
    }
}

fn show(report: &(impl Serialize + Display), json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        println!("{report}");
    }
    Ok(())
}
