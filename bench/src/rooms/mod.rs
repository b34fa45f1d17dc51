//! Thousands of users in rooms and direct conversations, under rising load: how much is delivered, how late, and at
//! what cost, up to the load that the server cannot keep up with.
//!
//! Messages are due at fixed times, whether or not the server has answered earlier ones, and latencies count from then.
//! A slow server is therefore also charged for messages that had to wait for it. [`plan`] assigns users to rooms,
//! [`users`] runs them, and [`report`] is the result.

mod plan;
mod report;
mod users;

use std::time::{Duration, Instant};

use clap::Args;

use crate::servers::{Server, linger};
use crate::spread::Percentiles;
use crate::swarm::Swarm;
use crate::watch::used;
use plan::Plan;
pub(crate) use report::Report;
use report::Stage;
use users::{Seen, Users};

/// The time limit for messages that are still in transit at the end of a stage.
const DRAIN: Duration = Duration::from_secs(30);

/// The longest wait for events in one turn of the loop.
const TURN: Duration = Duration::from_millis(20);

/// A server keeps up if it acknowledges at least this share of the messages due.
const KEEPS_UP: f64 = 0.95;

/// The options of `rooms`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    plan: Plan,
    /// Messages per second in the first stage; the rate doubles with each stage while the server keeps up
    #[arg(long, default_value_t = 125)]
    from: u64,
    /// Highest rate, in messages per second
    #[arg(long, default_value_t = 64_000)]
    to: u64,
    /// Duration of a stage in seconds
    #[arg(long, default_value_t = 8)]
    seconds: u64,
}

/// Raises the load, stage by stage.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let server = linger::start()?;
    let mut swarm = Swarm::new()?;
    let mut users = Users::new(arguments.plan, server.port);
    users.prepare(&mut swarm)?;
    eprintln!("{} users are polling", arguments.plan.users);
    let mut stages: Vec<Stage> = Vec::new();
    let mut rate = arguments.from;
    while rate <= arguments.to && stages.last().is_none_or(|last| last.acknowledged >= KEEPS_UP * last.offered) {
        let stage = take(&server, &mut swarm, &mut users, rate, Duration::from_secs(arguments.seconds))?;
        eprintln!("{stage}");
        stages.push(stage);
        rate *= 2;
    }
    Ok(Report { users: arguments.plan.users, rooms: arguments.plan.rooms, stages, faults: users.faults() })
}

/// Runs a stage at this rate, and waits for the messages still in transit at its end.
fn take(server: &Server, swarm: &mut Swarm, users: &mut Users, rate: u64, duration: Duration) -> anyhow::Result<Stage> {
    users.seen = Seen::default();
    let before = used(server)?;
    let begun = Instant::now();
    let senders = users.senders();
    let due = |count: u64| begun + Duration::from_nanos(1_000_000_000 * count / rate);
    let mut count = 0;
    while begun.elapsed() < duration {
        while due(count) <= Instant::now() {
            users.send(swarm, count as usize % senders, due(count))?;
            count += 1;
        }
        swarm.turn(users, due(count).saturating_duration_since(Instant::now()).min(TURN))?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (acknowledged, deliveries) = (users.seen.acknowledgements.len(), users.seen.arrivals.len());
    let busy = used(server)?.since(before);
    let draining = Instant::now();
    while users.expected > 0 && draining.elapsed() < DRAIN {
        swarm.turn(users, TURN)?;
    }
    let all = used(server)?.since(before);
    let mut seen = std::mem::take(&mut users.seen);
    seen.arrivals.sort_unstable();
    seen.acknowledgements.sort_unstable();
    let each = |seconds: f64| seconds * 1e6 / seen.arrivals.len().max(1) as f64;
    Ok(Stage {
        offered: count as f64 / seconds,
        acknowledged: acknowledged as f64 / seconds,
        deliveries: deliveries as f64 / seconds,
        messages_in_an_answer: seen.arrivals.len() as f64 / seen.answers.max(1) as f64,
        arrival: Percentiles::of(&seen.arrivals),
        acknowledgement: Percentiles::of(&seen.acknowledgements),
        server_cores: busy.server / seconds,
        client_cores: busy.client / seconds,
        server_us: each(all.server),
        client_us: each(all.client),
    })
}
