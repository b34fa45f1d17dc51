//! A sending contest. Contenders take turns, in a different order each round, so that a machine that slows down affects
//! all of them. Knows no server by name.

mod contender;
mod report;
mod turn;

use std::time::Duration;

use anyhow::ensure;
use clap::Args;

pub(crate) use contender::Contender;
use report::Row;
pub(crate) use report::{Pair, Report};
pub(crate) use turn::{Turn, take};

/// A turn that is not counted, because first requests are slower.
const WARM_UP: Duration = Duration::from_secs(1);

/// The options shared by all contests.
#[derive(Args, Clone, Copy)]
pub(crate) struct Schedule {
    /// Duration of a turn in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Number of turns for each contender
    #[arg(long, default_value_t = 5)]
    turns: usize,
}

/// Runs all turns and compares the given pairs.
pub(crate) fn run(
    schedule: Schedule,
    connections: usize,
    contenders: &mut [Contender<'_>],
    pairs: &[Pair],
) -> anyhow::Result<Report> {
    let Schedule { seconds, turns: rounds } = schedule;
    ensure!(connections > 0 && seconds > 0 && rounds > 0, "--connections, --seconds and --turns must be at least 1");
    for contender in &mut *contenders {
        take(contender, WARM_UP)?;
    }
    let mut turns: Vec<Vec<Turn>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for place in 0..contenders.len() {
            let next = (round + place) % contenders.len();
            turns[next].push(take(&mut contenders[next], Duration::from_secs(seconds))?);
        }
    }
    let ratios = pairs.iter().map(|pair| pair.compare(contenders, &turns)).collect::<anyhow::Result<_>>()?;
    let rows = contenders.iter().zip(&turns).map(|(contender, turns)| Row::of(contender.name, turns)).collect();
    Ok(Report { connections, rounds, seconds, rows, ratios })
}
