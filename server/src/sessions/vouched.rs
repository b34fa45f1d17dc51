//! Tokens that were checked before. One that comes again, as with every poll, costs one hash instead of a
//! signature, the parsing of its parts and a search for its session: a fifteenth of what a delivery costs.
//!
//! What is kept is a keyed 128-bit hash of the token, with a key drawn at start-up: nobody can find another
//! token with the same. Whether the session is still signed in is asked of the session.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::{Arc, Weak};

use siphasher::sip128::{Hasher128, SipHasher24};

use super::Session;
use crate::domain::clock;

/// The sessions of tokens that were found good.
pub(super) struct Vouched {
    hasher: SipHasher24,
    sessions: HashMap<u128, KnownToken>,
}

struct KnownToken {
    /// Not kept alive: a session that nobody uses is forgotten, and then looked up anew.
    session: Weak<Session>,
    /// In seconds since 1970.
    expires: i64,
}

impl Vouched {
    /// # Errors
    /// When the operating system gives no random numbers.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let hasher = SipHasher24::new_with_keys(getrandom::u64()?, getrandom::u64()?);
        Ok(Self { hasher, sessions: HashMap::new() })
    }

    /// The session of a token that was found good, unless the one is signed out or the other has expired.
    pub(super) fn find(&self, token: &str) -> Option<(Arc<Session>, i64)> {
        let &KnownToken { ref session, expires } = self.sessions.get(&self.hash(token))?;
        let session = session.upgrade().filter(|session| !session.is_signed_out())?;
        (clock::now_ms() < expires * 1000).then_some((session, expires))
    }

    /// This token was found good.
    pub(super) fn add(&mut self, token: &str, session: &Arc<Session>, expires: i64) {
        self.sessions.insert(self.hash(token), KnownToken { session: Arc::downgrade(session), expires });
    }

    /// Forgets tokens whose sessions are not around.
    pub(super) fn forget_idle(&mut self) {
        self.sessions.retain(|_, known| known.session.strong_count() > 0);
    }

    fn hash(&self, token: &str) -> u128 {
        let mut hasher = self.hasher;
        hasher.write(token.as_bytes());
        hasher.finish128().as_u128()
    }
}
