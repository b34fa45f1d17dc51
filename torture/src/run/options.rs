//! The command-line options of a run.

use std::path::PathBuf;

use anyhow::ensure;
use clap::{Parser, ValueEnum};

use crate::history::FaultKind;

/// The options of a run.
#[derive(Debug, Clone, Parser)]
pub struct Options {
    /// Number of nodes sharing one database
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// Number of clients that send, each one message at a time
    #[arg(long, default_value_t = 16)]
    pub writers: usize,
    /// Number of clients that poll
    #[arg(long, default_value_t = 32)]
    pub readers: usize,
    /// Minimum number of acknowledged messages
    #[arg(long, default_value_t = 5_000)]
    pub messages: usize,
    /// Number of changes (edits, deletions, reactions) per 100 messages
    #[arg(long, default_value_t = 30)]
    pub changes: u32,
    /// Number of rooms besides `general`; each user joins two of them
    #[arg(long, default_value_t = 8)]
    pub rooms: usize,
    /// Minimum number of removals from private rooms, besides which users are disabled and signed out; 0 for no private
    /// rooms
    #[arg(long, default_value_t = 0)]
    pub removals: usize,
    /// Database to run on
    #[arg(long, value_enum, default_value_t = Database::Postgres)]
    pub database: Database,
    /// Fault to inject, repeatable; several faults take turns. `delay` lasts for the whole run
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<FaultKind>,
    /// Number of faults to inject in total
    #[arg(long, default_value_t = 5)]
    pub cycles: usize,
    /// Duration of a pause, a black hole or a dead LISTEN, in seconds
    #[arg(long, default_value_t = 3.0)]
    pub fault_seconds: f64,
    /// Average time between two faults, in seconds
    #[arg(long, default_value_t = 1.0)]
    pub between_seconds: f64,
    /// Maximum delay that `delay` adds to each chunk in each direction, in milliseconds
    #[arg(long, default_value_t = 3)]
    pub delay_ms: u64,
    /// Maximum send rate of all writers together, in messages per second; 0 for no limit
    #[arg(long, default_value_t = 0)]
    pub rate: u32,
    /// Maximum rest of a reader after an answer, in milliseconds
    #[arg(long, default_value_t = 20)]
    pub rest_ms: u64,
    /// Time limit for every node to show an acknowledged message and deliver it to waiting readers, in seconds
    #[arg(long)]
    pub visible_within: Option<f64>,
    /// Time limit for everything to work again after a fault, in seconds
    #[arg(long, default_value_t = 5.0)]
    pub recover_within: f64,
    /// Time limit for every node to log that LISTEN is dead, in seconds
    #[arg(long, default_value_t = 15.0)]
    pub detect_within: f64,
    /// Time limit for every reader to receive everything at the end, in seconds
    #[arg(long, default_value_t = 60)]
    pub settle: u64,
    /// Seed for the choices of clients and faults; the outcome also depends on the machine
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Write the history to this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Server to run [default: the lingerd beside this program]
    #[arg(long, value_name = "PROGRAM")]
    pub lingerd: Option<PathBuf>,
    /// Set an environment variable of the nodes; repeatable
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub environment: Vec<String>,
}

/// The database of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Database {
    /// A SQLite file, for a single node.
    Sqlite,
    /// A temporary PostgreSQL cluster.
    Postgres,
}

impl Options {
    /// Checks that the options fit together.
    ///
    /// # Errors
    /// Returns an error with the reason if they do not.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.nodes > 0 && self.writers > 1, "a run needs at least one node and two writers");
        let is_sqlite = self.database == Database::Sqlite;
        ensure!(!is_sqlite || self.nodes == 1, "SQLite supports one node only: use --nodes 1");
        let on_both = [FaultKind::KillNode, FaultKind::PauseNode];
        let is_possible = |fault: &FaultKind| !is_sqlite || on_both.contains(fault);
        ensure!(self.faults.iter().all(is_possible), "on SQLite only kill-node and pause-node are possible");
        Ok(())
    }
}
