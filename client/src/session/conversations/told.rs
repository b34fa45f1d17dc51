//! The effect of a state that the server tells. Knows no conversations.

/// The effect of a conversation's state, as received from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    /// Unread counts.
    Counts,
    /// The user is in this room, which this session did not join.
    Joined(String),
    /// The user can no longer see this room.
    Lost(String),
    /// The user has left this room in another session.
    Left(String),
}
