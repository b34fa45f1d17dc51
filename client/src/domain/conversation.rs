//! The name of a conversation. Knows how it is shown, not how messages reach it.

use std::fmt;

use linger_api::Message;

use super::failure::Failure;
use super::text::visible;

/// A room or a direct conversation, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Conversation {
    Room(String),
    Direct(String),
}

impl Conversation {
    /// Returns the room `general`, which every new account joins.
    pub(crate) fn general() -> Self {
        Self::Room(linger_api::GENERAL.to_owned())
    }

    /// Returns the room with the name that a user wrote, with or without `#`.
    pub(crate) fn room(name: &str) -> Self {
        Self::Room(name.trim_start_matches('#').to_owned())
    }

    /// Returns the conversation that is written as `#room` or `@name`. Returns `None` without a mark.
    pub(crate) fn marked(word: &str) -> Option<Self> {
        match (word.strip_prefix('#'), word.strip_prefix('@')) {
            (Some(room), _) => Some(Self::Room(room.to_owned())),
            (None, Some(name)) => Some(Self::Direct(name.to_owned())),
            (None, None) => None,
        }
    }

    /// Returns the conversation if it has a name.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] that says what is missing: the user wrote `#` or `@` alone.
    pub(crate) fn with_name(self) -> Result<Self, Failure> {
        let missing = match &self {
            named if !named.name().trim().is_empty() => return Ok(self),
            Self::Room(_) => "the name of the room is missing, as in #lobby",
            Self::Direct(_) => "the name of the user is missing, as in @bob",
        };
        Err(Failure::Usage(missing.to_owned()))
    }

    /// Returns the same conversation with its name as the server folds it.
    pub(crate) fn folded(&self) -> Self {
        match self {
            Self::Room(name) => Self::Room(name.to_lowercase()),
            Self::Direct(name) => Self::Direct(name.to_lowercase()),
        }
    }

    /// Returns the conversation of a message, as seen by the user `me`.
    pub(crate) fn of(message: &Message, me: &str) -> Self {
        match (&message.room, &message.to) {
            (Some(room), _) => Self::Room(room.clone()),
            (None, Some(to)) if message.from == me => Self::Direct(to.clone()),
            (None, _) => Self::Direct(message.from.clone()),
        }
    }

    /// Returns the name without `#` or `@`.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Room(name) | Self::Direct(name) => name,
        }
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(name) => write!(f, "#{}", visible(name)),
            Self::Direct(name) => write!(f, "@{}", visible(name)),
        }
    }
}
