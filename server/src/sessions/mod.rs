//! Sessions in memory, each with its held requests. The database knows every session; the journal looks up those that
//! are not in memory. [`vouched`] remembers which tokens were verified. Knows neither tokens' contents nor passwords.

mod vouched;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;

use crate::hub::Inbox;
use crate::store::User;
use vouched::Vouched;

/// One sign-in of one client.
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) user: User,
    pub(crate) inbox: Arc<Inbox>,
    held: Mutex<Held>,
}

/// The requests that a session holds, oldest first.
struct Held {
    requests: VecDeque<Request>,
    /// The number of the next request.
    next: u64,
    /// Set once. From then on every request ends at once.
    is_signed_out: bool,
}

/// A held request.
struct Request {
    number: u64,
    kind: HeldKind,
    end: oneshot::Sender<Ended>,
}

/// The kind of a held request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldKind {
    /// Ends with the first answer.
    Poll,
    /// Goes on after each event.
    Stream,
}

/// How many sessions are in memory, and how many requests they hold.
#[derive(Debug, Default)]
pub(crate) struct HeldCounts {
    pub(crate) sessions: usize,
    pub(crate) polls: usize,
    pub(crate) streams: usize,
}

/// Why a held request ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A newer request of the same session took its place.
    Superseded,
    /// The session was signed out.
    SignedOut,
}

/// A request's slot among those of its session. Dropping it frees the slot.
pub(crate) struct Hold {
    session: Arc<Session>,
    number: u64,
    ended: oneshot::Receiver<Ended>,
}

impl Session {
    /// Takes one of at most `most` slots. If all are taken, the oldest request gives way.
    pub(crate) fn hold(self: &Arc<Self>, kind: HeldKind, most: usize) -> Hold {
        let (end, ended) = oneshot::channel();
        let mut held = self.held.lock();
        let number = held.next;
        held.next += 1;
        if held.is_signed_out {
            let _ = end.send(Ended::SignedOut);
        } else {
            held.requests.push_back(Request { number, kind, end });
            if held.requests.len() > most
                && let Some(oldest) = held.requests.pop_front()
            {
                // If that request is being answered at this moment, its receiver is gone, which is fine.
                let _ = oldest.end.send(Ended::Superseded);
            }
        }
        drop(held);
        Hold { session: Arc::clone(self), number, ended }
    }

    fn is_signed_out(&self) -> bool {
        self.held.lock().is_signed_out
    }

    fn sign_out(&self) {
        let mut held = self.held.lock();
        held.is_signed_out = true;
        for request in held.requests.drain(..) {
            let _ = request.end.send(Ended::SignedOut);
        }
    }
}

impl Hold {
    /// Returns when the request has to end, and why.
    pub(crate) async fn ended(&mut self) -> Ended {
        match (&mut self.ended).await {
            Ok(ended) => ended,
            // The sender lives in the session, which outlives this.
            Err(_) => Ended::SignedOut,
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.session.held.lock().requests.retain(|request| request.number != self.number);
    }
}

/// The sessions in memory.
///
/// Locks are taken in this order: `known`, then the lock inside one [`Session`]. Neither is held across an await.
pub(crate) struct Sessions {
    known: RwLock<Known>,
}

/// Sessions and tokens, behind one lock: a session found by its token cannot be dropped at the same moment.
struct Known {
    by_id: HashMap<String, Arc<Session>>,
    vouched: Vouched,
}

impl Sessions {
    /// # Errors
    /// If the operating system provides no random numbers.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        Ok(Self { known: RwLock::new(Known { by_id: HashMap::new(), vouched: Vouched::new()? }) })
    }

    /// Finds a session in memory. One that is not in memory may still be signed in.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.known.read().by_id.get(id).cloned()
    }

    /// Finds the session of a token that was verified before, and the token's expiry in seconds since 1970.
    pub(crate) fn find_vouched(&self, token: &str) -> Option<(Arc<Session>, i64)> {
        self.known.read().vouched.find(token)
    }

    /// Remembers a verified token.
    pub(crate) fn vouch(&self, token: &str, session: &Arc<Session>, expires: i64) {
        self.known.write().vouched.add(token, session, expires);
    }

    /// Adds a session, or returns the one that is already here. Only the journal calls this, so no sign-out can come in
    /// between.
    pub(crate) fn add(&self, id: String, user: User, inbox: Arc<Inbox>) -> Arc<Session> {
        let mut known = self.known.write();
        let session = known.by_id.entry(id.clone()).or_insert_with(|| {
            let held = Held { requests: VecDeque::new(), next: 0, is_signed_out: false };
            Arc::new(Session { id, user, inbox, held: Mutex::new(held) })
        });
        Arc::clone(session)
    }

    /// Signs a session out: removes it and ends its held requests.
    pub(crate) fn remove(&self, id: &str) {
        let removed = self.known.write().by_id.remove(id);
        if let Some(session) = removed {
            session.sign_out();
        }
    }

    /// Counts the sessions and their held requests.
    pub(crate) fn count_held(&self) -> HeldCounts {
        let known = self.known.read();
        let mut counts = HeldCounts { sessions: known.by_id.len(), ..HeldCounts::default() };
        for session in known.by_id.values() {
            for request in &session.held.lock().requests {
                match request.kind {
                    HeldKind::Poll => counts.polls += 1,
                    HeldKind::Stream => counts.streams += 1,
                }
            }
        }
        counts
    }

    /// Lists the ids of the sessions in memory.
    pub(crate) fn list_ids(&self) -> Vec<String> {
        self.known.read().by_id.keys().cloned().collect()
    }

    /// Drops sessions that are not in use and whose user has been idle for long.
    pub(crate) fn forget_idle(&self) {
        let mut known = self.known.write();
        known.by_id.retain(|_, session| Arc::strong_count(session) > 1 || !session.inbox.is_idle());
        known.vouched.forget_idle();
    }
}
