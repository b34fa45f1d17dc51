//! A server while something is done to it: what it uses of processors and of memory, and when it has nothing more to
//! do. What this program uses is told beside it, because both share the machine.

use std::time::{Duration, Instant};

use crate::audience::Audience;
use crate::memory::Memory;
use crate::processor::{own_seconds, seconds_of};
use crate::servers::Server;

/// Shorter than any wait of a server's for the next thing to happen, longer than the steps in which the system tells
/// of processor time.
const STILL: Duration = Duration::from_millis(100);

/// What a server has in its background is no reason to wait for ever.
const STILL_WITHIN: Duration = Duration::from_secs(10);

/// Processor time used, in seconds.
#[derive(Clone, Copy, Default)]
pub struct Used {
    /// By the server.
    pub server: f64,
    /// By this program.
    pub client: f64,
}

/// What was used so far.
pub fn used(server: &Server) -> anyhow::Result<Used> {
    let seconds = server.pids().into_iter().map(seconds_of).sum::<anyhow::Result<f64>>()?;
    Ok(Used { server: seconds, client: own_seconds()? })
}

impl Used {
    /// What has come since then.
    pub fn since(self, before: Self) -> Self {
        Self { server: self.server - before.server, client: self.client - before.client }
    }
}

/// The server's memory.
pub fn memory(server: &Server) -> anyhow::Result<Memory> {
    Memory::of(&server.pids())
}

/// Goes on until the server does nothing; since when it has.
pub fn settle(server: &Server, audience: &mut Audience) -> anyhow::Result<Instant> {
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
