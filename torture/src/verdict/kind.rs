//! The kinds of violations.

use std::fmt;

/// A promise of the contract that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A message or change that was acknowledged but is not stored, or not shown by some node.
    Lost,
    /// A message or change that was shown but is not stored, or is stored but nobody asked for it.
    Ghost,
    /// Stored twice, or delivered twice to a client that kept its cursor.
    Doubled,
    /// Ids do not rise: in a conversation, in an answer, from answer to answer, or from send to send.
    Disordered,
    /// A seq is missing in a conversation.
    Gap,
    /// A client's answers skip a message, or it had not arrived by the end.
    Hole,
    /// A node, or the other side of a conversation, shows something other than what is stored.
    Differing,
    /// A user was shown something that is not theirs.
    Leaked,
    /// A message differs from the one that was sent, changed or stored.
    Altered,
    /// A node shows an older revision of a message than it showed or acknowledged before.
    Reverted,
    /// The text of a message is shown after its deletion was acknowledged, or is still stored.
    Restored,
    /// A client that asks for changes did not receive one by the end.
    Outdated,
    /// A cursor goes back, moves without anything new, or stays in place despite messages or changes.
    CursorMoved,
    /// A node does not show a message or change that it acknowledged itself.
    Stale,
    /// A node shows or delivers a message or change later than promised.
    Late,
    /// A last-read position lies beyond everything acknowledged.
    ReadTooFar,
    /// A request has no recorded outcome, or an outcome has no request.
    Unaccounted,
    /// An answer or a failure that nothing explains.
    Refused,
}

/// One violation.
#[derive(Debug, Clone)]
pub struct Violation {
    /// The broken promise.
    pub kind: Kind,
    /// A description for people.
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
            Self::Reverted => "reverted",
            Self::Restored => "restored",
            Self::Outdated => "outdated",
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
    /// All kinds.
    pub const ALL: [Self; 18] = [
        Self::Lost,
        Self::Ghost,
        Self::Doubled,
        Self::Disordered,
        Self::Gap,
        Self::Hole,
        Self::Differing,
        Self::Leaked,
        Self::Altered,
        Self::Reverted,
        Self::Restored,
        Self::Outdated,
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
