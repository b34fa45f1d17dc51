//! Watches a server under load: its CPU time and memory, and when it becomes idle. Reports this program's CPU time too,
//! because both share the machine.

use std::time::{Duration, Instant};

use crate::audience::Audience;
use crate::memory::Memory;
use crate::processor::{own_seconds, seconds_of};
use crate::servers::Server;

/// How long a server must use no CPU to count as idle. Shorter than its periodic work, longer than a tick.
const STILL: Duration = Duration::from_millis(100);

/// The time limit for becoming idle, since background work may never pause.
const STILL_WITHIN: Duration = Duration::from_secs(10);

/// CPU seconds used.
#[derive(Clone, Copy, Default)]
pub(crate) struct Used {
    pub(crate) server: f64,
    /// By this program.
    pub(crate) client: f64,
}

/// Returns the CPU time used so far.
pub(crate) fn used(server: &Server) -> anyhow::Result<Used> {
    let seconds = server.pids().into_iter().map(seconds_of).sum::<anyhow::Result<f64>>()?;
    Ok(Used { server: seconds, client: own_seconds()? })
}

impl Used {
    /// Returns the CPU time used since then.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { server: self.server - before.server, client: self.client - before.client }
    }
}

/// Returns the server's memory.
pub(crate) fn memory(server: &Server) -> anyhow::Result<Memory> {
    Memory::of(&server.pids())
}

/// Runs until the server is idle. Returns the moment since when it has been.
pub(crate) fn settle(server: &Server, audience: &mut Audience) -> anyhow::Result<Instant> {
    let begun = Instant::now();
    let (mut still_since, mut seen) = (begun, used(server)?.server);
    while still_since.elapsed() < STILL && begun.elapsed() < STILL_WITHIN {
        audience.run_for(Duration::from_millis(10))?;
        let now = used(server)?.server;
        if now != seen {
            (still_since, seen) = (Instant::now(), now);
        }
    }
    Ok(still_since)
}
