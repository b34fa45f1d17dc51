//! What one transaction takes along, before it is written and after. Knows neither the database nor memory.

use super::memory::AfterCommit;
use super::presence::PresenceNews;
use super::writes::post::PendingPost;
use super::writes::{Reply, Write};
use crate::store::{Bulletin, Draft, Position, StoreError};

/// The work of one transaction.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) writes: Vec<Write>,
    /// Callers that wait for the unsaved positions to be written, which go into this transaction, too.
    pub(super) flushes: Vec<Reply<()>>,
    pub(super) positions: Vec<Position>,
    pub(super) presence: Option<PresenceNews>,
    pub(super) sweep: bool,
    /// Callers that wait for memory to follow the other nodes.
    pub(super) follows: Vec<Reply<()>>,
    pub(super) stop: Option<Reply<Result<(), StoreError>>>,
}

/// A batch within its transaction: the messages that are still to be written, and the changes to memory that follow the
/// commit.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) drafts: Vec<Draft>,
    pub(super) posts: Vec<PendingPost>,
    pub(super) after: Vec<AfterCommit>,
    pub(super) bulletin: Bulletin,
    /// See `Transaction::delete_expired`.
    pub(super) swept: u64,
    /// Whether this node was still known to the others.
    pub(super) was_known: bool,
}

impl Batch {
    pub(super) fn add(&mut self, write: Write) {
        match write {
            Write::Stop(reply) => self.stop = Some(reply),
            Write::Follow(reply) => self.follows.push(reply),
            write if write.is_abandoned() => {}
            Write::Flush(reply) => self.flushes.push(reply),
            write => self.writes.push(write),
        }
    }

    /// Counts the writes, flushes included.
    pub(super) fn len(&self) -> usize {
        self.writes.len() + self.flushes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && self.positions.is_empty() && self.presence.is_none() && !self.sweep
    }
}
