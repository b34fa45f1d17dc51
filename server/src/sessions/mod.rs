//! Sessions in memory, each with the requests that it holds. The database knows every session; the journal looks up one
//! that is not here. [`vouched`] remembers which tokens were verified. Knows neither tokens' contents nor passwords.

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
    next: u64,
    is_signed_out: bool,
}

/// One of them.
struct Request {
    number: u64,
    kind: HeldKind,
    end: oneshot::Sender<Ended>,
}

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldKind {
    /// Until something comes.
    Poll,
    /// Whatever comes.
    Stream,
}

/// What is around at the moment.
#[derive(Debug, Default)]
pub(crate) struct HeldCounts {
    pub(crate) sessions: usize,
    pub(crate) polls: usize,
    pub(crate) streams: usize,
}

/// Why a held request ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A newer request of the same session took its place.
    Superseded,
    /// The session was signed out.
    SignedOut,
}

/// A request's place among those that its session holds; dropping it gives the place back.
pub(crate) struct Hold {
    session: Arc<Session>,
    number: u64,
    ended: oneshot::Receiver<Ended>,
}

impl Session {
    /// Takes a place among at most `most`; the oldest request gives way.
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
                // Its receiver is gone if that request is being answered at this moment: as good.
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

/// Behind one lock: a session that is found by its token cannot be forgotten at the same moment.
struct Known {
    by_id: HashMap<String, Arc<Session>>,
    vouched: Vouched,
}

impl Sessions {
    /// # Errors
    /// When the operating system gives no random numbers.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        Ok(Self { known: RwLock::new(Known { by_id: HashMap::new(), vouched: Vouched::new()? }) })
    }

    /// A session that is around. One that is not may still be signed in.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.known.read().by_id.get(id).cloned()
    }

    /// The session of a token that was found good before, and when that expires in seconds since 1970.
    pub(crate) fn find_vouched(&self, token: &str) -> Option<(Arc<Session>, i64)> {
        self.known.read().vouched.find(token)
    }

    /// This token was found good.
    pub(crate) fn vouch(&self, token: &str, session: &Arc<Session>, expires: i64) {
        self.known.write().vouched.add(token, session, expires);
    }

    /// Takes a session in, once; called by the journal alone, so that a sign-out cannot come in between.
    pub(crate) fn add(&self, id: String, user: User, inbox: Arc<Inbox>) -> Arc<Session> {
        let mut known = self.known.write();
        let session = known.by_id.entry(id.clone()).or_insert_with(|| {
            let held = Held { requests: VecDeque::new(), next: 0, is_signed_out: false };
            Arc::new(Session { id, user, inbox, held: Mutex::new(held) })
        });
        Arc::clone(session)
    }

    /// Signs a session out: its held requests end, and it is found no more.
    pub(crate) fn remove(&self, id: &str) {
        let removed = self.known.write().by_id.remove(id);
        if let Some(session) = removed {
            session.sign_out();
        }
    }

    /// How many there are, and what they hold.
    pub(crate) fn count_held(&self) -> HeldCounts {
        let known = self.known.read();
        let mut around = HeldCounts { sessions: known.by_id.len(), ..HeldCounts::default() };
        for session in known.by_id.values() {
            for request in &session.held.lock().requests {
                match request.kind {
                    HeldKind::Poll => around.polls += 1,
                    HeldKind::Stream => around.streams += 1,
                }
            }
        }
        around
    }

    /// The ids of the sessions that are around.
    pub(crate) fn list_ids(&self) -> Vec<String> {
        self.known.read().by_id.keys().cloned().collect()
    }

    /// Forgets sessions that nobody uses at the moment and whose user has not called for long.
    pub(crate) fn forget_idle(&self) {
        let mut known = self.known.write();
        known.by_id.retain(|_, session| Arc::strong_count(session) > 1 || !session.inbox.is_idle());
        known.vouched.forget_idle();
    }
}
