//! One message for all readers: how fast it arrives, what each delivery costs, and whether it arrives once.

use std::fmt::{self, Display, Formatter};

use clap::Args;
use serde::Serialize;

use crate::audience::Audience;
use crate::filled::{Deliveries, Filled, Rounds};
use crate::order::Faults;
use crate::peers::Peer;
use crate::reader::Way;
use crate::spread::Spread;

/// The options of `fan-out`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    rounds: Rounds,
    /// Servers to measure [default: all that are installed]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<Peer>,
    /// How readers receive messages; several ways take turns
    #[arg(long, value_delimiter = ',', default_value = "polls")]
    ways: Vec<Way>,
    /// Number of runs of each combination, in turn
    #[arg(long, default_value_t = 1)]
    turns: usize,
}

/// The results of all runs.
#[derive(Serialize)]
pub(crate) struct Report {
    polls: usize,
    messages: usize,
    /// One for each server, way and turn.
    runs: Vec<Run>,
}

/// The results of one run.
#[derive(Serialize)]
pub(crate) struct Run {
    server: &'static str,
    way: Way,
    filling_seconds: f64,
    bytes_per_poll: u64,
    #[serde(flatten)]
    deliveries: Deliveries,
    faults: Faults,
}

/// Lets each server deliver the same number of messages.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let peers = Peer::chosen(&arguments.peers);
    let mut runs = Vec::new();
    for _ in 0..arguments.turns {
        for way in &arguments.ways {
            for peer in &peers {
                let run = measure(*peer, *way, arguments)?;
                eprintln!("{run}");
                runs.push(run);
            }
        }
    }
    let Rounds { polls, messages, .. } = arguments.rounds;
    Ok(Report { polls, messages, runs })
}

fn measure(peer: Peer, way: Way, arguments: &Arguments) -> anyhow::Result<Run> {
    let Rounds { polls, parallel, .. } = arguments.rounds;
    let mut filled = Filled::with(peer, way, polls, parallel)?;
    let deliveries = filled.deliver(&arguments.rounds, Audience::send)?;
    Ok(Run {
        server: filled.server.name,
        way,
        filling_seconds: filled.filling.as_secs_f64(),
        bytes_per_poll: filled.memory.resident / polls as u64,
        deliveries,
        faults: filled.audience.faults(),
    })
}

impl Report {
    /// Returns the median of a figure over one server's runs.
    fn median(&self, server: &str, way: Way, figure: impl Fn(&Run) -> f64) -> Option<f64> {
        let runs: Vec<_> = self.runs.iter().filter(|run| run.server == server && run.way == way).map(figure).collect();
        (!runs.is_empty()).then(|| Spread::of(runs).median)
    }

    /// Fails if linger did not deliver everything once and in order.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let faults: u64 = self.runs.iter().filter(|run| run.server == "linger").map(|run| run.faults.total()).sum();
        anyhow::ensure!(faults == 0, "{faults} messages were missing, doubled or out of order");
        Ok(())
    }
}

impl Display for Run {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { server, way, filling_seconds, deliveries, .. } = self;
        let Faults { missing, doubled, disordered } = self.faults;
        let (way, each) = (format!("{way:?}").to_lowercase(), self.bytes_per_poll as f64 / 1024.0);
        write!(f, "{server:8} {way:8} {filling_seconds:>9.2} {each:>8.2} {deliveries} {missing}/{doubled}/{disordered}")
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} readers, {} messages to all of them. CPU time per delivery in µs.\n",
            self.polls, self.messages
        )?;
        let [server, way, filling, each] = ["", "", "filled, s", "KiB each"];
        let columns = Deliveries::columns();
        writeln!(f, "{server:8} {way:8} {filling:>9} {each:>8} {columns} missing/doubled/disordered")?;
        let rows: Vec<_> = self.runs.iter().map(Run::to_string).collect();
        writeln!(f, "{}\n", rows.join("\n"))?;
        for way in [Way::Polls, Way::Streams] {
            for other in ["floor", "nchan"] {
                let ratio = |figure: fn(&Run) -> f64| {
                    Some(self.median("linger", way, figure)? / self.median(other, way, figure)?)
                };
                if let (Some(memory), Some(cpu), Some(p99)) = (
                    ratio(|run| run.bytes_per_poll as f64),
                    ratio(|run| run.deliveries.server_us),
                    ratio(|run| run.deliveries.arrival.p99_ms),
                ) {
                    write!(f, "linger / {other}, {}: memory {memory:.2}, ", format!("{way:?}").to_lowercase())?;
                    writeln!(f, "CPU per delivery {cpu:.2}, p99 {p99:.2}")?;
                }
            }
        }
        Ok(())
    }
}
