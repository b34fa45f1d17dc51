//! Being shut out of a private room.

use serde::{Deserialize, Serialize};

/// How a user is shut out of a private room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// Removed from the room.
    Removed,
    /// Disabled by an administrator, which ends all sessions.
    Disabled,
    /// Signed out, which ends this session.
    SignedOut,
}
