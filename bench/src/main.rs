//! linger measured against the framework underneath it, and against itself on other databases and on more
//! nodes. What is compared is measured in one run, since machines are noisy and only ratios travel.
//! `make bench` and `make bench-cluster` build everything in release and run it.
//!
//! In reading order: [`servers`] starts what is measured and [`peers`] says who is measured side by side; [`swarm`]
//! is thousands of connections in one event loop, [`audience`] who sits at them, [`speech`] what is said and [`order`]
//! whether it arrived; [`processor`] and [`memory`] tell what a process has used, [`watch`] what a server uses while
//! something is done to it, and [`spread`] what many figures have in common. On these stand [`hold`] and [`fan_out`].
//!
//! [`connection`] and [`guest`] are a client of a few lines and [`nodes`] starts linger on several databases and nodes:
//! [`contest`] lets servers take turns, for [`sends`] and [`databases`]; [`across`] times one message at a time;
//! [`crowd`] fills nodes with held polls.

mod across;
mod audience;
mod connection;
mod contest;
mod crowd;
mod databases;
mod fan_out;
mod filled;
mod guest;
mod hold;
mod http;
mod memory;
mod nodes;
mod order;
mod peers;
mod processor;
mod sends;
mod servers;
mod speech;
mod spread;
mod swarm;
mod watch;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde::Serialize;

#[derive(Parser)]
#[command(name = "linger-bench", version, about)]
struct Cli {
    /// Print one JSON object instead of a table
    #[arg(long, global = true)]
    json: bool,
    /// The lingerd to measure [default: the one beside this program]
    #[arg(long, global = true)]
    server: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Held polls: how soon they are held, memory for each, and what they cost while nothing happens
    Hold(hold::Arguments),
    /// One message for all: how soon everybody has it, and what each delivery costs
    FanOut(fan_out::Arguments),
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
    HoldNode(crowd::HoldArguments),
    /// The bare program itself, for the benchmark to start
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        port: u16,
    },
}

fn main() -> ExitCode {
    let Cli { json, server, command } = Cli::parse();
    let ended = server.as_deref().map_or(Ok(()), servers::linger::choose).and_then(|()| match command {
        Command::Floor { port } => rocket::execute(servers::floor::serve(port)),
        Command::Hold(arguments) => hold::run(&arguments).and_then(|report| show(&report, json)),
        Command::FanOut(arguments) => fan_out::run(&arguments).and_then(|report| {
            show(&report, json)?;
            report.verdict()
        }),
        measuring => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)
            .and_then(|runtime| runtime.block_on(measure(measuring, json))),
    });
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
        Command::HoldNode(arguments) => crowd::hold(arguments).await,
        Command::Hold(_) | Command::FanOut(_) | Command::Floor { .. } => unreachable!("these need no runtime"),
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
