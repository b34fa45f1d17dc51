//! Stops and starts a server under thousands of held polls, as `make restart` does but without a build. All clients
//! reconnect at once with their old tokens and cursors. A message is sent just before the stop, and another as soon as
//! sends work again.

use std::time::{Duration, Instant};

use anyhow::ensure;
use linger_rig::folder::Folder;

use super::report::Restart;
use crate::audience::Audience;
use crate::reader::{Dialect, Way};
use crate::servers::linger;
use crate::watch::settle;

/// The time limit for all clients to return.
const PATIENCE: Duration = Duration::from_secs(60);

/// Restarts a new server under this many polls.
pub(super) fn measure(polls: usize) -> anyhow::Result<Restart> {
    let (folder, port) = (Folder::new()?, linger_rig::port::free()?);
    let mut server = linger::start_in(&folder, port)?;
    let mut audience = Audience::new(port, Dialect::Linger, Way::Polls, polls)?;
    audience.connect_speaker()?;
    audience.connect_readers(100)?;
    audience.send()?;
    ensure!(audience.wait_for_delivery(PATIENCE)?, "the first message did not reach every reader");
    settle(&server, &mut audience)?;
    // Not every reader will receive this last message before the server ends.
    audience.send()?;
    audience.wait_for_acknowledgement()?;

    let begun = Instant::now();
    audience.expect_restart();
    server.terminate()?;
    while server.is_running()? {
        audience.run_for(Duration::from_millis(5))?;
    }
    let status = server.wait()?;
    ensure!(status.success(), "linger ended with {status}");
    let ended = begun.elapsed();
    let server = linger::start_in(&folder, port)?;
    let listening = begun.elapsed();
    audience.reconnect()?;
    audience.send()?;
    let all = audience.wait_for_delivery(PATIENCE)?;
    let delivered = begun.elapsed();
    let held = settle(&server, &mut audience)?.duration_since(begun);
    audience.send()?;
    let all = audience.wait_for_delivery(PATIENCE)? && all;
    ensure!(all, "some readers did not return: {:?}", audience.faults());
    let seconds = |duration: Duration| duration.as_secs_f64();
    Ok(Restart {
        ended_seconds: seconds(ended),
        listening_seconds: seconds(listening),
        heard_seconds: seconds(delivered),
        held_seconds: seconds(held),
        faults: audience.faults(),
    })
}
