//! The writer: one task that takes what has queued up, commits it in one transaction, and lets memory
//! follow.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::KeyReused;
use super::entry::{Entry, Memory, Post, Reply, Written};
use crate::accounts::Sessions;
use crate::clock;
use crate::hub::{self, Hub};
use crate::store::{Draft, Inserted, Position, Store, StoreError};

/// How many entries one transaction takes at most.
const BATCH_ENTRIES: usize = 512;

/// How often last-read positions are written down; they may be a second late.
const FLUSH_EVERY: Duration = Duration::from_millis(500);

/// How often what nobody needs any more is forgotten, in memory and on disk.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How many expired rows of a kind one sweep deletes.
const SWEEP_ROWS: u64 = 5000;

/// Idempotency keys are promised for 24 hours.
const KEEP_KEYS_MS: i64 = 25 * 60 * 60 * 1000;

pub(super) struct Writer {
    store: Store,
    memory: Memory,
}

/// What one transaction is to do.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    positions: Vec<Position>,
    sweep: bool,
}

impl Batch {
    /// Takes out the request to stop, if it is among the entries.
    fn take_stop(&mut self) -> Option<Reply<Result<(), StoreError>>> {
        let at = self.entries.iter().position(|entry| matches!(entry, Entry::Stop { .. }))?;
        match self.entries.swap_remove(at) {
            Entry::Stop { reply } => Some(reply),
            _ => None,
        }
    }
}

impl Writer {
    pub(super) fn new(store: Store, hub: Arc<Hub>, sessions: Arc<Sessions>) -> Self {
        Self { store, memory: Memory { hub, sessions } }
    }

    /// Writes until it is asked to stop, or nobody is left who could enter anything.
    pub(super) async fn run(self, mut queue: mpsc::Receiver<Entry>) {
        let mut flush = every(FLUSH_EVERY);
        let mut sweep = every(SWEEP_EVERY);
        loop {
            let mut batch = Batch::default();
            tokio::select! {
                biased;
                _ = flush.tick() => batch.positions = self.memory.hub.take_unsaved(),
                _ = sweep.tick() => batch.sweep = true,
                taken = queue.recv_many(&mut batch.entries, BATCH_ENTRIES) => if taken == 0 { break },
            }
            let stop = batch.take_stop();
            if batch.entries.iter().any(|entry| matches!(entry, Entry::Flush { .. })) {
                batch.positions = self.memory.hub.take_unsaved();
            }
            // A sweep that found as much as it may delete has left something.
            if let Ok(SWEEP_ROWS..) = self.write(batch).await {
                sweep.reset_immediately();
            }
            if let Some(stop) = stop {
                let _ = stop.send(self.finish(queue).await);
                break;
            }
        }
    }

    /// Writes what is still in the queue, and the positions that are only in memory.
    async fn finish(&self, mut queue: mpsc::Receiver<Entry>) -> Result<(), StoreError> {
        queue.close();
        let mut entries = Vec::new();
        while queue.recv_many(&mut entries, BATCH_ENTRIES).await > 0 {
            // Whoever waits for one of these learns from its reply what became of it.
            let _ = self.write(Batch { entries: std::mem::take(&mut entries), ..Batch::default() }).await;
        }
        self.write(Batch { positions: self.memory.hub.take_unsaved(), ..Batch::default() }).await?;
        Ok(())
    }

    /// Writes a batch; how many expired rows went with it. When that fails, replies are dropped, which their
    /// owners notice, and positions are put back.
    async fn write(&self, batch: Batch) -> Result<u64, StoreError> {
        if batch.entries.is_empty() && batch.positions.is_empty() && !batch.sweep {
            return Ok(0);
        }
        let written = self.commit(batch.entries, &batch.positions, batch.sweep).await;
        if let Err(error) = &written {
            tracing::error!(cause = %error, "a transaction failed");
            self.memory.hub.put_back(&batch.positions);
        }
        written
    }

    async fn commit(&self, entries: Vec<Entry>, positions: &[Position], sweep: bool) -> Result<u64, StoreError> {
        let mut transaction = self.store.begin().await?;
        if !positions.is_empty() {
            transaction.update_positions(positions).await?;
        }
        let mut after = Vec::new();
        let mut drafts: Vec<Draft> = Vec::new();
        let mut posts: Vec<Post> = Vec::new();
        for entry in entries {
            match entry.write(&mut transaction, &self.memory).await? {
                Written::Done(then) => after.push(then),
                Written::Post(draft, post) => {
                    drafts.push(draft);
                    posts.push(post);
                }
            }
        }
        let inserted = match drafts.is_empty() {
            true => Vec::new(),
            false => transaction.insert_messages(&drafts).await?,
        };
        let mut swept = 0;
        if sweep {
            let now_ms = clock::now_ms();
            swept = transaction.delete_expired(now_ms, now_ms - KEEP_KEYS_MS, SWEEP_ROWS).await?;
        }
        transaction.commit().await?;

        // The messages came last in the transaction: who was created or joined in it is there to get them.
        after.into_iter().for_each(|then| then(&self.memory));
        self.publish(posts, &inserted);
        if sweep {
            self.memory.sessions.forget_idle();
            self.memory.hub.forget_idle();
        }
        Ok(swept)
    }

    /// Publishes what is new, then answers everybody.
    fn publish(&self, posts: Vec<Post>, inserted: &[Inserted]) {
        let mut new = Vec::with_capacity(posts.len());
        let answers: Vec<_> = posts
            .into_iter()
            .zip(inserted)
            .map(|(Post { sender, reply }, inserted)| {
                let answer = match inserted {
                    Inserted::KeyReused => Err(KeyReused),
                    Inserted::Repeated(stored) => Ok(Arc::new(hub::Entry::from(stored))),
                    Inserted::New(stored) => {
                        let entry = Arc::new(hub::Entry::from(stored));
                        new.push((Arc::clone(&entry), sender));
                        Ok(entry)
                    }
                };
                (reply, answer)
            })
            .collect();
        self.memory.hub.publish(&new);
        for (reply, answer) in answers {
            let _ = reply.send(answer);
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
