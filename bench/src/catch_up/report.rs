//! What coming back showed.

use std::fmt::{self, Display, Formatter};

use anyhow::ensure;
use serde::Serialize;

use crate::order::Faults;
use crate::spread::Percentiles;

/// All of it.
#[derive(Serialize)]
pub struct Report {
    /// In general.
    pub messages: u64,
    /// One for each number of unread messages.
    pub unread: Vec<Unread>,
    /// One for each depth.
    pub history: Vec<History>,
    /// Held when the server was restarted.
    pub polls: usize,
    /// One for each restart.
    pub restarts: Vec<Restart>,
}

/// Coming back to unread messages.
#[derive(Serialize)]
pub struct Unread {
    pub(super) unread: u64,
    /// From the connection to the first page.
    pub(super) first_page: Percentiles,
    /// From the connection to the last page.
    pub(super) all: Percentiles,
}

/// Pages of 100 messages.
#[derive(Serialize)]
pub struct History {
    /// So far back, in hundredths of the history.
    pub percent: u64,
    /// From the request to the page.
    pub page: Percentiles,
}

/// One restart; seconds since SIGTERM.
#[derive(Serialize)]
pub struct Restart {
    /// The old process had ended.
    pub(super) ended_seconds: f64,
    /// The new one listened.
    pub(super) listening_seconds: f64,
    /// Everybody had heard what was said next, and asked on.
    pub(super) heard_seconds: f64,
    /// The server held all, and had nothing more to do.
    pub(super) held_seconds: f64,
    pub(super) faults: Faults,
}

impl Report {
    /// # Errors
    /// When anybody missed a message, got one twice or in the wrong order over a restart.
    pub fn verdict(&self) -> anyhow::Result<()> {
        for restart in &self.restarts {
            ensure!(restart.faults.total() == 0, "{:?}", restart.faults);
        }
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let times = format!("{:>8} {:>8} {:>8}", "p50 ms", "p99 ms", "max ms");
        writeln!(f, "Coming back to a general of {} messages\n", self.messages)?;
        writeln!(f, "{:>9} | {:>26} | {:>26}", "unread", "first page", "all pages")?;
        writeln!(f, "{:>9} | {times} | {times}", "")?;
        for Unread { unread, first_page, all } in &self.unread {
            writeln!(f, "{unread:>9} | {first_page} | {all}")?;
        }
        writeln!(f, "\nA page of 100 messages of that history\n\n{:>9} | {times}", "back, %")?;
        for History { percent, page } in &self.history {
            writeln!(f, "{percent:>9} | {page}")?;
        }
        writeln!(f, "\nA restart under {} held polls: seconds from SIGTERM until", self.polls)?;
        let [ended, listening, heard, held] = ["ended", "listening", "all heard", "all held"];
        write!(f, "\n{ended:>9} {listening:>9} {heard:>9} {held:>9} missing/doubled/disordered")?;
        for restart in &self.restarts {
            let Restart { ended_seconds, listening_seconds, heard_seconds, held_seconds, faults } = restart;
            let Faults { missing, doubled, disordered } = faults;
            write!(f, "\n{ended_seconds:>9.2} {listening_seconds:>9.2} {heard_seconds:>9.2} {held_seconds:>9.2}")?;
            write!(f, " {missing}/{doubled}/{disordered}")?;
        }
        Ok(())
    }
}
