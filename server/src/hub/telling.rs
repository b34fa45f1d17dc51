//! What a reader that asks for changes is told besides messages: changed messages, and conversations as they are now.

use std::sync::Arc;

use super::inbox::{Stamp, Untold};
use super::reader::Reader;
use super::reading::{Changes, Scope};
use super::states::States;
use super::tail::Event;
use crate::domain::cursor::Told;
use crate::domain::ids::ConversationId;

impl Reader<'_> {
    /// Tells messages from changes, and reads the states of the conversations that changed. Returns also what the
    /// client then knows of the positions. `memberships` are the conversations whose membership has changed after the
    /// reader's place.
    pub(super) fn sort(
        &self,
        events: Vec<Arc<Event>>,
        memberships: Vec<ConversationId>,
    ) -> (Vec<Arc<Event>>, Option<Changes>, Option<Told>) {
        if !self.ask.changes {
            return (events, None, None);
        }
        let most = self.ask.space.states_beside(&events);
        let (messages, events): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.is_message());
        let (of_conversations, changed): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| event.is_of_conversation());
        let (mut untold, stamp) = self.untold();
        if untold.from == Some(0) {
            // The client may have missed any move, leaving a room included.
            untold.conversations.extend(memberships);
        }
        let left = match (self.standing.told, self.reads_everything()) {
            (_, true) => None,
            (None, false) => Some(0),
            (Some(told), false) => {
                untold.conversations.iter().copied().chain(told.untold_from).chain(untold.from).min()
            }
        };
        let States { told, untold_from } = self.states(untold, &of_conversations, most);
        let (untold_from, directs_from) =
            if self.reads_everything() { (untold_from, None) } else { (left, untold_from) };
        let known = Told { untold_from, directs_from, ..stamp.as_told() };
        (messages, Some(Changes { messages: changed, conversations: told }), Some(known))
    }

    /// Returns whether there are positions that the client asks for and does not know. A room that was left has none:
    /// the event of leaving will tell of it, or a page that comes before.
    pub(super) fn has_moved(&self) -> bool {
        let (untold, _) = self.untold();
        !untold.is_empty() && self.states(untold, &[], 1).told.iter().any(|state| state.joined.is_some())
    }

    /// Returns which positions the client does not know, and the stamp of all positions now. A reader of one room, or
    /// of direct conversations, passes over what was left for the client's next poll.
    fn untold(&self) -> (Untold, Stamp) {
        let told = self.standing.told.map(|told| Told { untold_from: self.left_in(told), ..told });
        self.ask.inbox.untold(told, self.ask.session)
    }

    /// Returns from which conversation on something was left for this reader's next answer.
    pub(super) fn left_in(&self, told: Told) -> Option<ConversationId> {
        match &self.ask.scope {
            Scope::Joined => told.untold_from,
            Scope::Directs => told.directs_from,
            // One conversation always fits.
            Scope::Room(_) => None,
        }
    }

    /// Returns whether this reads all conversations of the user.
    pub(super) fn reads_everything(&self) -> bool {
        matches!(self.ask.scope, Scope::Joined)
    }

    /// Returns whether the client is told of all rooms that the user joins and leaves.
    pub(super) fn tells_of_rooms(&self) -> bool {
        self.ask.changes && self.reads_everything()
    }

    fn states(&self, untold: Untold, events: &[Arc<Event>], most: usize) -> States {
        self.hub.states(&self.ask.inbox, untold, events, most, |conversation, is_direct| match &self.ask.scope {
            Scope::Room(room) => conversation == room.conversation,
            Scope::Joined => true,
            Scope::Directs => is_direct,
        })
    }
}
