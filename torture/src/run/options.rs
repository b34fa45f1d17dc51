//! What a run is made of, as its command line says it.

use std::path::PathBuf;

use anyhow::ensure;
use clap::{Parser, ValueEnum};

use crate::history::FaultKind;

/// How to run.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// Nodes on one database
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// Clients that send one message after the other
    #[arg(long, default_value_t = 16)]
    pub writers: usize,
    /// Clients that poll from answer to answer
    #[arg(long, default_value_t = 32)]
    pub readers: usize,
    /// Messages to be acknowledged at least
    #[arg(long, default_value_t = 5_000)]
    pub messages: usize,
    /// Rooms besides `general`; everybody joins two of them
    #[arg(long, default_value_t = 8)]
    pub rooms: usize,
    /// On what
    #[arg(long, value_enum, default_value_t = Database::Postgres)]
    pub database: Database,
    /// What to break, again and again; of several, one after the other. `delay` lasts as long as the run
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<FaultKind>,
    /// How often to break something
    #[arg(long, default_value_t = 5)]
    pub cycles: usize,
    /// Seconds that a pause, a black hole or a dead LISTEN lasts
    #[arg(long, default_value_t = 3.0)]
    pub fault_seconds: f64,
    /// Seconds between two faults, on average
    #[arg(long, default_value_t = 1.0)]
    pub between_seconds: f64,
    /// Milliseconds that `delay` adds at most, to each chunk in each direction
    #[arg(long, default_value_t = 3)]
    pub delay_ms: u64,
    /// Messages per second that all writers together send at most; 0 for as many as they can
    #[arg(long, default_value_t = 0)]
    pub rate: u32,
    /// Milliseconds that a reader rests at most after an answer
    #[arg(long, default_value_t = 20)]
    pub rest_ms: u64,
    /// Seconds within which every node has to show an acknowledged message, and answer who waits for it
    #[arg(long)]
    pub visible_within: Option<f64>,
    /// Seconds within which everything has to work again after a fault
    #[arg(long, default_value_t = 5.0)]
    pub recover_within: f64,
    /// Seconds within which every node has to log that LISTEN is dead
    #[arg(long, default_value_t = 15.0)]
    pub detect_within: f64,
    /// Seconds within which every reader has to have everything in the end
    #[arg(long, default_value_t = 60)]
    pub settle: u64,
    /// Decides what clients and faults choose; what comes of it depends on the machine as well
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to write what happened, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// The server; the one beside this program if left out
    #[arg(long, value_name = "PROGRAM")]
    pub lingerd: Option<PathBuf>,
    /// A variable of the nodes' environment
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub environment: Vec<String>,
}

/// What the nodes keep their messages in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Database {
    /// One file, one node.
    Sqlite,
    /// A cluster of the run's own.
    Postgres,
}

impl Options {
    /// Whether there can be such a run.
    ///
    /// # Errors
    /// When there cannot; the text says why.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.nodes > 0 && self.writers > 1, "a run needs a node and two writers");
        let is_sqlite = self.database == Database::Sqlite;
        ensure!(!is_sqlite || self.nodes == 1, "SQLite is for one node: --nodes 1");
        let on_both = [FaultKind::KillNode, FaultKind::PauseNode];
        let is_possible = |fault: &FaultKind| !is_sqlite || on_both.contains(fault);
        ensure!(self.faults.iter().all(is_possible), "with SQLite there is only a node to break");
        Ok(())
    }
}
