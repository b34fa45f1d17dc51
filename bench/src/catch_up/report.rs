//! The report of `catch-up`.

use std::fmt::{self, Display, Formatter};

use anyhow::ensure;
use serde::Serialize;

use crate::order::Faults;
use crate::spread::Percentiles;

/// The results of all three parts.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The number of messages in `general`.
    pub(crate) messages: u64,
    pub(crate) unread: Vec<Unread>,
    pub(crate) history: Vec<History>,
    /// The number of polls held during a restart.
    pub(crate) polls: usize,
    pub(crate) restarts: Vec<Restart>,
}

/// The times to catch up with unread messages.
#[derive(Serialize)]
pub(crate) struct Unread {
    pub(super) unread: u64,
    /// From connecting to the first page.
    pub(super) first_page: Percentiles,
    /// From connecting to the last page.
    pub(super) all: Percentiles,
}

/// The times of pages of 100 messages at one depth.
#[derive(Serialize)]
pub(crate) struct History {
    /// The distance from the end, as a percentage of the history.
    pub(crate) percent: u64,
    /// From the request to the page.
    pub(crate) page: Percentiles,
}

/// One restart, in seconds since SIGTERM.
#[derive(Serialize)]
pub(crate) struct Restart {
    /// Until the old process ended.
    pub(super) ended_seconds: f64,
    /// Until the new one listened.
    pub(super) listening_seconds: f64,
    /// Until all clients had the next message and polled again.
    pub(super) heard_seconds: f64,
    /// Until the server held all polls and was idle.
    pub(super) held_seconds: f64,
    pub(super) faults: Faults,
}

impl Report {
    /// Fails if a reader missed a message, or received one twice or out of order across a restart.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for restart in &self.restarts {
            ensure!(restart.faults.total() == 0, "{:?}", restart.faults);
        }
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let times = format!("{:>8} {:>8} {:>8}", "p50 ms", "p99 ms", "max ms");
        writeln!(f, "Reconnecting to a `general` with {} messages\n", self.messages)?;
        writeln!(f, "{:>9} | {:>26} | {:>26}", "unread", "first page", "all pages")?;
        writeln!(f, "{:>9} | {times} | {times}", "")?;
        for Unread { unread, first_page, all } in &self.unread {
            writeln!(f, "{unread:>9} | {first_page} | {all}")?;
        }
        writeln!(f, "\nReading a page of 100 messages from its history\n\n{:>9} | {times}", "depth, %")?;
        for History { percent, page } in &self.history {
            writeln!(f, "{percent:>9} | {page}")?;
        }
        writeln!(f, "\nRestarting under {} held polls: seconds from SIGTERM until", self.polls)?;
        let [ended, listening, delivered, held] = ["ended", "listening", "delivered", "all held"];
        write!(f, "\n{ended:>9} {listening:>9} {delivered:>9} {held:>9} missing/doubled/disordered")?;
        for restart in &self.restarts {
            let Restart { ended_seconds, listening_seconds, heard_seconds, held_seconds, faults } = restart;
            let Faults { missing, doubled, disordered } = faults;
            write!(f, "\n{ended_seconds:>9.2} {listening_seconds:>9.2} {heard_seconds:>9.2} {held_seconds:>9.2}")?;
            write!(f, " {missing}/{doubled}/{disordered}")?;
        }
        Ok(())
    }
}
