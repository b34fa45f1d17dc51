//! Conversations as they are now, for one user: what clients are told when a membership or a last-read position has
//! changed. Read from memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::inbox::Untold;
use super::{Event, Hub, Inbox};
use crate::domain::ids::{ConversationId, RoomId, Seq};

/// A conversation as it is now.
#[derive(Debug, Clone)]
pub(crate) struct ConversationState {
    pub(crate) room: Option<(RoomId, String)>,
    /// The other user's name, in a direct conversation.
    pub(crate) with: Option<String>,
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
            states.told.push(ConversationState { room, with, joined: Some((newest, last_read)) });
        }
        for event in left.into_iter().filter(|event| is_asked_for(event.conversation_id, false)) {
            let room = serde_json::from_str(event.json.get()).unwrap_or_default();
            states.told.push(ConversationState { room, with: None, joined: None });
        }
        states
    }
}
