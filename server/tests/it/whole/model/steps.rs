//! The steps of a case, and their random generation.

use proptest::prelude::*;
use proptest::sample::Index;

use super::contract::{Conversation, UserIndex};

/// The number of users in a case.
pub(crate) const USERS: usize = 3;

/// The number of rooms in a case, including `general`.
pub(crate) const ROOMS: usize = 3;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Send {
        user: UserIndex,
        to: To,
    },
    Poll {
        client: Index,
        from: From,
        limit: usize,
        mark_read: bool,
    },
    MarkRead {
        user: UserIndex,
        at: To,
        seq: Index,
    },
    Join {
        user: UserIndex,
        room: usize,
    },
    Leave {
        user: UserIndex,
        room: usize,
    },
    /// A client's user opens another session with its token.
    Connect {
        client: Index,
    },
    /// The server stops cleanly and starts again.
    Restart,
}

/// A conversation as one user sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum To {
    Room(usize),
    /// The direct conversation with the user this many indices further on.
    Other(usize),
}

impl To {
    /// Returns the conversation, and the other user of a direct one.
    pub(crate) fn seen_by(self, user: UserIndex) -> (Conversation, Option<UserIndex>) {
        match self {
            Self::Room(room) => (Conversation::Room(room), None),
            Self::Other(distance) => {
                let other = (user + distance) % USERS;
                (Conversation::direct(user, other), Some(other))
            }
        }
    }
}

/// The cursor to poll with.
#[derive(Debug, Clone)]
pub(crate) enum From {
    /// The client's last cursor.
    Last,
    /// Any cursor that the client was ever given.
    Earlier(Index),
    /// No cursor.
    Nothing,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60)
}

/// Generates steps with a restart among them.
pub(crate) fn steps_with_a_restart() -> impl Strategy<Value = Vec<Step>> {
    (steps(), steps()).prop_map(|(before, after)| [before, vec![Step::Restart], after].concat())
}

fn step() -> impl Strategy<Value = Step> {
    let user = || 0..USERS;
    let room = || 0..ROOMS;
    let to = || prop_oneof![3 => room().prop_map(To::Room), 2 => (1..USERS).prop_map(To::Other)];
    let from = prop_oneof![
        6 => Just(From::Last),
        2 => any::<Index>().prop_map(From::Earlier),
        2 => Just(From::Nothing),
    ];
    let poll = (any::<Index>(), from, 1..=5_usize, prop::bool::weighted(0.8));
    prop_oneof![
        9 => (user(), to()).prop_map(|(user, to)| Step::Send { user, to }),
        8 => poll.prop_map(|(client, from, limit, mark_read)| Step::Poll { client, from, limit, mark_read }),
        2 => (user(), to(), any::<Index>()).prop_map(|(user, at, seq)| Step::MarkRead { user, at, seq }),
        2 => (user(), room()).prop_map(|(user, room)| Step::Join { user, room }),
        1 => (user(), room()).prop_map(|(user, room)| Step::Leave { user, room }),
        1 => any::<Index>().prop_map(|client| Step::Connect { client }),
    ]
}
