//! Changes that the user makes in other sessions: joining, leaving and reading. Knows no server and no screen.

use std::collections::BTreeMap;

use linger_api::{Connected, ConversationState, ConversationStatus};

use super::Conversations;
use super::told::Told;
use crate::domain::Conversation;

impl Conversations {
    /// Records that this session is about to leave a room: the server will tell it so, too.
    pub(in crate::session) fn leaves(&self, room: &str) {
        self.lock().leaving.insert(room.to_owned());
    }

    /// Joins a room, about which the server's news is then no news.
    pub(in crate::session) fn while_joining<T>(&self, join: impl FnOnce() -> T) -> T {
        self.lock().joining += 1;
        let outcome = join();
        self.lock().joining -= 1;
        outcome
    }

    /// Forgets that there is such a room: the user can no longer see it.
    pub(in crate::session) fn unlist(&self, room: &str) {
        let mut state = self.lock();
        let of = Conversation::Room(room.to_owned());
        state.rooms.retain(|listed| listed != room);
        state.shown.remove(&of);
    }

    /// Returns the joined rooms that are not in this list.
    pub(in crate::session) fn joined_without(&self, list: &[String]) -> Vec<String> {
        self.lock().joined.keys().filter(|room| !list.contains(room)).cloned().collect()
    }

    /// Records that it did not leave the room after all.
    pub(in crate::session) fn stays(&self, room: &str) {
        self.lock().leaving.remove(room);
    }

    /// Takes over what the server counts as unread, where it is more than is known here, except in the current
    /// conversation, which is on the screen.
    pub(in crate::session) fn count_unread(&self, connected: &Connected) {
        let mut state = self.lock();
        let rooms = connected.rooms.iter().map(|room| (Conversation::Room(room.name.clone()), room.unread));
        let direct = connected.direct.iter().map(|direct| (Conversation::Direct(direct.with.clone()), direct.unread));
        for (conversation, unread) in rooms.chain(direct) {
            let unread = usize::try_from(unread).unwrap_or_default();
            if unread > state.unread.of(&conversation) && conversation != state.current {
                state.unread.set(&conversation, unread);
            }
        }
    }

    /// Takes over the state of a conversation that the server tells.
    pub(in crate::session) fn told(&self, told: &ConversationState) -> Told {
        let conversation = match (&told.room, &told.with) {
            (Some(room), _) => Conversation::Room(room.clone()),
            (None, Some(with)) => Conversation::Direct(with.clone()),
            (None, None) => return self.gone(told),
        };
        if !told.joined {
            return self.gone(told);
        }
        let mut state = self.lock();
        let mut otherwise = Told::Nothing;
        if let (Some(room), Some(id)) = (&told.room, told.room_id) {
            if state.joined.contains_key(room) {
                state.leaving.remove(room);
            } else if state.leaving.contains(room) {
                // From before this session left it.
                return Told::Nothing;
            } else {
                state.memberships += 1;
                state.joined.insert(room.clone(), id);
                state.forget_room(room);
                if state.joining == 0 {
                    otherwise = Told::Joined(room.clone());
                }
            }
        }
        let (Some(last_read), Some(unread)) = (told.last_read, told.unread) else { return otherwise };
        let before = state.positions.insert(conversation.clone(), last_read);
        let shown = state.shown.get(&conversation).copied();
        // Messages that are still to arrive are counted on arrival.
        let left = shown.map_or(unread, |shown| shown.newest - last_read);
        let left = usize::try_from(left).unwrap_or_default();
        let is_set_back = before.is_some_and(|before| last_read < before) && conversation != state.current;
        let known = state.unread.of(&conversation);
        if left < known {
            state.unread.read_elsewhere(&conversation, left, last_read, shown.map(|shown| shown.oldest));
        } else if is_set_back && left > known {
            state.unread.set(&conversation, left);
        } else {
            return otherwise;
        }
        if otherwise == Told::Nothing { Told::Counts } else { otherwise }
    }

    /// Returns the last-read positions that polls have told.
    pub(in crate::session) fn positions(&self) -> BTreeMap<Conversation, i64> {
        self.lock().positions.clone()
    }

