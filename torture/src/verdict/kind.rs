//! What can be wrong.

use std::fmt;

/// What the contract promises, and was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Acknowledged, and not in store, or not shown by some node.
    Lost,
    /// Shown to somebody, and not in store; or in store, and never sent.
    Ghost,
    /// In store twice, or given twice to a client that kept its cursor.
    Doubled,
    /// Ids do not rise: in a conversation, in an answer, from answer to answer, from send to send.
    Disordered,
    /// A seq is missing in a conversation.
    Gap,
    /// A client's answers leave out something that lies between them, or that should have come by the end.
    Hole,
    /// A node, or the other side of a conversation, shows something else than is in store.
    Differing,
    /// Somebody was shown what is not theirs.
    Leaked,
    /// A message that is not the one that was sent, or not the one in store.
    Altered,
    /// A cursor goes back, or moves without messages, or stays where it was with them.
    CursorMoved,
    /// A node does not show what it has acknowledged.
    Stale,
    /// A node shows, or gives to who waits, later than it must.
    Late,
    /// A last-read position beyond everything that was acknowledged.
    ReadTooFar,
    /// A request of which nobody knows what came of it.
    Unaccounted,
    /// An answer, or a failure, that nothing explains.
    Refused,
}

/// One thing that is wrong.
#[derive(Debug, Clone)]
pub struct Violation {
    /// What was not kept.
    pub kind: Kind,
    /// Where, for people.
    pub what: String,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Ghost => "ghosts",
            Self::Doubled => "doubled",
            Self::Disordered => "disordered",
            Self::Gap => "gaps",
            Self::Hole => "skipped",
            Self::Differing => "differing",
            Self::Leaked => "leaked",
            Self::Altered => "altered",
            Self::CursorMoved => "cursors moved",
            Self::Stale => "stale",
            Self::Late => "late",
            Self::ReadTooFar => "read too far",
            Self::Unaccounted => "unaccounted",
            Self::Refused => "refused",
        })
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Lost,
        Self::Ghost,
        Self::Doubled,
        Self::Disordered,
        Self::Gap,
        Self::Hole,
        Self::Differing,
        Self::Leaked,
        Self::Altered,
        Self::CursorMoved,
        Self::Stale,
        Self::Late,
        Self::ReadTooFar,
        Self::Unaccounted,
        Self::Refused,
    ];
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.what)
    }
}
