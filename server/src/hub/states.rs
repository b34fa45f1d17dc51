//! Conversations as they are now, for one user: what clients are told when a membership or a last-read position has
//! changed. Read from memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::inbox::Untold;
use super::{Event, Hub, Inbox, What};
use crate::domain::ids::{ConversationId, RoomId, Seq};

/// A conversation as it is now.
#[derive(Debug, Clone)]
pub(crate) struct ConversationState {
    pub(crate) room: Option<(RoomId, String)>,
    /// The other user's name, in a direct conversation.
    pub(crate) with: Option<String>,
    /// Deleted users whose messages were erased here.
    pub(crate) erased: Vec<String>,
    /// The newest seq and the last-read position. `None` if the user is not in the conversation.
    pub(crate) joined: Option<(Seq, Seq)>,
}

/// States of conversations, as many as one answer may have.
pub(super) struct States {
    pub(super) told: Vec<ConversationState>,
    /// The conversations from this id on are left for the next answer.
    pub(super) untold_from: Option<ConversationId>,
}

impl Hub {
    /// Returns the states of the conversations that the client does not know, and of those that the user has joined or
    /// left according to these events. `is_asked_for` tells which of them count, given whether they are direct. At most
    /// `most` are returned of those that [`Untold::from`] names.
    pub(super) fn states(
        &self,
        inbox: &Inbox,
        mut untold: Untold,
        memberships: &[Arc<Event>],
        most: usize,
        is_asked_for: impl Fn(ConversationId, bool) -> bool,
    ) -> States {
        untold.conversations.extend(memberships.iter().map(|event| event.conversation_id));
        let mut states = States { told: Vec::new(), untold_from: None };
        if untold.is_empty() {
            return states;
        }
        let mut positions = inbox.positions_in(&untold);
        let has_left = |event: &&Arc<Event>| positions.iter().all(|(id, ..)| *id != event.conversation_id);
        let mut left: Vec<_> = memberships.iter().filter(has_left).collect();
        left.sort_unstable_by_key(|event| event.conversation_id);
        left.dedup_by_key(|event| event.conversation_id);
        positions.retain(|(id, _, with)| is_asked_for(*id, with.is_some()));
        let channels = self.channels.read();
        let mut room = most;
        for (conversation, last_read, with) in positions {
            if !untold.conversations.contains(&conversation) {
                if room == 0 {
                    states.untold_from = states.untold_from.or(Some(conversation));
                    continue;
                }
                room -= 1;
            }
            let Some(channel) = channels.get(&conversation) else { continue };
            let newest = channel.newest_seq.load(Ordering::Relaxed).max(last_read);
            let room = if with.is_some() { None } else { channel.room.clone() };
            let erased = erased_in(conversation, memberships);
            states.told.push(ConversationState { room, with, erased, joined: Some((newest, last_read)) });
        }
        for event in left.into_iter().filter(|event| is_asked_for(event.conversation_id, false)) {
            let room = match event.what {
                What::Erased => channels.get(&event.conversation_id).and_then(|channel| channel.room.clone()),
                _ => serde_json::from_str(event.json.get()).unwrap_or_default(),
            };
            let erased = erased_in(event.conversation_id, memberships);
            states.told.push(ConversationState { room, with: None, erased, joined: None });
        }
        states
    }
}

/// Returns the names of the users whose messages in a conversation were erased, according to these events.
fn erased_in(conversation: ConversationId, events: &[Arc<Event>]) -> Vec<String> {
    let erasures = events.iter().filter(|event| event.conversation_id == conversation && event.what == What::Erased);
    erasures.filter_map(|event| serde_json::from_str(event.json.get()).ok()).collect()
}