    /// Takes over what has been read according to a status. `before` are the positions from before it was asked for:
    /// one that was told later may be newer than the status. Returns whether unread counts have changed.
    pub(in crate::session) fn take_over_read(
        &self,
        status: &[ConversationStatus],
        before: &BTreeMap<Conversation, i64>,
    ) -> bool {
        let mut state = self.lock();
        if state.positions != *before {
            return false;
        }
        let mut is_counted = false;
        for one in status {
            let conversation = match (&one.room, &one.with) {
                (Some(room), _) => Conversation::Room(room.clone()),
                (None, Some(with)) => Conversation::Direct(with.clone()),
                (None, None) => continue,
            };
            let shown = state.shown.get(&conversation).copied();
            // Messages that are still to arrive are counted on arrival.
            let left = shown.map_or(one.unread, |shown| shown.newest - one.last_read);
            let left = usize::try_from(left).unwrap_or_default();
            if left < state.unread.of(&conversation) {
                state.unread.read_elsewhere(&conversation, left, one.last_read, shown.map(|shown| shown.oldest));
                is_counted = true;
            }
        }
        is_counted
    }

    fn gone(&self, told: &ConversationState) -> Told {
        let mut state = self.lock();
        let by_id = || state.joined.iter().find(|(_, id)| Some(**id) == told.room_id).map(|(room, _)| room.clone());
        let Some(room) = told.room.clone().or_else(by_id) else { return Told::Nothing };
        match state.leaving.remove(&room) || !state.joined.contains_key(&room) {
            true => Told::Nothing,
            // Of a room that the user may no longer see, the server tells its id alone.
            false if told.room.is_none() => Told::Lost(room),
            false => Told::Left(room),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::conversations::tests::{conversations, said};

    fn read(room: &str, newest: i64, last_read: i64) -> ConversationState {
        ConversationState {
            room_id: Some(2),
            room: Some(room.into()),
            joined: true,
            erased: Vec::new(),
            newest: Some(newest),
            last_read: Some(last_read),
            unread: Some(newest - last_read),
            ..ConversationState::default()
        }
    }

    #[test]
    fn what_is_read_elsewhere_is_read_here() {
        let conversations = conversations();
        for seq in 1..=3 {
            conversations.shown(&said("bob", "lobby", seq), true);
        }
        assert_eq!(conversations.unread_elsewhere(), 3);
        assert_eq!(conversations.told(&read("lobby", 5, 0)), Told::Nothing, "4 and 5 have not come yet");
        assert_eq!(conversations.told(&read("lobby", 5, 2)), Told::Counts);
        assert_eq!(conversations.unread_elsewhere(), 1);
        assert_eq!(conversations.told(&read("lobby", 5, 5)), Told::Counts);
        assert_eq!((conversations.unread_elsewhere(), conversations.is_all_read()), (0, true));
        assert_eq!(conversations.told(&read("lobby", 5, 1)), Told::Counts, "set back");
        assert_eq!(conversations.unread_elsewhere(), 2);
    }

    #[test]
    fn the_current_conversation_does_not_become_unread() {
        let conversations = conversations();
        conversations.shown(&said("bob", "general", 1), true);
        let general = |last_read| ConversationState { room_id: Some(1), ..read("general", 1, last_read) };
        for last_read in [0, 1, 0] {
            assert_eq!(conversations.told(&general(last_read)), Told::Nothing);
        }
        assert_eq!(conversations.list_unread(), []);
    }

    #[test]
    fn only_a_departure_elsewhere_is_news() {
        let conversations = conversations();
        let left =
            ConversationState { joined: false, newest: None, last_read: None, unread: None, ..read("lobby", 0, 0) };
        conversations.leaves("lobby");
        assert_eq!(conversations.told(&left), Told::Nothing);
        assert_eq!(conversations.told(&left), Told::Left("lobby".into()));
        let nameless = ConversationState { room: None, ..left };
        assert_eq!(conversations.told(&nameless), Told::Lost("lobby".into()));
        conversations.left_elsewhere("lobby");
        assert_eq!(conversations.told(&nameless), Told::Nothing);
        let joined = conversations.told(&read("lobby", 0, 0));
        assert_eq!(joined, Told::Joined("lobby".into()));
        assert!(conversations.is_followed(&Conversation::Room("lobby".into())), "joined elsewhere");
        assert_eq!(conversations.told(&read("lobby", 0, 0)), Told::Nothing);
        conversations.left("lobby");
        let told = conversations.while_joining(|| conversations.told(&read("lobby", 0, 0)));
        assert_eq!(told, Told::Nothing, "joined by this session itself");
    }
}
