//! Nodes full of held polls: first one node alone, then several on one PostgreSQL, each with the same number of polls.
//! Measures the memory of a held poll, the delivery of one message to all of them, and the CPU use of idle nodes.
//!
//! A process may open only so many files, so the clients of each node run in a process of their own: [`hold`](mod@hold)
//! is that process, [`holder`] its handle, and [`tally`] what it reports. [`measurement`] is the sequence of events.

mod capacity;
mod hold;
mod holder;
mod measurement;
mod report;
mod tally;

use clap::Args;

use crate::nodes;
pub(crate) use hold::{HoldArguments, hold};
use measurement::measure;
pub(crate) use report::Report;

/// The options of `cluster`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of nodes on one PostgreSQL
    #[arg(long, default_value_t = 5)]
    nodes: usize,
    /// Number of polls held by each node, each by a guest of its own
    #[arg(long, default_value_t = 15_000)]
    polls: usize,
    /// Number of guests that sign in at the same time on each node
    #[arg(long, default_value_t = 16)]
    parallel: usize,
}

/// Measures one node, then all of them together.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    capacity::check(arguments.nodes, arguments.polls)?;
    let cluster = nodes::postgres().await?;
    eprintln!("one node alone");
    let alone = measure(&cluster, 1, arguments).await?;
    eprintln!("{} nodes", arguments.nodes);
    let together = measure(&cluster, arguments.nodes, arguments).await?;
    Ok(Report { alone, together })
}
