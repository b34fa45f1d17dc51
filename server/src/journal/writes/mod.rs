//! The kinds of writes, a file for each. A write runs its part of the transaction and returns the change to memory that
//! follows the commit. A problem with a single write is an answer, not an error: an error fails the whole transaction.
//!
//! [`post`], [`position`], [`sign_up`] and most of [`session`] come in crowds, so each of these kinds is handled
//! together for the whole batch. All others are [`Single`]s, and take only a share of a transaction; see `shares`. To
//! add a kind, write a struct that implements `Single`, and a method of the journal.

pub(super) mod account;
pub(super) mod change;
pub(super) mod code;
pub(super) mod leaving;
pub(super) mod member;
pub(super) mod position;
pub(super) mod post;
pub(super) mod room;
pub(super) mod session;
pub(super) mod sign_up;
pub(super) mod user;

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::memory::{AfterCommit, Memory};
use crate::domain::ids::UserId;
use crate::store::{Bulletin, StoreError, Transaction};
use position::SetLastRead;
use post::Post;
use session::SessionWrite;
use sign_up::SignUp;

/// The channel back to the caller, which may have stopped waiting.
pub(super) type Reply<T> = oneshot::Sender<T>;

/// A write, or a look-up that has to be in order with the writes.
pub(super) enum Write {
    Post(Post),
    SignUp(SignUp),
    Session(SessionWrite),
    /// A write of any other kind, and the user who asked for it.
    Single(UserId, Box<dyn QueuedSingle>),
    SetLastRead(SetLastRead),
    /// Writes something small if nothing else is written, to see that writing works.
    Check(Reply<()>),
    /// Makes memory follow what other nodes have committed so far. Not part of any transaction.
    Follow(Reply<()>),
    /// Stops the writer once everything is written. Not part of any transaction.
    Stop(Reply<Result<(), StoreError>>),
}

/// A write with statements of its own. Its change to memory returns the answer.
pub(super) trait Single: Send + 'static {
    type Answer: Send + 'static;

    /// Runs its part of the transaction, and adds to `bulletin` what other nodes have to be told.
    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError>;
}

/// A [`Single`] of any kind, with the channel back to its caller.
#[async_trait(?Send)]
pub(super) trait QueuedSingle: Send {
    fn is_abandoned(&self) -> bool;

    async fn write(
        self: Box<Self>,
        transaction: &mut Transaction,
        memory: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit, StoreError>;
}

struct Queued<S: Single> {
    single: S,
    reply: Reply<S::Answer>,
}

#[async_trait(?Send)]
impl<S: Single> QueuedSingle for Queued<S> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    async fn write(
        self: Box<Self>,
        transaction: &mut Transaction,
        memory: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit, StoreError> {
        let Self { single, reply } = *self;
        let after = single.write(transaction, memory, bulletin).await?;
        Ok(Box::new(move |memory| answer(reply, after(memory))))
    }
}

impl Write {
    pub(super) fn single<S: Single>(user: UserId, single: S, reply: Reply<S::Answer>) -> Self {
        Self::Single(user, Box::new(Queued { single, reply }))
    }

    /// Returns the user whose write it is, if it is a message or of a kind that comes alone.
    pub(super) fn user(&self) -> Option<UserId> {
        match self {
            Self::Post(post) => Some(post.draft.sender_id),
            Self::Single(user, _) => Some(*user),
            _ => None,
        }
    }

    /// Returns whether this usually changes the database.
    pub(super) fn has_work(&self) -> bool {
        match self {
            Self::Session(write) => !matches!(write, SessionWrite::Find { .. }),
            _ => matches!(self, Self::Post(_) | Self::SignUp(_) | Self::Single(..) | Self::SetLastRead(_)),
        }
    }

    /// Returns whether this adds more than a few bytes to the database, so that it shows that the disk has room.
    pub(super) fn needs_room(&self) -> bool {
        matches!(self, Self::Post(_) | Self::SignUp(_))
    }

    /// Returns whether the caller has stopped waiting. Such a write is dropped if it has not begun: its caller was told
    /// that it will not be done.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Post(post) => post.pending.reply.is_closed(),
            Self::SignUp(sign_up) => sign_up.reply.is_closed(),
            Self::Session(write) => write.is_abandoned(),
            Self::Single(_, single) => single.is_abandoned(),
            Self::SetLastRead(position) => position.reply.is_closed(),
            Self::Check(reply) | Self::Follow(reply) => reply.is_closed(),
            Self::Stop(_) => false,
        }
    }
}

/// Answers the caller, if it is still waiting.
pub(super) fn answer<T>(reply: Reply<T>, answer: T) {
    let _ = reply.send(answer);
}
