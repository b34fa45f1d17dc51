//! A server full of held requests, on connections that have each had an answer: the starting point of `hold` and
//! `fan-out`.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::audience::Audience;
use crate::memory::Memory;
use crate::peers::Peer;
use crate::reader::Way;
use crate::servers::Server;
use crate::watch::{memory, settle};

/// The time limit for one message to reach all.
const PATIENCE: Duration = Duration::from_secs(60);

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

impl Filled {
    /// Starts a server and signs this many readers in, `parallel` at a time.
    pub(crate) fn with(peer: Peer, way: Way, count: usize, parallel: usize) -> anyhow::Result<Self> {
        let server = peer.start()?;
        let mut audience = Audience::new(server.port, peer.dialect(), way, count)?;
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
}
