//! The name of a conversation, cheap to clone.

use std::fmt;
use std::sync::Arc;

use linger_api::{ConversationState, Message};
use serde::{Deserialize, Serialize};

/// A room (`room:NAME`), or the direct conversation of two users (`direct:NAME+NAME`, names in ascending order).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conversation(Arc<str>);

impl Conversation {
    /// Names a room.
    #[must_use]
    pub fn room(name: &str) -> Self {
        Self(format!("room:{name}").into())
    }

    /// Names the direct conversation of two users.
    #[must_use]
    pub fn direct(one: &str, other: &str) -> Self {
        Self(format!("direct:{}+{}", one.min(other), one.max(other)).into())
    }

    /// Returns the conversation that a message says it belongs to.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        match (&message.room, &message.to) {
            (Some(room), _) => Self::room(room),
            (None, to) => Self::direct(&message.from, to.as_deref().unwrap_or_default()),
        }
    }

    /// Returns the conversation whose state was told to this user.
    #[must_use]
    pub fn of_state(state: &ConversationState, user: &str) -> Self {
        match (&state.room, &state.with) {
            (Some(room), _) => Self::room(room),
            (None, with) => Self::direct(user, with.as_deref().unwrap_or_default()),
        }
    }

    /// Returns the room's name, or `None` for a direct conversation.
    #[must_use]
    pub fn as_room(&self) -> Option<&str> {
        self.0.strip_prefix("room:")
    }

    /// Returns the user that `user` talks to here, or `None` in a room.
    #[must_use]
    pub fn other<'a>(&'a self, user: &str) -> Option<&'a str> {
        let (one, other) = self.0.strip_prefix("direct:")?.split_once('+')?;
        Some(if one == user { other } else { one })
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
