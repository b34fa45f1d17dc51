//! What one transaction takes along, before it is written and after. Knows neither the database nor memory.

use super::memory::AfterCommit;
use super::presence::PresenceNews;
use super::writes::position::SetLastRead;
use super::writes::post::PendingPost;
use super::writes::{Reply, Write};
use crate::domain::ids::UserId;
use crate::store::{Bulletin, Draft, Position, StoreError};

/// The work of one transaction.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) writes: Vec<Write>,
    /// Positions that users set. They are written together with those that polls have moved.
    pub(super) set_positions: Vec<SetLastRead>,
    pub(super) positions: Vec<Position>,
    /// Callers that want to know whether writing works.
    pub(super) checks: Vec<Reply<()>>,
    /// Whether anything is written that is not there only to check. Known once the transaction has begun.
    pub(super) has_work: bool,
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
    /// The most expired rows of one kind that were deleted: a full number means that some are left.
    pub(super) swept: u64,
    /// Whether this node was still known to the others.
    pub(super) was_known: bool,
}

impl Filled {
    /// Returns whether this transaction deletes a user.
    pub(super) fn deletes(&self, user: UserId) -> bool {
        self.bulletin.deleted_users.iter().any(|(deleted, _)| *deleted == user)
    }

    /// Drops the posts of users whom this transaction deletes. Dropping the replies tells their callers.
    pub(super) fn drop_posts_of_deleted(&mut self) {
        if !self.bulletin.deleted_users.is_empty() {
            let (drafts, posts) = (std::mem::take(&mut self.drafts), std::mem::take(&mut self.posts));
            let kept = drafts.into_iter().zip(posts).filter(|(draft, _)| !self.deletes(draft.sender_id));
            (self.drafts, self.posts) = kept.unzip();
        }
    }
}

impl Batch {
    pub(super) fn add(&mut self, write: Write) {
        match write {
            Write::Stop(reply) => self.stop = Some(reply),
            Write::Follow(reply) => self.follows.push(reply),
            write if write.is_abandoned() => {}
            Write::Check(reply) => self.checks.push(reply),
            Write::SetLastRead(position) => self.set_positions.push(position),
            write => self.writes.push(write),
        }
    }

    /// Drops the writes whose callers have stopped waiting: they were told that it will not be done.
    pub(super) fn drop_abandoned(&mut self) {
        self.writes.retain(|write| !write.is_abandoned());
        self.set_positions.retain(|position| !position.reply.is_closed());
        self.checks.retain(|check| !check.is_closed());
    }

    /// Counts the writes, including positions that users set and checks.
    pub(super) fn len(&self) -> usize {
        self.writes.len() + self.set_positions.len() + self.checks.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && self.positions.is_empty() && self.presence.is_none() && !self.sweep
    }
}
