//! Changes of messages: edits, deletions and reactions.

use std::sync::Arc;

use super::Single;
use crate::domain::clock;
use crate::domain::ids::{ConversationId, EventId, Seq};
use crate::domain::right::{Refusal, Right, Rules};
use crate::hub::Event;
use crate::journal::memory::{AfterCommit, Memory};
use crate::store::{Bulletin, Changed, StoreError, StoredChange, StoredMessage, Transaction, User};

/// The most kinds of reactions to one message.
const MAX_KINDS: usize = 12;

/// A change of a message. Answers with the message as it is then.
pub(in crate::journal) struct ChangeMessage {
    pub(in crate::journal) user: User,
    pub(in crate::journal) conversation: ConversationId,
    pub(in crate::journal) seq: Seq,
    pub(in crate::journal) change: Change,
}

/// What to change.
pub(crate) enum Change {
    /// Replaces the text, if the message is at one of these revisions when some are given.
    Edit { text: String, if_revision: Option<Vec<EventId>> },
    /// Deletes the text, if the message is at one of these revisions when some are given.
    Delete { if_revision: Option<Vec<EventId>> },
    /// Adds the user's reaction, or removes it.
    React { emoji: String, adds: bool },
}

/// Why a message was not changed.
#[derive(Debug)]
pub(crate) enum ChangeError {
    NotFound,
    /// The message belongs to another user.
    NotAllowed,
    /// The user may not see the room, or not post there.
    Refused(Refusal),
    Deleted,
    /// The message has changed since the given revision.
    Stale,
    /// The message has as many kinds of reactions as it may.
    TooManyKinds,
    Store(StoreError),
}

impl From<StoreError> for ChangeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Single for ChangeMessage {
    /// The message as it is then, and whether this has changed it.
    type Answer = Result<(Arc<Event>, bool), ChangeError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        Ok(match self.apply(transaction).await {
            Ok((stored, change)) => Box::new(move |memory| {
                if let Some((id, changed_at_ms)) = change {
                    let what = Changed::Message(stored.clone());
                    memory.show(&Arc::new(Event::from(&StoredChange { id, changed_at_ms, what })));
                }
                Ok((Arc::new(Event::from(&stored)), change.is_some()))
            }),
            Err(ChangeError::Store(error)) => return Err(error),
            Err(refused) => Box::new(move |_| Err(refused)),
        })
    }
}

impl ChangeMessage {
    /// Returns the message as it is then, and the place and the time of the change, if it is one.
    async fn apply(
        self,
        transaction: &mut Transaction,
    ) -> Result<(StoredMessage, Option<(EventId, i64)>), ChangeError> {
        let Self { user, conversation, seq, change } = self;
        let found = transaction.find_changeable(user.id, conversation, seq).await?.ok_or(ChangeError::NotFound)?;
        // Both users of a direct conversation may read and post there, and there is no owner.
        let has = |right: fn(Rules) -> Right| match &found.seat {
            Some(seat) => seat.rules.check(seat.seat(), right(seat.rules)).map_err(ChangeError::Refused),
            None => Ok(()),
        };
        has(|_| Right::Read)?;
        let may_post = has(Rules::post);
        let may_delete = found.seat.is_some() && has(|_| Right::DeleteOthers).is_ok();
        let mut stored = found.stored;
        let revision = stored.revision();
        let is_stale = |known: &Option<Vec<EventId>>| known.as_ref().is_some_and(|known| !known.contains(&revision));
        let is_deleted = stored.message.deleted_at.is_some();
        let change = match change {
            Change::Edit { .. } if found.sender_id != user.id => return Err(ChangeError::NotAllowed),
            // What was said may be taken back wherever it may be read, but nothing is added.
            Change::Edit { .. } | Change::React { adds: true, .. } if may_post.is_err() => {
                return may_post.map(|()| (stored, None));
            }
            Change::Edit { .. } | Change::React { adds: true, .. } if is_deleted => return Err(ChangeError::Deleted),
            // Also if it is stale: so a repeated request has the same answer as the first.
            Change::Edit { ref text, .. } if *text == stored.message.text => return Ok((stored, None)),
            Change::Edit { ref if_revision, .. } if is_stale(if_revision) => return Err(ChangeError::Stale),
            Change::Edit { text, .. } => {
                let change = transaction.edit_message(&stored, &text).await?;
                stored.message.text = text;
                stored.message.edited_at = Some(clock::rfc3339(change.1));
                change
            }
            Change::Delete { .. } if found.sender_id != user.id && !may_delete => return Err(ChangeError::NotAllowed),
            Change::Delete { .. } | Change::React { .. } if is_deleted => return Ok((stored, None)),
            Change::Delete { ref if_revision } if is_stale(if_revision) => return Err(ChangeError::Stale),
            Change::Delete { .. } => {
                let change = transaction.delete_message(&stored, user.id).await?;
                stored.message.text.clear();
                stored.message.reactions.clear();
                stored.message.deleted_at = Some(clock::rfc3339(change.1));
                stored.message.deleted_by = Some(user.name);
                change
            }
            Change::React { emoji, adds } => {
                let kinds = &stored.message.reactions;
                if adds && kinds.len() >= MAX_KINDS && kinds.iter().all(|kind| kind.emoji != emoji) {
                    return Err(ChangeError::TooManyKinds);
                }
                match transaction.react(&stored, (user.id, &user.name), &emoji, adds).await? {
                    None => return Ok((stored, None)),
                    Some((change, reactions)) => {
                        stored.message.reactions = reactions;
                        change
                    }
                }
            }
        };
        stored.message.revision = Some(change.0);
        Ok((stored, Some(change)))
    }
}
