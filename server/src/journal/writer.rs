//! The writer: one task that takes the queued writes, commits them in one transaction, and applies them to memory.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::batch::{Batch, Filled};
use super::condition::Condition;
use super::follow::Follower;
use super::presence::{Presence, PresenceNews};
use super::shares::Shares;
use super::sweep::{SWEEP_ROWS, Sweep};
use super::writes::position::SetLastRead;
use super::writes::post::{self, PendingPost, Post};
use super::writes::{Write, answer, session, sign_up};
use crate::domain::plant;
use crate::metrics::Metrics;
use crate::store::{Heads, Outcome, Store, StoreError, Transaction};

/// The most writes that one transaction takes.
pub(super) const BATCH_WRITES: usize = 512;

/// How often last-read positions are written, which may happen a second late, and how often memory follows other nodes
/// even if the wire is silent.
const TICK_EVERY: Duration = Duration::from_millis(500);

/// How often other nodes are told who is online here, if that has changed.
const PRESENCE_EVERY: Duration = Duration::from_secs(1);

/// How often idle users and sessions leave memory, and expired rows leave the database.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How long bulletins are kept, by the database's clock. A node that was away for longer reads everything again.
const KEEP_BULLETINS_MS: i64 = 5 * 60 * 1000;

pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) follower: Follower,
    pub(super) queue: mpsc::Receiver<Write>,
    presence: Presence,
    pub(super) sweep: Sweep,
    condition: Condition,
    /// Writes that were taken from the queue and found no room in a transaction yet, in order.
    pub(super) postponed: Vec<Write>,
    /// Whether the database's log has texts that were edited or deleted.
    has_removed_text: bool,
    metrics: Arc<Metrics>,
}

impl Writer {
    pub(super) fn new(store: Store, follower: Follower, queue: mpsc::Receiver<Write>, metrics: Arc<Metrics>) -> Self {
        let condition = Condition::new(store.clone());
        let (presence, sweep, postponed) = (Presence::new(), Sweep::new(), Vec::new());
        // A server that was killed may have left some.
        let has_removed_text = true;
        Self { store, follower, queue, presence, sweep, condition, postponed, has_removed_text, metrics }
    }

    /// Writes until it is asked to stop, or until every handle to the journal is dropped.
    pub(super) async fn run(mut self, mut news: watch::Receiver<Heads>) {
        let mut tick = every(TICK_EVERY);
        let mut presence = every(PRESENCE_EVERY);
        let mut sweep = every(SWEEP_EVERY);
        let mut taken = Vec::new();
        loop {
            let mut batch = Batch::default();
            tokio::select! {
                biased;
                _ = tick.tick() => {
                    self.look().await;
                    self.wipe().await;
                    batch.positions = self.follower.memory.hub.take_unsaved();
                }
                _ = presence.tick() => batch.presence = self.presence_news(),
                _ = sweep.tick() => batch.sweep = true,
                count = self.queue.recv_many(&mut taken, BATCH_WRITES) => if count == 0 { break },
                // Behind the queue, whose writes join the same transaction.
                () = std::future::ready(()), if !self.postponed.is_empty() => {}
                Ok(()) = news.changed() => {
                    let heads = *news.borrow_and_update();
                    let _ = self.follow(heads).await;
                }
            }
            self.postponed.drain(..).chain(taken.drain(..)).for_each(|write| batch.add(write));
            // A sweep that reached its limit has left some rows.
            if let Ok(SWEEP_ROWS..) = self.write(&mut batch).await {
                sweep.reset_immediately();
            }
            // If memory could not follow, the replies are dropped, which tells their callers.
            if !batch.follows.is_empty() && self.look().await {
                for reply in batch.follows {
                    let _ = reply.send(());
                }
            }
            if let Some(stop) = batch.stop {
                let _ = stop.send(self.finish().await);
                break;
            }
        }
    }

    /// Reads how far the database has come, and follows. Returns whether memory has followed.
    async fn look(&mut self) -> bool {
        if let Err(error) = self.store.check_files() {
            self.condition.record_failure(&error);
            return false;
        }
        if !self.store.is_shared() {
            self.condition.record_read();
            return true;
        }
        let looked_at = Instant::now();
        match self.follower.find_heads().await {
            Ok(heads) => {
                self.condition.record_read();
                let is_level = self.follow(heads).await;
                if is_level {
                    self.metrics.level.set(looked_at.into_std());
                }
                is_level
            }
            Err(error) => {
                self.condition.record_failure(&error);
                false
            }
        }
    }

