//! What may happen in a case, and how cases are made up.

use proptest::prelude::*;
use proptest::sample::Index;

use super::contract::{Place, Who};

/// How many users a case has.
pub const USERS: usize = 3;

/// How many rooms, `general` among them.
pub const ROOMS: usize = 3;

#[derive(Debug, Clone)]
pub enum Step {
    Send {
        who: Who,
        to: To,
    },
    Poll {
        client: Index,
        from: From,
        limit: usize,
        mark_read: bool,
    },
    MarkRead {
        who: Who,
        at: To,
        seq: Index,
    },
    Join {
        who: Who,
        room: usize,
    },
    Leave {
        who: Who,
        room: usize,
    },
    /// Some client's user comes again, with its token.
    Connect {
        client: Index,
    },
    /// The server stops in good order and starts again.
    Restart,
}

/// A conversation as one user sees it.
#[derive(Debug, Clone, Copy)]
pub enum To {
    Room(usize),
    /// Who is so many numbers further on.
    Other(usize),
}

impl To {
    /// The conversation, and the other user of a direct one.
    pub fn seen_by(self, who: Who) -> (Place, Option<Who>) {
        match self {
            Self::Room(room) => (Place::Room(room), None),
            Self::Other(distance) => {
                let other = (who + distance) % USERS;
                (Place::direct(who, other), Some(other))
            }
        }
    }
}

/// The cursor to poll with.
#[derive(Debug, Clone)]
pub enum From {
    /// The client's last.
    Last,
    /// One that the client has asked with already, or has never used.
    Earlier(Index),
    Nothing,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..60)
}

/// Steps with a restart among them.
pub fn steps_with_a_restart() -> impl Strategy<Value = Vec<Step>> {
    (steps(), steps()).prop_map(|(before, after)| [before, vec![Step::Restart], after].concat())
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..USERS;
    let room = || 0..ROOMS;
    let to = || prop_oneof![3 => room().prop_map(To::Room), 2 => (1..USERS).prop_map(To::Other)];
    let from = prop_oneof![
        6 => Just(From::Last),
        2 => any::<Index>().prop_map(From::Earlier),
        2 => Just(From::Nothing),
    ];
    let poll = (any::<Index>(), from, 1..=5_usize, prop::bool::weighted(0.8));
    prop_oneof![
        9 => (who(), to()).prop_map(|(who, to)| Step::Send { who, to }),
        8 => poll.prop_map(|(client, from, limit, mark_read)| Step::Poll { client, from, limit, mark_read }),
        2 => (who(), to(), any::<Index>()).prop_map(|(who, at, seq)| Step::MarkRead { who, at, seq }),
        2 => (who(), room()).prop_map(|(who, room)| Step::Join { who, room }),
        1 => (who(), room()).prop_map(|(who, room)| Step::Leave { who, room }),
        1 => any::<Index>().prop_map(|client| Step::Connect { client }),
    ]
}
