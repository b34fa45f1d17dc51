//! A turn: every sender sends again as soon as it is answered.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Contender;
use super::contender::Sends;
use crate::processor::{own_seconds, seconds_of, seconds_of_cluster};
use crate::spread::percentile_ms;
use crate::swarm::answer::Answer;
use crate::swarm::{Client, Slot, Swarm};

/// The results of a turn. CPU times are in microseconds per send.
pub(crate) struct Turn {
    /// Acknowledged sends.
    pub(crate) per_second: f64,
    /// The median time from a send's first byte to its answer's last.
    pub(crate) p50_ms: f64,
    /// The 99th percentile.
    pub(crate) p99_ms: f64,
    /// The CPU time of this program.
    pub(crate) client_us: f64,
    /// The CPU time of each server.
    pub(crate) server_us: Vec<f64>,
    /// The CPU time of all of PostgreSQL.
    pub(crate) database_us: Option<f64>,
}

/// CPU seconds used so far.
struct Used {
    client: f64,
    servers: Vec<f64>,
    database: Option<f64>,
}

impl Used {
    fn by(contender: &Contender<'_>) -> anyhow::Result<Self> {
        Ok(Self {
            client: own_seconds()?,
            servers: contender.pids.iter().map(|pid| seconds_of(*pid)).collect::<anyhow::Result<_>>()?,
            database: contender.cluster.map(seconds_of_cluster).transpose()?,
        })
    }
}

/// Lets a contender send for this long.
pub(crate) fn take(contender: &mut Contender<'_>, duration: Duration) -> anyhow::Result<Turn> {
    let senders = match &contender.sends {
        Sends::Requests(requests) => Some(Senders::open(requests)?),
        Sends::Batches(..) => None,
    };
    let before = Used::by(contender)?;
    let begun = Instant::now();
    let mut times = match (senders, &mut contender.sends) {
        (Some((swarm, senders)), _) => senders.send(swarm, begun + duration)?,
        (None, Sends::Batches(journal, size)) => {
            let mut times = Vec::new();
            while begun.elapsed() < duration {
                let taken = journal.commit(*size)?;
                times.extend(std::iter::repeat_n(taken, *size));
            }
            times
        }
        (None, Sends::Requests(_)) => Vec::new(),
    };
    let elapsed = begun.elapsed().as_secs_f64();
    let after = Used::by(contender)?;
    times.sort_unstable();
    let count = times.len() as f64;
    let each = |after: f64, before: f64| (after - before) * 1e6 / count;
    Ok(Turn {
        per_second: count / elapsed,
        p50_ms: percentile_ms(&times, 50),
        p99_ms: percentile_ms(&times, 99),
        client_us: each(after.client, before.client),
        server_us: after.servers.iter().zip(&before.servers).map(|(after, before)| each(*after, *before)).collect(),
        database_us: after.database.zip(before.database).map(|(after, before)| each(after, before)),
    })
}

/// The senders, each with a connection of its own.
struct Senders {
    requests: Vec<Vec<u8>>,
    /// When each sender sent its unanswered request.
    sent: Vec<Instant>,
    until: Instant,
    unanswered: usize,
    times: Vec<Duration>,
}

impl Senders {
    fn open(requests: &[(u16, Vec<u8>)]) -> anyhow::Result<(Swarm, Self)> {
        let mut swarm = Swarm::new()?;
        for (slot, (port, _)) in requests.iter().enumerate() {
            swarm.open(slot, *port)?;
        }
        let requests: Vec<_> = requests.iter().map(|(_, request)| request.clone()).collect();
        let now = Instant::now();
        let sent = vec![now; requests.len()];
        let mut senders = Self { requests, sent, until: now, unanswered: 0, times: Vec::new() };
        // Let all connections be established.
        swarm.turn(&mut senders, Duration::from_millis(10))?;
        Ok((swarm, senders))
    }

    fn send(mut self, mut swarm: Swarm, until: Instant) -> anyhow::Result<Vec<Duration>> {
        self.until = until;
        for slot in 0..self.requests.len() {
            self.ask(&mut swarm, slot);
        }
        while self.unanswered > 0 {
            swarm.turn(&mut self, Duration::from_secs(1))?;
            ensure!(Instant::now() < until + linger_rig::DEADLINE, "{} sends were not answered", self.unanswered);
        }
        Ok(self.times)
    }

    fn ask(&mut self, swarm: &mut Swarm, slot: Slot) {
        self.unanswered += 1;
        self.sent[slot] = Instant::now();
        swarm.ask(slot, &self.requests[slot]);
    }
}

impl Client for Senders {
    fn answered(&mut self, swarm: &mut Swarm, slot: Slot, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()> {
        ensure!(answer.status == 201, "a send was answered with {}", answer.status);
        self.unanswered -= 1;
        self.times.push(at.duration_since(self.sent[slot]));
        if at < self.until {
            self.ask(swarm, slot);
        }
        Ok(())
    }
}
