//! Sessions in memory, each with its held requests. The database knows every session; the journal looks up those that
//! are not in memory. [`vouched`] remembers which tokens were verified. Knows neither tokens' contents nor passwords.

mod overdue;
mod seen;
mod vouched;

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::oneshot;

use crate::domain::clock;
use crate::hub::{Inbox, SessionKey};
use crate::store::{Renewal, User};
use overdue::Overdue;
use seen::Seen;
use vouched::Vouched;

/// How long the earlier token of a session is accepted after a renewal. The API promises at most a minute; a poll that
/// was held at that moment ends within 55 seconds by itself.
const EARLIER_TOKEN_MS: i64 = 58_000;

/// One sign-in of one client.
pub(crate) struct Session {
    pub(crate) id: String,
    /// Tells it from the user's other sessions.
    pub(crate) key: SessionKey,
    pub(crate) user: User,
    pub(crate) inbox: Arc<Inbox>,
    held: Mutex<Held>,
    overdue: Arc<Overdue>,
    seen: Seen,
}

/// What a verified token says about its place among those of its session, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    /// How often the session's token had been renewed when this one was issued.
    pub(crate) generation: i64,
    /// In milliseconds since 1970.
    pub(crate) expires_ms: i64,
}

/// The requests that a session holds, oldest first, and which of its tokens are valid.
struct Held {
    requests: VecDeque<Request>,
    renewal: Renewal,
    /// Until when the token before the newest is accepted, by [`clock::running_ms`].
    earlier_until_ms: i64,
    /// The number of the next request.
    next: u64,
    /// Set once. From then on every request ends at once.
    is_signed_out: bool,
}

/// A held request.
struct Request {
    number: u64,
    kind: HeldKind,
    /// The generation of its token.
    generation: i64,
    end: oneshot::Sender<Ended>,
    connection: Option<SocketAddr>,
    /// Gone once the request has ended.
    alive: Weak<()>,
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
    /// Its token was renewed, and the earlier one has run out.
    Renewed,
    /// The session's client has said that it is gone.
    Away,
}

/// A request's slot among those of its session. Dropping it frees the slot.
pub(crate) struct Hold {
    session: Arc<Session>,
    number: u64,
    ended: oneshot::Receiver<Ended>,
    /// Shows that the request has not ended.
    _alive: Arc<()>,
}

fn key_of(id: &str) -> SessionKey {
    let mut hasher = DefaultHasher::new();
    hasher.write(id.as_bytes());
    hasher.finish()
}

impl Session {
    /// Takes one of at most `most` slots, for a request with a token of this generation. If all are taken, the oldest
    /// request gives way. `connection` is the other end of the request's.
    pub(crate) fn hold(
        self: &Arc<Self>,
        kind: HeldKind,
        most: usize,
        generation: i64,
        connection: Option<SocketAddr>,
    ) -> Hold {
        let (end, ended) = oneshot::channel();
        let alive = Arc::new(());
        let mut held = self.held.lock();
        let number = held.next;
        held.next += 1;
        if held.is_signed_out {
            let _ = end.send(Ended::SignedOut);
        } else {
            let alive = Arc::downgrade(&alive);
            held.requests.reserve_exact(1); // Room for four, of which most sessions need one, is 250 bytes more.
            held.requests.push_back(Request { number, kind, generation, end, connection, alive });
            if held.requests.len() > most
                && let Some(oldest) = held.requests.pop_front()
            {
                self.end(oldest, Ended::Superseded);
            }
        }
        drop(held);
        Hold { session: Arc::clone(self), number, ended, _alive: alive }
    }

    fn end(&self, request: Request, why: Ended) {
        // If that request is being answered at this moment, its receiver is gone, which is fine.
        let _ = request.end.send(why);
        self.overdue.add(request.connection, request.alive);
    }

    /// Returns when a token of this session ends. Returns `None` if it has ended, or if the session is signed out.
    pub(crate) fn check(&self, token: Validity) -> Option<Validity> {
        let held = self.held.lock();
        let now_ms = clock::now_ms();
        let end_ms = match held.renewal.generation - token.generation {
            // Another node may just have renewed it.
            ..=0 => token.expires_ms,
            1 => token.expires_ms.min(now_ms + held.earlier_until_ms - clock::running_ms()),
            _ => return None,
        };
        let is_valid = !held.is_signed_out && now_ms < end_ms;
        is_valid.then_some(Validity { expires_ms: end_ms, ..token })
    }

