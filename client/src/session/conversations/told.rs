//! The effect of a state that the server tells. Knows no conversations.

/// The effect of a conversation's state, as received from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    /// Unread counts.
    Counts,
    /// The user has left this room in another session.
    Left(String),
}
