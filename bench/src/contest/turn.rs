//! One turn: every connection sends as fast as it is answered.

use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::task::JoinSet;

use super::Contender;
use crate::connection::Connection;
use crate::processor::{own_seconds, seconds_of, seconds_of_cluster};
use crate::spread::percentile_ms;

/// What one turn showed. Processor time is in microseconds for each send.
pub struct Turn {
    /// Acknowledged sends.
    pub per_second: f64,
    /// From a send's first byte to its answer's last, for half of all.
    pub p50_ms: f64,
    /// The same, for all but one in a hundred.
    pub p99_ms: f64,
    /// This program.
    pub client_us: f64,
    /// Each server.
    pub server_us: Vec<f64>,
    /// All of PostgreSQL.
    pub database_us: Option<f64>,
}

/// Seconds used so far.
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

/// Sends for so long.
pub async fn take(contender: &Contender<'_>, duration: Duration) -> anyhow::Result<Turn> {
    let mut connections = Vec::with_capacity(contender.senders.len());
    for (port, request) in &contender.senders {
        connections.push((Connection::open(*port).await?, request.clone()));
    }
    let before = Used::by(contender)?;
    let begun = Instant::now();
    let until = begun + duration;
    let mut senders: JoinSet<_> =
        connections.into_iter().map(|(connection, request)| send(connection, request, until)).collect();
    let mut times = Vec::new();
    while let Some(sender) = senders.join_next().await {
        times.extend(sender??);
    }
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

/// One connection's sends; returns how long each took.
async fn send(mut connection: Connection, request: Vec<u8>, until: Instant) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    while Instant::now() < until {
        let sent = Instant::now();
        let answer = connection.exchange(&request).await?;
        ensure!(answer.status == 201, "a send is answered {}", answer.status);
        times.push(sent.elapsed());
    }
    Ok(times)
}