    /// Returns whether a token, which [`Session::check`] refuses, may still be renewed: it is the one before the
    /// newest, whose holder may never have received it.
    pub(crate) fn may_renew(&self, token: Validity) -> bool {
        let held = self.held.lock();
        !held.is_signed_out && clock::now_ms() < token.expires_ms && held.renewal.generation - token.generation == 1
    }

    /// Returns whether this is the first use of a renewed token that this node knows of.
    pub(crate) fn is_first_use(&self, token: Validity) -> bool {
        let renewal = self.held.lock().renewal;
        token.generation >= renewal.generation && token.generation > renewal.used_generation
    }

    /// Ends the earlier tokens of this session after the renewal, which was `age_ms` ago. Older news is ignored.
    fn renew(self: &Arc<Self>, renewal: Renewal, age_ms: i64) {
        let mut held = self.held.lock();
        if renewal.generation <= held.renewal.generation {
            return;
        }
        held.renewal = renewal;
        let left_ms = earlier_token_left_ms(age_ms);
        held.earlier_until_ms = clock::running_ms() + left_ms;
        drop(held);
        let left = Duration::from_millis(left_ms.cast_unsigned());
        let session = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(left).await;
            if let Some(session) = session.upgrade() {
                session.end_earlier_than(renewal.generation);
            }
        });
    }

    /// Ends the requests whose tokens are of an earlier generation.
    fn end_earlier_than(&self, generation: i64) {
        let requests = &mut self.held.lock().requests;
        let (earlier, others): (VecDeque<_>, _) =
            requests.drain(..).partition(|request| request.generation < generation);
        *requests = others;
        for request in earlier {
            self.end(request, Ended::Renewed);
        }
    }

    fn sign_out(&self) {
        let mut held = self.held.lock();
        held.is_signed_out = true;
        for request in held.requests.drain(..) {
            self.end(request, Ended::SignedOut);
        }
    }
}

/// Returns how long the earlier token is still accepted when the renewal was `age_ms` ago. Clocks may differ, so the
/// age may be negative.
fn earlier_token_left_ms(age_ms: i64) -> i64 {
    EARLIER_TOKEN_MS.saturating_sub(age_ms).clamp(0, EARLIER_TOKEN_MS)
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
    overdue: Arc<Overdue>,
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
        let known = Known { by_id: HashMap::new(), vouched: Vouched::new()? };
        Ok(Self { known: RwLock::new(known), overdue: Arc::default() })
    }

    /// Finds a session in memory. One that is not in memory may still be signed in.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.known.read().by_id.get(id).cloned()
    }

    /// Finds the session of a token that was verified before and is still valid.
    pub(crate) fn find_vouched(&self, token: &str) -> Option<(Arc<Session>, Validity)> {
        self.known.read().vouched.find(token)
    }

    /// Remembers a verified token.
    pub(crate) fn vouch(&self, token: &str, session: &Arc<Session>, validity: Validity) {
        self.known.write().vouched.add(token, session, validity);
    }

    /// Adds a session, or returns the one that is already here. Only the journal calls this, so no sign-out can come in
    /// between.
    pub(crate) fn add(&self, id: String, user: User, inbox: Arc<Inbox>, renewal: Renewal) -> Arc<Session> {
        let mut known = self.known.write();
        let session = known.by_id.entry(id.clone()).or_insert_with(|| {
            let earlier_until_ms = clock::running_ms() + earlier_token_left_ms(renewal.age_ms());
            let held = Held { requests: VecDeque::new(), renewal, earlier_until_ms, next: 0, is_signed_out: false };
            let (overdue, seen) = (Arc::clone(&self.overdue), Seen::default());
            Arc::new(Session { key: key_of(&id), id, user, inbox, held: Mutex::new(held), overdue, seen })
        });
        Arc::clone(session)
    }

    /// Ends the earlier tokens of a session, if it is in memory, after the renewal, which was `age_ms` ago.
    pub(crate) fn renew(&self, id: &str, renewal: Renewal, age_ms: i64) {
        if let Some(session) = self.find(id) {
            session.renew(renewal, age_ms);
        }
    }

    /// Remembers that a session's token of this generation was used, if the session is in memory.
    pub(crate) fn record_used(&self, id: &str, generation: i64) {
        if let Some(session) = self.find(id) {
            let used = &mut session.held.lock().renewal.used_generation;
            *used = generation.max(*used);
        }
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

    /// Takes the connections of held requests that were told to end and take too long, because their clients do not
    /// read.
    pub(crate) fn take_overdue(&self) -> Vec<SocketAddr> {
        self.overdue.take()
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