    /// Removes from the database's log what was edited or deleted since the last time. If that is not possible now, the
    /// next tick tries again.
    async fn wipe(&mut self) {
        if self.has_removed_text {
            self.has_removed_text = !self.store.for_journal().wipe_log().await.unwrap_or(false);
        }
    }

    /// Follows up to `upto`, if that is news. Returns whether memory has followed.
    async fn follow(&mut self, upto: Heads) -> bool {
        if self.follower.is_level(upto) {
            return true;
        }
        let followed = self.follower.follow(upto).await;
        match &followed {
            Ok(()) => self.condition.record_read(),
            Err(error) => self.condition.record_failure(error),
        }
        followed.is_ok()
    }

    /// Deletes this node from the database, for the other nodes.
    pub(super) async fn delete_node(&self) -> Result<(), StoreError> {
        let mut transaction = self.store.begin().await?;
        transaction.delete_nodes(true).await?;
        transaction.commit().await
    }

    /// Writes a batch. Returns [`Filled::swept`]. If it fails, the replies are dropped, which tells
    /// their callers, and the positions are put back.
    pub(super) async fn write(&mut self, batch: &mut Batch) -> Result<u64, StoreError> {
        if batch.is_empty() {
            return Ok(0);
        }
        let written = self.commit(batch).await;
        if let Err(error) = &written {
            self.condition.record_failure(error);
            if batch.has_work {
                self.condition.record_refused(error);
            }
            self.metrics.commit_failures.inc();
            if batch.presence.is_some() {
                self.presence.lose();
            }
            batch.writes.clear();
            batch.set_positions.clear();
            batch.checks.clear();
            self.follower.memory.hub.put_back(&batch.positions);
        } else {
            self.condition.record_success();
        }
        written
    }

    async fn commit(&mut self, batch: &mut Batch) -> Result<u64, StoreError> {
        let begun = Instant::now();
        let mut transaction = self.store.begin().await?;
        // Waiting for the lock may have taken longer than some callers wait.
        batch.drop_abandoned();
        self.top_up(batch);
        let writes = batch.len();
        batch.has_work = batch.writes.iter().any(Write::has_work) || !batch.positions.is_empty();
        let needs_room = batch.writes.iter().any(Write::needs_room);
        let filled = self.fill(&mut transaction, batch).await?;
        let probes = !batch.checks.is_empty() && !batch.has_work && self.condition.needs_probe();
        if probes {
            transaction.probe().await?;
        }
        plant::panic_if_planted("panic-in-journal", !filled.posts.is_empty());
        // Messages come last, together with the commit.
        let before = transaction.before();
        let prepared = transaction.prepare_messages(&filled.drafts).await?;
        let own_bulletin = transaction.insert_bulletin(&filled.bulletin, prepared.newest_id()).await?;
        self.has_removed_text |= transaction.removes_text();
        let outcomes = transaction.commit_messages(prepared).await?;
        self.metrics.count_commit(writes, begun.elapsed());
        if batch.has_work || probes {
            self.condition.record_written(needs_room);
        }

        // In memory, too, this transaction comes after what other nodes committed before it.
        self.follower.follow(before).await?;
        self.follower.set_bulletin(own_bulletin);
        // Before the messages, as in the transaction: users who were created or joined in it get them.
        filled.after.into_iter().for_each(|then| then(&self.follower.memory));
        self.publish(filled.posts, &outcomes);
        if let Some(news) = batch.presence.take() {
            self.presence.record_told(news, filled.was_known);
        }
        // Dropping the replies tells their callers that the check has failed.
        for check in batch.checks.drain(..).filter(|_| self.condition.is_well()) {
            answer(check, ());
        }
        if batch.sweep {
            self.follower.memory.sessions.forget_idle();
            self.follower.memory.hub.forget_idle();
        }
        Ok(filled.swept)
    }

    /// Adds the writes that queued up while another process held the lock, and sets the positions that users set.
    fn top_up(&mut self, batch: &mut Batch) {
        while batch.len() < BATCH_WRITES
            && let Ok(write) = self.queue.try_recv()
        {
            batch.add(write);
        }
        if !batch.set_positions.is_empty() {
            let hub = &self.follower.memory.hub;
            for SetLastRead { reader, session, conversation, to, .. } in &batch.set_positions {
                hub.set_last_read(reader, *session, *conversation, *to);
            }
            let newer = hub.take_unsaved();
            let known: HashSet<_> = newer.iter().map(|p| (p.user_id, p.conversation_id)).collect();
            batch.positions.retain(|p| !known.contains(&(p.user_id, p.conversation_id)));
            batch.positions.extend(newer);
        }
    }

