//! Held polls: how soon there are so many, what each costs in memory, and what they cost while nothing happens.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::filled::Filled;
use crate::peers::Peer;
use crate::reader::Way;
use crate::servers::linger;
use crate::watch::used;

/// It is linger that is in question, and a quarter of an hour is long.
const PEERS_IDLE_SECONDS: u64 = 10;

/// Last-read positions reach linger's disk within a second after they have moved.
const WRITTEN_BEHIND: Duration = Duration::from_secs(2);

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// Held polls, each of a guest of its own: one run for each of these numbers
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 18_000])]
    polls: Vec<usize>,
    /// Who holds them [default: all that are here]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<Peer>,
    /// One request for each answer, or one answer that goes on
    #[arg(long, default_value = "polls")]
    way: Way,
    /// Guests that come in at the same time
    #[arg(long, default_value_t = 100)]
    parallel: usize,
    /// How long to watch linger while nothing happens; the others are watched for 10 seconds at most
    #[arg(long, default_value_t = 30)]
    idle_seconds: u64,
}

/// All of it.
#[derive(Serialize)]
pub struct Report {
    /// One for each server and number.
    pub rows: Vec<Row>,
}

/// What one server showed, full of polls.
#[derive(Serialize)]
pub struct Row {
    server: &'static str,
    way: String,
    polls: usize,
    /// From the first connect until the server had nothing more to do.
    filling_seconds: f64,
    empty_bytes: u64,
    bytes_per_poll: u64,
    anonymous_bytes_per_poll: u64,
    /// Of one core, while nothing happened.
    idle_cpu_percent: f64,
    /// Statements to the database, while nothing happened.
    idle_queries: Option<u64>,
}

/// Fills each of them with each number of polls.
pub fn run(arguments: &Arguments) -> anyhow::Result<Report> {
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
        writeln!(f, "Held requests. KiB for each: VmRSS and RssAnon above the empty server's, after each connection")?;
        writeln!(f, "has had an answer (of several processes Pss instead of VmRSS).\n")?;
        let [server, polls, filling, empty, each] = ["", "held", "all in, s", "empty MiB", "KiB each"];
        let [anonymous, idle, queries] = ["anon KiB", "idle CPU %", "queries"];
        writeln!(f, "{server:8} {polls:>7} {filling:>9} {empty:>10} {each:>9} {anonymous:>9} {idle:>10} {queries:>8}")?;
        let rows: Vec<_> = self.rows.iter().map(Row::to_string).collect();
        f.write_str(&rows.join("\n"))
    }
}
