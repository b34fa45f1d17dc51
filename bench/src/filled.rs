//! A server full of held requests, each connection of which has had a poll's answer: where `hold` and `fan-out`
//! begin.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::audience::Audience;
use crate::memory::Memory;
use crate::peers::Peer;
use crate::reader::Way;
use crate::servers::Server;
use crate::watch::{memory, settle};

/// For one message to reach all.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server and its audience.
pub struct Filled {
    /// The audience comes first, so that nobody is cut off.
    pub audience: Audience,
    /// Still.
    pub server: Server,
    /// From the first connect until the server had nothing more to do and held all.
    pub filling: Duration,
    /// What the server has used since before the first came.
    pub memory: Memory,
    /// What it used before.
    pub empty: Memory,
}

impl Filled {
    /// Starts a server and lets so many come in, so many at a time.
    pub fn with(peer: Peer, way: Way, count: usize, parallel: usize) -> anyhow::Result<Self> {
        let server = peer.start()?;
        let mut audience = Audience::new(server.port, peer.dialect(), way, count)?;
        // What a server makes at its first request is none of the first guest's.
        audience.open_doors()?;
        settle(&server, &mut audience)?;
        let empty = memory(&server)?;
        let begun = Instant::now();
        audience.come_in(parallel)?;
        let filling = settle(&server, &mut audience)?.duration_since(begun);
        audience.say()?;
        ensure!(audience.all_hear(PATIENCE)?, "the first message did not reach all: {:?}", audience.faults());
        settle(&server, &mut audience)?;
        let memory = memory(&server)?.since(empty);
        audience.take_times();
        Ok(Self { audience, server, filling, memory, empty })
    }
}
