//! The effect of a state that the server tells. Knows no conversations.

/// What a state told by the server changes here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    /// Unread counts.
    Counts,
    /// The user has left this room in another session.
    Left(String),
}