    /// Writes everything but the messages.
    async fn fill(&mut self, transaction: &mut Transaction, batch: &mut Batch) -> Result<Filled, StoreError> {
        let memory = &self.follower.memory;
        let mut filled = Filled::default();
        filled.bulletin.positions = batch.positions.clone();
        if !batch.positions.is_empty() {
            transaction.update_positions(&batch.positions).await?;
        }
        let (mut sign_ups, mut of_sessions) = (Vec::new(), Vec::new());
        let mut shares = Shares::default();
        memory.drop_gone(&mut batch.writes);
        if !self.follower.knows_bulletins(transaction.before()) {
            drop_deleted(&mut batch.writes, transaction).await?;
        }
        for write in batch.writes.drain(..) {
            match write {
                Write::Post(Post { draft, pending }) => {
                    filled.drafts.push(draft);
                    filled.posts.push(pending);
                }
                Write::SignUp(sign_up) => sign_ups.push(sign_up),
                Write::Session(write) => of_sessions.push(write),
                // Dropping the reply tells the caller.
                Write::Single(user, _) if filled.deletes(user) => {}
                Write::Single(user, single) if !shares.has_room(user) => {
                    self.postponed.push(Write::Single(user, single));
                }
                Write::Single(user, single) => {
                    let begun = Instant::now().into_std();
                    filled.after.push(single.write(transaction, memory, &mut filled.bulletin).await?);
                    shares.count(user, begun);
                }
                // `Batch::add` keeps these apart.
                Write::SetLastRead(_) | Write::Check(_) | Write::Follow(_) | Write::Stop(_) => {}
            }
        }
        filled.drop_posts_of_deleted();
        filled.after.extend(sign_up::create(sign_ups, transaction, memory).await?);
        filled.after.extend(session::write(of_sessions, transaction, memory, &mut filled.bulletin).await?);
        for SetLastRead { reader, conversation, reply, .. } in batch.set_positions.drain(..) {
            filled.after.push(Box::new(move |_| answer(reply, reader.last_read(conversation).is_some())));
        }
        // Memory does not have what this batch changes.
        let changes = !filled.bulletin.rooms.is_empty() || !filled.bulletin.members.is_empty();
        let is_level = !changes && self.follower.knows_bulletins(transaction.before());
        post::check(&mut filled.drafts, &filled.posts, is_level, transaction, &self.follower.memory).await?;
        filled.after.extend(post::record_authors(&filled.drafts, &filled.posts, transaction).await?);
        self.follower.check(transaction.before())?;
        if batch.sweep {
            transaction.delete_nodes(false).await?;
            transaction.delete_bulletins(KEEP_BULLETINS_MS).await?;
            filled.swept = self.sweep.sweep(transaction, &self.follower.memory.sessions, &mut filled.bulletin).await?;
        }
        filled.was_known = match &batch.presence {
            Some(PresenceNews { afresh, came, went }) => transaction.update_presence(*afresh, came, went).await?,
            None => true,
        };
        Ok(filled)
    }

    /// Shows the new messages, answers the senders, then wakes the readers. There may be ten thousand readers; waking
    /// them first would delay the senders' answers.
    fn publish(&self, posts: Vec<PendingPost>, outcomes: &[Outcome]) {
        let hub = &self.follower.memory.hub;
        let settle = |(post, outcome): (PendingPost, &Outcome)| post.settle(outcome, hub, &self.metrics);
        let settled: Vec<_> = posts.into_iter().zip(outcomes).map(settle).collect();
        let mut new: Vec<_> = settled.iter().filter_map(|settled| settled.new.clone()).collect();
        hub.show(&new);
        settled.into_iter().for_each(|settled| answer(settled.reply, settled.answer));
        new.extend(self.follower.memory.take_shown());
        hub.wake(&new);
    }

    /// Returns the presence news for the other nodes. Returns `None` if there is no news, or no other nodes.
    fn presence_news(&self) -> Option<PresenceNews> {
        let online = || self.follower.memory.hub.list_online().into_iter().collect();
        self.store.is_shared().then(online).and_then(|online| self.presence.news(&online))
    }
}

/// Drops writes of users whom other nodes have deleted, which memory does not know yet. Dropping the replies tells
/// their callers.
async fn drop_deleted(writes: &mut Vec<Write>, transaction: &mut Transaction) -> Result<(), StoreError> {
    let users: Vec<_> = writes.iter().filter_map(Write::user).collect();
    let deleted = if users.is_empty() { Vec::new() } else { transaction.list_deleted_among(&users).await? };
    writes.retain(|write| write.user().is_none_or(|user| !deleted.contains(&user)));
    Ok(())
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
