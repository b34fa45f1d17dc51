//! Tokens that were verified before. One that comes again, as with every poll, costs one hash instead of verifying its
//! signature, parsing its parts and searching for its session. That used to be a fifteenth of the cost of a delivery.
//!
//! Only a keyed 128-bit hash of each token is kept, with a key drawn at start-up, so that no other token with the same
//! hash can be found. The session itself says whether it is still signed in.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::{Arc, Weak};

use siphasher::sip128::{Hasher128, SipHasher24};

use super::{Session, Validity};

/// The sessions of verified tokens.
pub(super) struct Vouched {
    hasher: SipHasher24,
    sessions: HashMap<u128, KnownToken>,
}

struct KnownToken {
    /// Weak, so that a session that is not in use can be dropped. It is then looked up again.
    session: Weak<Session>,
    /// As the token says. The session knows whether the token was renewed.
    validity: Validity,
}

impl Vouched {
    /// # Errors
    /// If the operating system provides no random numbers.
    pub(super) fn new() -> Result<Self, getrandom::Error> {
        let hasher = SipHasher24::new_with_keys(getrandom::u64()?, getrandom::u64()?);
        Ok(Self { hasher, sessions: HashMap::new() })
    }

    /// Finds the session of a verified token, and when the token ends. Returns `None` if the session is signed out or
    /// not in memory, or if the token has ended.
    pub(super) fn find(&self, token: &str) -> Option<(Arc<Session>, Validity)> {
        let &KnownToken { ref session, validity } = self.sessions.get(&self.hash(token))?;
        let session = session.upgrade()?;
        let validity = session.check(validity)?;
        Some((session, validity))
    }

    /// Remembers a verified token.
    pub(super) fn add(&mut self, token: &str, session: &Arc<Session>, validity: Validity) {
        self.sessions.insert(self.hash(token), KnownToken { session: Arc::downgrade(session), validity });
    }

    /// Forgets tokens that have ended, and those whose sessions are not in memory.
    pub(super) fn forget_idle(&mut self) {
        let is_valid = |known: &KnownToken| known.session.upgrade()?.check(known.validity);
        self.sessions.retain(|_, known| is_valid(known).is_some());
    }

    fn hash(&self, token: &str) -> u128 {
        let mut hasher = self.hasher;
        hasher.write(token.as_bytes());
        hasher.finish128().as_u128()
    }
}
