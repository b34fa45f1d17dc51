//! The report of `cluster`.

use std::fmt::{self, Display, Formatter};

use anyhow::ensure;
use serde::Serialize;

use crate::spread::Spread;

/// The results of one node alone, and of several together.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The baseline.
    pub(crate) alone: Figures,
    /// All nodes on one PostgreSQL.
    pub(crate) together: Figures,
}

/// The results of nodes that ran together.
#[derive(Serialize)]
pub(crate) struct Figures {
    /// Polls held by each node.
    pub(crate) polls: usize,
    /// Until all guests had signed in.
    pub(crate) coming_in_seconds: f64,
    /// From the timed message's send to its 201.
    pub(crate) acknowledged_ms: f64,
    /// CPU use of all of PostgreSQL while idle.
    pub(crate) postgres_idle_cpu_percent: f64,
    pub(crate) nodes: Vec<NodeFigures>,
}

/// The results of one node.
#[derive(Serialize)]
pub(crate) struct NodeFigures {
    /// Resident memory before the first client.
    pub(crate) empty_bytes: u64,
    /// Resident memory with all polls held, after each connection had an answer.
    pub(crate) full_bytes: u64,
    /// The difference, divided by the polls.
    pub(crate) bytes_per_poll: u64,
    /// CPU use while idle.
    pub(crate) idle_cpu_percent: f64,
    /// Clients that received the timed message.
    pub(crate) delivered: usize,
    /// Repeated deliveries of a message.
    pub(crate) repeated: usize,
    /// From the timed message's send until the last client of this node received it.
    pub(crate) last_ms: f64,
    /// Polls that timed out and were repeated.
    pub(crate) renewed: usize,
    /// Sign-ins that were answered with 503 and repeated.
    pub(crate) postponed: usize,
}

impl Figures {
    fn write(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, node) in self.nodes.iter().enumerate() {
            let name = format!("node {} of {}", at + 1, self.nodes.len());
            let mib = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
            let (empty, full, each) = (mib(node.empty_bytes), mib(node.full_bytes), mib(node.bytes_per_poll) * 1024.0);
            let NodeFigures { idle_cpu_percent, delivered, repeated, last_ms, .. } = node;
            write!(f, "{name:12} {:7} {empty:10.1} {full:9.1} {each:9.1} {idle_cpu_percent:10.1} ", self.polls)?;
            writeln!(f, "{delivered:10} {repeated:9} {last_ms:9.0}")?;
        }
        Ok(())
    }

    fn last_ms(&self) -> f64 {
        self.nodes.iter().map(|node| node.last_ms).fold(0.0, f64::max)
    }

    fn delivered(&self) -> (usize, usize) {
        (self.nodes.iter().map(|node| node.delivered).sum(), self.polls * self.nodes.len())
    }
}

impl Report {
    /// Compares the memory of a held poll on nodes running together with that on a node alone.
    fn memory(&self) -> Spread {
        let alone = self.alone.nodes[0].bytes_per_poll as f64;
        Spread::of(self.together.nodes.iter().map(|node| node.bytes_per_poll as f64 / alone))
    }

    /// Fails if the message did not reach every client exactly once.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for figures in [&self.alone, &self.together] {
            let (delivered, polls) = figures.delivered();
            ensure!(delivered == polls, "the message reached {delivered} of {polls} polls");
            let repeated: usize = figures.nodes.iter().map(|node| node.repeated).sum();
            ensure!(repeated == 0, "{repeated} messages were delivered again");
        }
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:12} {:>7} {:>10} {:>9} {:>9} {:>10} ",
            "", "held", "empty MiB", "full MiB", "KiB/poll", "idle CPU %"
        )?;
        writeln!(f, "{:>10} {:>9} {:>9}", "delivered", "repeated", "last, ms")?;
        self.alone.write(f)?;
        self.together.write(f)?;
        for figures in [&self.alone, &self.together] {
            let ((delivered, polls), nodes) = (figures.delivered(), figures.nodes.len());
            write!(f, "\n{nodes} node(s): {delivered} of {polls} held polls received one message, ")?;
            write!(
                f,
                "the last one {:.0} ms after its send (201 after {:.0} ms); ",
                figures.last_ms(),
                figures.acknowledged_ms
            )?;
            write!(f, "guests signed in within {:.0} s; ", figures.coming_in_seconds)?;
            write!(f, "PostgreSQL idle: {:.1} % CPU", figures.postgres_idle_cpu_percent)?;
        }
        write!(f, "\nmemory per held poll, together / alone: {:.2}", self.memory())
    }
}
