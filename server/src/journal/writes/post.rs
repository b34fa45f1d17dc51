//! Messages. Those of a batch are written together, at the end of the transaction.

use std::collections::HashMap;
use std::sync::Arc;

use super::Reply;
use crate::domain::right::Refusal;
use crate::hub::{self, Hub, Inbox, SessionKey};
use crate::journal::memory::{AfterCommit, Memory};
use crate::metrics::Metrics;
use crate::store::{ConversationName, Draft, Outcome, StoreError, Transaction};

/// A message to be written.
pub(in crate::journal) struct Post {
    pub(in crate::journal) draft: Draft,
    pub(in crate::journal) pending: PendingPost,
}

/// The rest of a [`Post`] while its draft is with the store.
pub(in crate::journal) struct PendingPost {
    pub(in crate::journal) sender: Arc<Inbox>,
    pub(in crate::journal) session: SessionKey,
    pub(in crate::journal) reply: Reply<Result<Arc<hub::Event>, PostError>>,
}

/// Records the senders who have not written since they are in memory, but none whose message is refused. A guest who
/// has never written may lose the name.
pub(in crate::journal) async fn record_authors(
    drafts: &[Draft],
    posts: &[PendingPost],
    transaction: &mut Transaction,
) -> Result<Option<AfterCommit>, StoreError> {
    let is_new = |(draft, post): &(&Draft, &PendingPost)| draft.refused.is_none() && !post.sender.is_author();
    let new: Vec<_> = drafts.iter().zip(posts).filter(is_new).map(|(_, post)| Arc::clone(&post.sender)).collect();
    if new.is_empty() {
        return Ok(None);
    }
    transaction.insert_authors(&new.iter().map(|inbox| inbox.user_id).collect::<Vec<_>>()).await?;
    Ok(Some(Box::new(move |_| new.iter().for_each(|inbox| inbox.set_author()))))
}

/// Why a message was not written.
#[derive(Debug)]
pub(crate) enum PostError {
    /// Its idempotency key was used for another message.
    KeyReused,
    /// The sender may not post there.
    Refused(Refusal),
    Store(StoreError),
}

impl From<StoreError> for PostError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Marks the drafts whose senders may not post. Asks the database only about those that memory is not sure of: if it
/// `is_level` with the database, the drafts to a room that the sender may not post in, by what is in memory.
pub(in crate::journal) async fn check(
    drafts: &mut [Draft],
    posts: &[PendingPost],
    is_level: bool,
    transaction: &mut Transaction,
    memory: &Memory,
) -> Result<(), StoreError> {
    let is_sure = |draft: &Draft, post: &PendingPost| match draft.conversation {
        ConversationName::Direct { .. } => true,
        ConversationName::Room { id, .. } => {
            is_level && memory.hub.find_room(id).is_some_and(|room| room.lets_post(&post.sender))
        }
    };
    let unsure = drafts.iter_mut().zip(posts).filter(|(draft, post)| !is_sure(draft, post)).map(|(draft, _)| draft);
    let unsure: Vec<_> = unsure.collect();
    if unsure.is_empty() {
        return Ok(());
    }
    let pairs: Vec<_> = unsure.iter().map(|draft| (draft.sender_id, draft.conversation_id)).collect();
    let seats = transaction.read_seats(&pairs).await?;
    let seats: HashMap<_, _> = seats.into_iter().map(|seat| ((seat.user_id, seat.conversation_id), seat)).collect();
    for draft in unsure {
        let seat = seats.get(&(draft.sender_id, draft.conversation_id));
        let decided = seat.map_or(Err(Refusal::NotFound), |seat| seat.rules.check(seat.seat(), seat.rules.post()));
        draft.refused = decided.err();
    }
    Ok(())
}

impl PendingPost {
    /// Turns the outcome into the answer, and counts the message as read by its sender. Returns the channel to send the
    /// answer through, and the event if the message is new.
    pub(in crate::journal) fn settle(self, outcome: &Outcome, hub: &Hub, metrics: &Metrics) -> Settled {
        let Self { sender, session, reply } = self;
        let (stored, is_new) = match outcome {
            Outcome::KeyReused => return Settled { reply, answer: Err(PostError::KeyReused), new: None },
            Outcome::Refused(refusal) => {
                return Settled { reply, answer: Err(PostError::Refused(*refusal)), new: None };
            }
            Outcome::New(stored) => (stored, true),
            Outcome::Repeated(stored) => (stored, false),
        };
        let counter = if is_new { &metrics.sends } else { &metrics.repeated_sends };
        counter.inc();
        let event = Arc::new(hub::Event::from(stored));
        // Also for a repetition: its first commit may have had an unknown outcome, and may not have counted as read.
        hub.read_own(&sender, session, &event);
        Settled { reply, new: is_new.then(|| Arc::clone(&event)), answer: Ok(event) }
    }
}

/// A message whose outcome is known.
pub(in crate::journal) struct Settled {
    pub(in crate::journal) reply: Reply<Result<Arc<hub::Event>, PostError>>,
    pub(in crate::journal) answer: Result<Arc<hub::Event>, PostError>,
    pub(in crate::journal) new: Option<Arc<hub::Event>>,
}
