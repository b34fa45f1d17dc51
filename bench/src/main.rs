//! Measures linger against the framework beneath it, and against itself on other databases and on more nodes. Values to
//! compare are measured in one run, since machines are noisy and only ratios carry over. `make bench` and `make
//! bench-cluster` build everything in release mode and run it.
//!
//! In reading order: [`servers`] starts what is measured, and [`peers`] lists what is compared. [`swarm`] is thousands
//! of connections in one event loop; [`audience`] is the readers on them; [`speech`] is the texts they receive, and
//! [`order`] checks that all arrive. [`processor`] and [`memory`] measure a process, [`watch`] a server under load, and
//! [`spread`] summarizes figures. [`hold`], [`fan_out`] and [`edits`] build on these.
//!
//! [`connection`] and [`guest`] are a minimal client, and [`nodes`] starts linger on several databases and nodes.
//! [`contest`] lets servers take turns, for [`sends`] and [`databases`]; [`across`] times one message at a time;
//! [`cluster`] fills nodes with held polls.
//!
//! [`dataset`] writes databases of any size, for [`catch_up`], [`growth`] and [`away`]. [`follower`] is a guest that
//! asks for changes. [`sign_in`] times refusals.

mod across;
mod audience;
mod away;
mod catch_up;
mod cluster;
mod connection;
mod contest;
mod databases;
mod dataset;
mod edits;
mod fan_out;
mod filled;
mod follower;
mod greedy;
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
mod sign_in;
mod slow_readers;
mod speech;
mod spread;
mod swarm;
mod unread_answers;
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
    /// Held polls: time to fill, memory per poll, and cost while idle
    Hold(hold::Arguments),
    /// One message to all readers: delivery time, and cost per delivery
    FanOut(fan_out::Arguments),
    /// Edits to all readers: cost per delivery, compared with that of messages
    Edits(edits::Arguments),
    /// Thousands of users in rooms and direct conversations, under rising load
    Rooms(rooms::Arguments),
    /// Catching up with unread messages, old pages of history, and a restarted server
    CatchUp(catch_up::Arguments),
    /// Catching up with a month of messages and changes
    Away(away::Arguments),
    /// Streams whose clients stop reading: memory per stream
    SlowReaders(slow_readers::Arguments),
    /// Answers that are not read: memory, and how soon it is free again
    UnreadAnswers(unread_answers::Arguments),
    /// Sends on one node while one guest keeps another node busy
    Greedy(greedy::Arguments),
    /// Refused sign-ins: whether their time tells what they are refused for
    SignIn(sign_in::Arguments),
    /// The same figures on ever larger databases
    Growth(growth::Arguments),
    /// Durable sends per second, compared with a bare POST that stores nothing
    Sends(sends::Arguments),
    /// Durable sends per second on SQLite, on PostgreSQL, and on PostgreSQL with three nodes
    Databases(databases::Arguments),
    /// Time from a send on one node to the answer of a poll held by another
    Across(across::Arguments),
    /// Several nodes full of held polls: memory per poll, and one message to all
    Cluster(cluster::Arguments),
    /// Run the clients of one node of `cluster` (used internally)
    #[command(hide = true)]
    HoldNode(cluster::HoldArguments),
    /// Run the floor, a bare Rocket program (used internally)
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
            report.check()
        }
        Command::Edits(arguments) => {
            let report = edits::run(&arguments)?;
            show(&report, json)?;
            report.check()
        }
        Command::Rooms(arguments) => {
            let report = rooms::run(&arguments)?;
            show(&report, json)?;
            report.check()
        }
        Command::CatchUp(arguments) => {
            let report = catch_up::run(&arguments)?;
            show(&report, json)?;
            report.check()
        }
        Command::Away(arguments) => {
            let report = wait_for(away::run(&arguments))?;
            show(&report, json)?;
            report.check()
        }
        Command::SlowReaders(arguments) => show(&slow_readers::run(&arguments)?, json),
        Command::UnreadAnswers(arguments) => {
            let report = wait_for(unread_answers::run(&arguments))?;
            show(&report, json)?;
            report.check()
        }
        Command::SignIn(arguments) => {
            let report = wait_for(sign_in::run(&arguments))?;
            show(&report, json)?;
            report.check()
        }
        Command::Greedy(arguments) => {
            let report = wait_for(greedy::run(&arguments))?;
            show(&report, json)?;
            report.check()
        }
        Command::Growth(arguments) => show(&growth::run(&arguments)?, json),
        Command::Sends(arguments) => show(&sends::run(&arguments)?, json),
        Command::Databases(arguments) => show(&wait_for(databases::run(&arguments))?, json),
        Command::Across(arguments) => show(&wait_for(across::run(&arguments))?, json),
        Command::Cluster(arguments) => {
            let report = wait_for(cluster::run(&arguments))?;
            show(&report, json)?;
            report.check()
        }
        Command::HoldNode(arguments) => wait_for(cluster::hold(arguments)),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
