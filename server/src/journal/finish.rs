//! How the writer finishes when the server stops.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::batch::Batch;
use super::writer::{BATCH_WRITES, Writer};
use crate::store::StoreError;

/// How long the last-read positions are tried to be saved. With the attempts before and after, this stays within the
/// half minute after which service managers kill a server.
const SAVE_FOR: Duration = Duration::from_secs(15);

/// The pause between two attempts.
const SAVE_AGAIN_AFTER: Duration = Duration::from_millis(200);

impl Writer {
    /// Writes what is still queued and the positions that are only in memory, and deletes this node from the database.
    ///
    /// # Errors
    /// If the positions cannot be saved.
    pub(super) async fn finish(&mut self) -> Result<(), StoreError> {
        self.queue.close();
        let mut taken = Vec::new();
        while !self.postponed.is_empty() || self.queue.recv_many(&mut taken, BATCH_WRITES).await > 0 {
            let mut batch = Batch::default();
            self.postponed.drain(..).chain(taken.drain(..)).for_each(|write| batch.add(write));
            // The callers learn the outcome from their replies.
            let _ = self.write(&mut batch).await;
        }
        self.save_positions().await?;
        if self.store.is_shared()
            && let Err(error) = self.delete_node().await
        {
            // The other nodes soon notice by themselves that this one is gone.
            self.store.record_failure(&error);
        }
        Ok(())
    }

    /// Writes the positions that are only in memory. Retries while the database is locked or away, because nothing else
    /// keeps them.
    async fn save_positions(&mut self) -> Result<(), StoreError> {
        let begun = Instant::now();
        loop {
            let positions = self.follower.memory.hub.take_unsaved();
            match self.write(&mut Batch { positions, ..Batch::default() }).await {
                Err(error) if error.may_pass() && begun.elapsed() < SAVE_FOR => sleep(SAVE_AGAIN_AFTER).await,
                saved => return saved.map(drop),
            }
        }
    }
}
