//! A session that a user's clients share, while the owner of a room may end it and open another.

use std::sync::{Mutex, PoisonError};

/// A session's token.
pub(super) struct Pass {
    /// The token, and whether the session may have ended.
    token: Mutex<(String, bool)>,
}

impl Pass {
    pub(super) fn new(token: String) -> Self {
        Self { token: Mutex::new((token, false)) }
    }

    /// Returns the token, of an ended session too: with that, a user who was shut out tries to get in.
    pub(super) fn token(&self) -> String {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Says that the session is about to end.
    pub(super) fn end(&self) {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
    }

    /// Takes the token of a new session.
    pub(super) fn renew(&self, token: String) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = (token, false);
    }

    /// Returns whether a session may have ended.
    pub(super) fn may_have_ended(&self, token: &str) -> bool {
        let now = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        now.1 || now.0 != token
    }
}
