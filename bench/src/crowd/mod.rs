//! Nodes full of held polls. First one node alone, then several on one PostgreSQL, each with as many polls:
//! what a held poll costs in memory, whether one message reaches all of them, and what nodes do when nothing
//! happens.
//!
//! A process may open only so many files, so each node's clients are a process of their own: [`hold`](mod@hold) is
//! that process, [`holder`] its handle, and [`tally`] what it tells. [`measurement`] is the course of events.

mod hold;
mod holder;
mod measurement;
mod report;
mod room;
mod tally;

use clap::Args;

use crate::nodes;
pub use hold::{HoldArguments, hold};
use measurement::measure;
pub use report::Report;

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// Nodes on one PostgreSQL
    #[arg(long, default_value_t = 5)]
    nodes: usize,
    /// Polls held by each node, each of a guest of its own
    #[arg(long, default_value_t = 15_000)]
    polls: usize,
    /// Guests that come in at the same time, on each node
    #[arg(long, default_value_t = 16)]
    parallel: usize,
}

/// Measures one node, then all.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    room::check(arguments.nodes, arguments.polls)?;
    let cluster = nodes::postgres().await?;
    eprintln!("one node alone");
    let alone = measure(&cluster, 1, arguments).await?;
    eprintln!("{} nodes", arguments.nodes);
    let together = measure(&cluster, arguments.nodes, arguments).await?;
    Ok(Report { alone, together })
}
