//! A server full of held requests, on connections that have each had an answer: the starting point of `hold`, `fan-out`
//! and `edits`.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use serde::Serialize;

use crate::audience::Audience;
use crate::memory::Memory;
use crate::peers::Peer;
use crate::reader::{Dialect, Way};
use crate::servers::{Server, linger};
use crate::spread::Percentiles;
use crate::watch::{memory, settle, used};

/// The time limit for one message to reach all.
const PATIENCE: Duration = Duration::from_secs(60);

/// The audience, and what it is to receive.
#[derive(Args)]
pub(crate) struct Rounds {
    /// Number of readers, each a guest of its own
    #[arg(long, default_value_t = 10_000)]
    pub(crate) polls: usize,
    /// Number of guests that sign in at the same time
    #[arg(long, default_value_t = 100)]
    pub(crate) parallel: usize,
    /// Number of messages in each turn; with edits, as many of them
    #[arg(long, default_value_t = 10)]
    pub(crate) messages: usize,
    /// Seconds between two of them
    #[arg(long, default_value_t = 2)]
    every_seconds: u64,
}

/// A server and its audience.
pub(crate) struct Filled {
    /// Dropped before the server, so that no connection is reset.
    pub(crate) audience: Audience,
    pub(crate) server: Server,
    /// From the first sign-in until the server held all requests and was idle.
    pub(crate) filling: Duration,
    /// The memory that the server has gained since it was empty.
    pub(crate) memory: Memory,
    /// The memory of the empty server.
    pub(crate) empty: Memory,
}

/// The times and costs of deliveries to all readers.
#[derive(Serialize)]
pub(crate) struct Deliveries {
    /// From the send's start to the answer of each poll.
    pub(crate) arrival: Percentiles,
    /// From the send's start to its own answer.
    acknowledgement: Percentiles,
    /// CPU time per delivery, including the poll that follows.
    pub(crate) server_us: f64,
    client_us: f64,
    /// Database statements for all deliveries.
    queries: Option<u64>,
    head_bytes: usize,
    body_bytes: usize,
}

impl Filled {
    /// Starts a server and signs this many readers in, `parallel` at a time.
    pub(crate) fn with(peer: Peer, way: Way, count: usize, parallel: usize) -> anyhow::Result<Self> {
        Self::on(peer.start()?, peer.dialect(), way, count, parallel)
    }

    /// Signs this many readers in to an empty server, `parallel` at a time.
    pub(crate) fn on(
        server: Server,
        dialect: Dialect,
        way: Way,
        count: usize,
        parallel: usize,
    ) -> anyhow::Result<Self> {
        let mut audience = Audience::new(server.port, dialect, way, count)?;
        // The speaker's sign-in pays for what a server allocates on its first request.
        audience.connect_speaker()?;
        settle(&server, &mut audience)?;
        let empty = memory(&server)?;
        let begun = Instant::now();
        audience.connect_readers(parallel)?;
        let filling = settle(&server, &mut audience)?.duration_since(begun);
        audience.send()?;
        ensure!(
            audience.wait_for_delivery(PATIENCE)?,
            "the first message did not reach every reader: {:?}",
            audience.faults()
        );
        settle(&server, &mut audience)?;
        let memory = memory(&server)?.since(empty);
        audience.take_times();
        Ok(Self { audience, server, filling, memory, empty })
    }
    /// Lets the speaker act as often as a turn has messages, and measures the deliveries.
    pub(crate) fn deliver(
        &mut self,
        rounds: &Rounds,
        act: impl Fn(&mut Audience) -> anyhow::Result<()>,
    ) -> anyhow::Result<Deliveries> {
        let every = Duration::from_secs(rounds.every_seconds);
        let queries = linger::queries(&self.server).ok();
        let before = used(&self.server)?;
        for _ in 0..rounds.messages {
            let begun = Instant::now();
            act(&mut self.audience)?;
            self.audience.wait_for_delivery(every)?;
            self.audience.run_for(every.saturating_sub(begun.elapsed()))?;
        }
        settle(&self.server, &mut self.audience)?;
        let used = used(&self.server)?.since(before);
        let queries = linger::queries(&self.server).ok().zip(queries).map(|(after, before)| after - before);
        let (times, acknowledged) = self.audience.take_times();
        let each = |seconds: f64| seconds * 1e6 / times.len().max(1) as f64;
        let (head_bytes, body_bytes) = self.audience.answer_bytes();
        Ok(Deliveries {
            arrival: Percentiles::of(&times),
            acknowledgement: Percentiles::of(&acknowledged),
            server_us: each(used.server),
            client_us: each(used.client),
            queries,
            head_bytes,
            body_bytes,
        })
    }
}

impl Display for Deliveries {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { arrival, acknowledgement, server_us, client_us, .. } = self;
        let bytes = format!("{}+{}", self.head_bytes, self.body_bytes);
        let queries = self.queries.map_or("-".into(), |count| count.to_string());
        write!(f, "{server_us:>9.2} {client_us:>9.2} {arrival} {:>8.1} {bytes:>9} {queries:>7}", acknowledgement.p50_ms)
    }
}

impl Deliveries {
    /// Returns the head of the columns.
    pub(crate) fn columns() -> String {
        let [server_us, client_us, p50, p99, max] = ["server µs", "client µs", "p50 ms", "p99 ms", "max ms"];
        let [acknowledged, bytes, queries] = ["201 ms", "bytes", "queries"];
        format!("{server_us:>9} {client_us:>9} {p50:>8} {p99:>8} {max:>8} {acknowledged:>8} {bytes:>9} {queries:>7}")
    }
}
