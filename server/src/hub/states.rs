//! Conversations as they are now, for one user: what clients are told when a membership, a last-read position or the
//! conversation itself has changed. Read from memory.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::inbox::Untold;
use super::rooms::Facts;
use super::{Event, Hub, Inbox, What};
use crate::domain::ids::{ConversationId, RoomId, Seq};
use crate::domain::right::Role;

/// A conversation as it is now.
#[derive(Debug, Clone)]
pub(crate) struct ConversationState {
    pub(crate) room: Option<RoomState>,
    /// The other user's name, in a direct conversation.
    pub(crate) with: Option<String>,
    /// Deleted users whose messages were erased here.
    pub(crate) erased: Vec<String>,
    /// `None` if the user is not in the conversation.
    pub(crate) joined: Option<JoinedState>,
}

/// A room as it is now.
#[derive(Debug, Clone)]
pub(crate) struct RoomState {
    pub(crate) id: RoomId,
    /// The room's name and facts. `None` if the user does not see the room.
    pub(crate) seen: Option<(String, Arc<Facts>)>,
}

/// A user's place in a conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JoinedState {
    pub(crate) newest: Seq,
    pub(crate) last_read: Seq,
    pub(crate) role: Role,
}

/// States of conversations, as many as one answer may have.
pub(super) struct States {
    pub(super) told: Vec<ConversationState>,
    /// The conversations from this id on are left for the next answer.
    pub(super) untold_from: Option<ConversationId>,
}

/// The most rooms that are told as left although no event here is about them. There may be any number; the event of
/// leaving tells of the others, unless the user is back by then.
const MOST_LEFT: usize = 100;

impl Hub {
    /// Returns the states of the conversations that the client does not know, and of those that these events are about.
    /// `is_asked_for` tells which of them count, given whether they are direct. At most `most` joined ones are returned
    /// that no event is about.
    pub(super) fn states(
        &self,
        inbox: &Inbox,
        mut untold: Untold,
        events: &[Arc<Event>],
        most: usize,
        is_asked_for: impl Fn(ConversationId, bool) -> bool,
    ) -> States {
        untold.conversations.extend(events.iter().map(|event| event.conversation_id));
        let mut states = States { told: Vec::new(), untold_from: None };
        if untold.is_empty() {
            return states;
        }
        let mut positions = inbox.positions_in(&untold);
        let joined: HashSet<_> = positions.iter().map(|position| position.conversation).collect();
        let mut left: Vec<_> = untold.conversations.into_iter().filter(|id| !joined.contains(id)).collect();
        left.sort_unstable();
        left.dedup();
        positions.retain(|position| is_asked_for(position.conversation, position.with.is_some()));
        let has_event = |conversation| events.iter().any(|event| event.conversation_id == conversation);
        let mut places = most;
        for position in positions {
            let conversation = position.conversation;
            if !has_event(conversation) {
                if places == 0 {
                    states.untold_from = states.untold_from.or(Some(conversation));
                    continue;
                }
                places -= 1;
            }
            let newest = {
                let channels = self.channels.read();
                let Some(channel) = channels.get(&conversation) else { continue };
                channel.newest_seq.load(Ordering::Relaxed).max(position.last_read)
            };
            let joined = Some(JoinedState { newest, last_read: position.last_read, role: position.role });
            let room = match &position.with {
                Some(_) => None,
                None => match self.room_state(inbox, conversation) {
                    None => continue,
                    known => known,
                },
            };
            let erased = erased_in(conversation, events);
            states.told.push(ConversationState { room, with: position.with, erased, joined });
        }
        let mut places = MOST_LEFT;
        for conversation in left.into_iter().filter(|&conversation| is_asked_for(conversation, false)) {
            if !has_event(conversation) {
                if places == 0 {
                    continue;
                }
                places -= 1;
            }
            if let Some(room) = self.room_state(inbox, conversation) {
                let erased = if room.seen.is_some() { erased_in(conversation, events) } else { Vec::new() };
                states.told.push(ConversationState { room: Some(room), with: None, erased, joined: None });
            }
        }
        states
    }

    fn room_state(&self, inbox: &Inbox, conversation: ConversationId) -> Option<RoomState> {
        let room = self.room_of(conversation)?;
        let seen = room.is_seen_by(inbox).then(|| (room.name.clone(), room.facts()));
        Some(RoomState { id: room.id, seen })
    }
}

/// Returns the names of the users whose messages in a conversation were erased, according to these events.
fn erased_in(conversation: ConversationId, events: &[Arc<Event>]) -> Vec<String> {
    let erasures = events.iter().filter(|event| event.conversation_id == conversation && event.what == What::Erased);
    erasures.filter_map(|event| serde_json::from_str(event.json.get()).ok()).collect()
}
