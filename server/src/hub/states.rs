//! Conversations as they are now, for one user: what clients are told when a membership or a last-read position has
//! changed. Read from memory.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::inbox::Moved;
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

impl Hub {
    /// Returns the states of the conversations in which positions have moved, and of those that the user has joined or
    /// left according to these events; `wanted` tells which of them are asked for.
    pub(super) fn states(
        &self,
        inbox: &Inbox,
        moved: Moved,
        memberships: &[Arc<Event>],
        wanted: impl Fn(ConversationId, bool) -> bool,
    ) -> Vec<ConversationState> {
        let mut asked = moved;
        if let Moved::In(conversations) = &mut asked {
            conversations.extend(memberships.iter().map(|event| event.conversation_id));
            if conversations.is_empty() {
                return Vec::new();
            }
        }
        let positions = inbox.positions_in(&asked);
        let mut left: Vec<&Event> = Vec::new();
        for event in memberships.iter().map(Arc::as_ref) {
            let is_joined = positions.iter().any(|(conversation, ..)| *conversation == event.conversation_id);
            let is_known = left.iter().any(|known| known.conversation_id == event.conversation_id);
            if !is_joined && !is_known {
                left.push(event);
            }
        }
        let channels = self.channels.read();
        let joined = positions.into_iter().filter(|(id, _, with)| wanted(*id, with.is_some()));
        let joined = joined.filter_map(|(conversation, last_read, with)| {
            let channel = channels.get(&conversation)?;
            let newest = channel.newest_seq.load(Ordering::Relaxed).max(last_read);
            let room = if with.is_some() { None } else { channel.room.clone() };
            Some(ConversationState { room, with, joined: Some((newest, last_read)) })
        });
        let left = left.into_iter().filter(|event| wanted(event.conversation_id, false)).map(|event| {
            let room = serde_json::from_str(event.json.get()).unwrap_or_default();
            ConversationState { room, with: None, joined: None }
        });
        joined.chain(left).collect()
    }
}
