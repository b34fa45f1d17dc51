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
mod catch_up;
mod connection;
mod contest;
mod crowd;
mod database;
mod databases;
mod fan_out;
mod filled;
mod group_commit;
mod growth;
mod guest;
mod hold;
mod http;
mod memory;
mod nodes;
mod order;
mod peers;
mod processor;
mod reader;
mod rooms;
mod sends;
mod servers;
mod slow_readers;
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
    /// Thousands of users in rooms and direct conversations, at rising load
    Rooms(rooms::Arguments),
    /// Coming back to unread messages, to old pages of history, and to a server that was restarted
    CatchUp(catch_up::Arguments),
    /// Streams that nobody reads: what each costs the server in memory
    SlowReaders(slow_readers::Arguments),
    /// The same figures on databases that hold more and more
    Growth(growth::Arguments),
    /// Acknowledged durable sends per second against a bare POST that stores nothing
    Sends(sends::Arguments),
    /// Acknowledged durable sends per second on SQLite, on PostgreSQL, and on PostgreSQL with three nodes
    Databases(databases::Arguments),
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
    let ended = server.as_deref().map_or(Ok(()), servers::linger::choose).and_then(|()| run(command, json));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linger-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, json: bool) -> anyhow::Result<()> {
    match command {
        Command::Hold(arguments) => show(&hold::run(&arguments)?, json),
        Command::FanOut(arguments) => {
            let report = fan_out::run(&arguments)?;
            show(&report, json)?;
            report.verdict()
        }
        Command::Rooms(arguments) => {
            let report = rooms::run(&arguments)?;
            show(&report, json)?;
            report.verdict()
        }
        Command::CatchUp(arguments) => {
            let report = catch_up::run(&arguments)?;
            show(&report, json)?;
            report.verdict()
        }
        Command::SlowReaders(arguments) => show(&slow_readers::run(&arguments)?, json),
        Command::Growth(arguments) => show(&growth::run(&arguments)?, json),
        Command::Sends(arguments) => show(&sends::run(&arguments)?, json),
        Command::Databases(arguments) => show(&wait_for(databases::run(&arguments))?, json),
        Command::Across(arguments) => show(&wait_for(across::run(&arguments))?, json),
        Command::Cluster(arguments) => {
            let report = wait_for(crowd::run(&arguments))?;
            show(&report, json)?;
            report.verdict()
        }
        Command::HoldNode(arguments) => wait_for(crowd::hold(arguments)),
        Command::Floor { port } => rocket::execute(servers::floor::serve(port)),
    }
}

fn wait_for<T>(measuring: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measuring)
}

fn show(report: &(impl Serialize + Display), json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        println!("{report}");
    }
    Ok(())
}
