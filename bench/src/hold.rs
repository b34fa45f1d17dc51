//! Held polls: how fast they fill up a server, the memory of each, and their cost while idle.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::filled::Filled;
use crate::peers::Peer;
use crate::reader::Way;
use crate::servers::linger;
use crate::watch::used;

/// The peers are watched for less time, because the question is about linger.
const PEERS_IDLE_SECONDS: u64 = 10;

/// linger writes last-read positions to disk within a second after they have changed.
const WRITTEN_BEHIND: Duration = Duration::from_secs(2);

/// The options of `hold`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Numbers of polls to hold, each by a guest of its own; one run for each number
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 18_000])]
    polls: Vec<usize>,
    /// Servers to measure [default: all that are installed]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<Peer>,
    /// How readers receive messages
    #[arg(long, default_value = "polls")]
    way: Way,
    /// Number of guests that sign in at the same time
    #[arg(long, default_value_t = 100)]
    parallel: usize,
    /// Seconds to watch idle linger; the other servers are watched for 10 seconds at most
    #[arg(long, default_value_t = 30)]
    idle_seconds: u64,
}

/// The results of all runs.
#[derive(Serialize)]
pub(crate) struct Report {
    /// One for each server and number of polls.
    pub(crate) rows: Vec<Row>,
}

/// The results of one server full of polls.
#[derive(Serialize)]
pub(crate) struct Row {
    server: &'static str,
    way: String,
    polls: usize,
    /// From the first sign-in until the server was idle.
    filling_seconds: f64,
    empty_bytes: u64,
    bytes_per_poll: u64,
    anonymous_bytes_per_poll: u64,
    /// In percent of one core.
    idle_cpu_percent: f64,
    /// Database statements while idle.
    idle_queries: Option<u64>,
}

/// Fills each server with each number of polls.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let peers = Peer::chosen(&arguments.peers);
    let mut rows = Vec::new();
    for polls in &arguments.polls {
        for peer in &peers {
            rows.push(measure(*peer, *polls, arguments)?);
            eprintln!("{}", rows[rows.len() - 1]);
        }
    }
    Ok(Report { rows })
}

fn measure(peer: Peer, polls: usize, arguments: &Arguments) -> anyhow::Result<Row> {
    let mut filled = Filled::with(peer, arguments.way, polls, arguments.parallel)?;
    let seconds = arguments.idle_seconds;
    let idle = Duration::from_secs(if peer == Peer::Linger { seconds } else { seconds.min(PEERS_IDLE_SECONDS) });
    filled.audience.run_for(WRITTEN_BEHIND)?;
    let (queries, before) = (linger::queries(&filled.server).ok(), used(&filled.server)?);
    filled.audience.run_for(idle)?;
    let used = used(&filled.server)?.since(before);
    let idle_queries = linger::queries(&filled.server).ok().zip(queries).map(|(after, before)| after - before);
    Ok(Row {
        server: filled.server.name,
        way: format!("{:?}", arguments.way).to_lowercase(),
        polls,
        filling_seconds: filled.filling.as_secs_f64(),
        empty_bytes: filled.empty.resident,
        bytes_per_poll: filled.memory.resident / polls as u64,
        anonymous_bytes_per_poll: filled.memory.anonymous / polls as u64,
        idle_cpu_percent: used.server / idle.as_secs_f64() * 100.0,
        idle_queries,
    })
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { server, polls, filling_seconds, idle_cpu_percent, idle_queries, .. } = self;
        let (empty, each) = (self.empty_bytes as f64 / 1024.0 / 1024.0, self.bytes_per_poll as f64 / 1024.0);
        let anonymous = self.anonymous_bytes_per_poll as f64 / 1024.0;
        let queries = idle_queries.map_or("-".into(), |count| count.to_string());
        write!(f, "{server:8} {polls:>7} {filling_seconds:>9.2} {empty:>10.1} {each:>9.2} {anonymous:>9.2}")?;
        write!(f, " {idle_cpu_percent:>10.2} {queries:>8}")
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Held requests. KiB each: growth of VmRSS and RssAnon over the empty server, after each connection"
        )?;
        writeln!(f, "has had an answer (for several processes, Pss instead of VmRSS).\n")?;
        let [server, polls, filling, empty, each] = ["", "held", "filled, s", "empty MiB", "KiB each"];
        let [anonymous, idle, queries] = ["anon KiB", "idle CPU %", "queries"];
        writeln!(f, "{server:8} {polls:>7} {filling:>9} {empty:>10} {each:>9} {anonymous:>9} {idle:>10} {queries:>8}")?;
        let rows: Vec<_> = self.rows.iter().map(Row::to_string).collect();
        f.write_str(&rows.join("\n"))
    }
}
