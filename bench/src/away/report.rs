//! The report of `away`.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;

use super::state::Differences;
use crate::spread::Percentiles;

/// The results on all databases.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(super) messages: u64,
    pub(super) changes: u64,
    pub(super) conversations: u64,
    pub(super) limit: u64,
    pub(super) runs: Vec<Run>,
}

/// The results on one database.
#[derive(Serialize)]
pub(super) struct Run {
    database: &'static str,
    pages: usize,
    /// From each request to its page, all pages together.
    seconds: f64,
    /// The first tenth of the pages, the one in the middle, and the last.
    tenths: [Percentiles; 3],
    #[serde(flatten)]
    costs: Costs,
    #[serde(flatten)]
    learned: Learned,
}

/// The cost of all pages together.
#[derive(Serialize)]
pub(super) struct Costs {
    pub(super) bytes: u64,
    /// The growth of the server's memory at its peak.
    pub(super) peak_bytes: u64,
    /// CPU time without that of PostgreSQL.
    pub(super) server_ms_per_page: f64,
    pub(super) queries_per_page: f64,
}

/// The client's state after the last page, compared with the database.
#[derive(Serialize)]
pub(super) struct Learned {
    /// How often it was told the state of a conversation.
    pub(super) states: u64,
    /// Joined conversations that it was not told of.
    pub(super) untold: u64,
    pub(super) differences: Differences,
}

impl Run {
    /// Summarizes the times of all pages, in their order.
    pub(super) fn new(database: &'static str, times: &[Duration], costs: Costs, learned: Learned) -> Self {
        let count = times.len();
        let tenth = count.div_ceil(10);
        let tenths = [0, (count - tenth) / 2, count - tenth].map(|begin| {
            let mut times = times[begin..begin + tenth].to_vec();
            times.sort_unstable();
            Percentiles::of(&times)
        });
        let seconds = times.iter().sum::<Duration>().as_secs_f64();
        Self { database, pages: count, seconds, tenths, costs, learned }
    }
}

impl Report {
    /// Fails if the client does not know everything as it is.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for Run { database, learned, .. } in &self.runs {
            let Learned { untold, differences, .. } = learned;
            ensure!(
                differences.total() == 0,
                "{database}: the client's messages are not the server's: {differences:?}"
            );
            ensure!(*untold == 0, "{database}: the client was not told of {untold} conversations");
        }
        Ok(())
    }
}

impl Display for Run {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { database, pages, seconds, tenths, costs, learned } = self;
        let Costs { bytes, peak_bytes, server_ms_per_page, queries_per_page } = costs;
        let Differences { missing, differing, unknown } = learned.differences;
        let mib = |bytes: &u64| *bytes as f64 / 1024.0 / 1024.0;
        let (size, peak) = (mib(bytes), mib(peak_bytes));
        write!(f, "{database}: {pages} pages, {size:.1} MiB, in {seconds:.2} s; ")?;
        writeln!(f, "{server_ms_per_page:.2} ms of CPU time and {queries_per_page:.1} queries a page")?;
        for (name, tenth) in ["first", "middle", "last"].iter().zip(tenths) {
            writeln!(f, "{name:>9} | {tenth}")?;
        }
        writeln!(f, "memory gained at its peak: {peak:.1} MiB")?;
        write!(f, "messages missing {missing}, differing {differing}, unknown {unknown}; ")?;
        write!(f, "conversations told {} times, not told {}", learned.states, learned.untold)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { messages, changes, conversations, limit, runs } = self;
        writeln!(f, "Catching up with {messages} messages and {changes} changes in {conversations} conversations,")?;
        writeln!(f, "{limit} of them on a page. Times of the first, the middle and the last tenth of the pages\n")?;
        writeln!(f, "{:>9} | {:>8} {:>8} {:>8}\n", "tenth", "p50 ms", "p99 ms", "max ms")?;
        let runs: Vec<_> = runs.iter().map(Run::to_string).collect();
        f.write_str(&runs.join("\n\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_those_at_the_beginning_in_the_middle_and_at_the_end() {
        let times: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        let costs = Costs { bytes: 0, peak_bytes: 0, server_ms_per_page: 0.0, queries_per_page: 0.0 };
        let learned = Learned { states: 0, untold: 0, differences: Differences::default() };
        let run = Run::new("SQLite", &times, costs, learned);
        assert_eq!(run.tenths.map(|tenth| tenth.max_ms), [10.0, 55.0, 100.0]);
        assert_eq!((run.pages, run.seconds), (100, 5.05));
    }
}
