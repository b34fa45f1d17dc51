//! What a client asks to be done to a message that exists.

use serde::{Deserialize, Serialize};

use super::{Name, Text};

/// A request to change a message. All texts of edits are distinct, so equal requests are repetitions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// The user who asks.
    pub by: Name,
    /// The message's id.
    pub id: i64,
    /// What to do.
    pub act: Act,
}

/// What can be done to a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Replace its text.
    Edit(Text),
    /// Delete its text.
    Delete,
    /// Give a reaction.
    React(Name),
    /// Take a reaction back.
    Unreact(Name),
}
