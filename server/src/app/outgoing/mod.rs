//! Large answers that are being sent, with what they hold in memory. Most are taken by their clients in milliseconds. A
//! client that asks and does not read must not fill the server's memory, so the number of such answers, and the memory
//! that they do not share with the tail, have limits. Knows no HTTP.
//!
//! Only answers that have stalled are cut off to make room. If there are none, the newest answer is refused before it
//! begins. An answer that is taken too slowly is cut off in any case.

mod rest;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::domain::ids::UserId;
use crate::domain::problem::Problem;
use rest::Rest;
pub(crate) use rest::{CHUNK_BYTES, CutOff, Piece};

/// How many large answers to one user may be on their way. One more needs the place of one that has stalled.
const ANSWERS_OF_A_USER: usize = 128;

/// How many of those that have stalled are kept.
const STALLED_OF_A_USER: usize = 32;

/// What all answers may hold besides the tail, unless every user is within [`BYTES_OF_A_USER`].
const BYTES: usize = 24 * 1024 * 1024;

/// What the answers to one user may hold beyond that: four full pages.
const BYTES_OF_A_USER: usize = 1024 * 1024;

/// What all answers may hold in any case.
const MOST_BYTES: usize = 40 * 1024 * 1024;

/// What an answer may hold however much the others do.
const FEW_BYTES: usize = 16 * 1024;

/// An answer without progress for this long has stalled.
const STALLED_AFTER: Duration = Duration::from_secs(5);

/// An answer without progress for this long is cut off.
const CUT_AFTER: Duration = Duration::from_secs(40);

/// When to try again, if answers have stalled by then.
const TRY_AGAIN_AFTER: Duration = STALLED_AFTER;

/// The large answers on their way.
#[derive(Default)]
pub(crate) struct Outgoing(Mutex<State>);

#[derive(Default)]
struct State {
    by_user: HashMap<UserId, OfUser>,
    bytes: usize,
    next: u64,
    /// The clients whose answers were cut off, until their connections are closed.
    cut_off: Vec<(SocketAddr, Weak<Mutex<Rest>>)>,
}

#[derive(Default)]
struct OfUser {
    /// Oldest first.
    answers: VecDeque<Entry>,
    /// How many more are being read from the database.
    reserved: usize,
    bytes: usize,
}

struct Entry {
    number: u64,
    bytes: usize,
    client: Option<SocketAddr>,
    rest: Arc<Mutex<Rest>>,
}

/// An answer that is being read from the database.
pub(crate) struct Reserved {
    outgoing: Arc<Outgoing>,
    user: UserId,
}

/// An answer on its way. Dropping it, however it ends, makes room.
pub(crate) struct Sending {
    outgoing: Arc<Outgoing>,
    user: UserId,
    number: u64,
    rest: Arc<Mutex<Rest>>,
}

impl Outgoing {
    /// Counts an answer that will be large, before it is read from the database, until what is returned is dropped.
    ///
    /// # Errors
    /// 429 if too many answers to this user make progress.
    pub(crate) fn reserve(self: &Arc<Self>, user: UserId) -> Result<Reserved, Problem> {
        let mut state = self.0.lock();
        state.make_room(user, 0, Instant::now())?;
        state.by_user.entry(user).or_default().reserved += 1;
        Ok(Reserved { outgoing: Arc::clone(self), user })
    }

    /// Begins to send an answer to a user, with `bytes` of memory that nothing else holds. If that is too much, cuts
    /// off answers that have stalled.
    ///
    /// # Errors
    /// 429 if too many answers to this user make progress; 503 if all answers together hold too much. Never, unless the
    /// answer `is_refusable`.
    pub(crate) fn begin(
        self: &Arc<Self>,
        user: UserId,
        client: Option<SocketAddr>,
        pieces: Vec<Piece>,
        bytes: usize,
        is_refusable: bool,
    ) -> Result<Sending, Problem> {
        self.begin_at(user, client, pieces, bytes, is_refusable, Instant::now())
    }

    fn begin_at(
        self: &Arc<Self>,
        user: UserId,
        client: Option<SocketAddr>,
        pieces: Vec<Piece>,
        bytes: usize,
        is_refusable: bool,
        now: Instant,
    ) -> Result<Sending, Problem> {
        let rest = Arc::new(Mutex::new(Rest::new(pieces, now)));
        let mut state = self.0.lock();
        let made = state.make_room(user, bytes, now);
        if is_refusable {
            made?;
        }
        let number = state.next;
        state.next += 1;
        state.bytes += bytes;
        let of_user = state.by_user.entry(user).or_default();
        of_user.bytes += bytes;
        of_user.answers.push_back(Entry { number, bytes, client, rest: Arc::clone(&rest) });
        Ok(Sending { outgoing: Arc::clone(self), user, number, rest })
    }

    /// Cuts off the answers that are taken too slowly, and all but some of those to one user that have stalled. Returns
    /// the clients whose answers were cut off since the last time and have not ended.
    pub(crate) fn take_cut_off(&self) -> Vec<SocketAddr> {
        self.take_cut_off_at(Instant::now())
    }

    fn take_cut_off_at(&self, now: Instant) -> Vec<SocketAddr> {
        let mut state = self.0.lock();
        for (user, number) in state.list_too_slow(now) {
            state.cut_off(user, number);
        }
        // An answer that ended by itself may have left its connection to another request.
        let cut_off = std::mem::take(&mut state.cut_off).into_iter();
        cut_off.filter(|(_, rest)| rest.strong_count() > 0).map(|(client, _)| client).collect()
    }
}

impl State {
    /// Cuts off what has stalled until there is room for one more answer to this user.
    fn make_room(&mut self, user: UserId, bytes: usize, now: Instant) -> Result<(), Problem> {
        let is_full = |of_user: &OfUser| of_user.answers.len() + of_user.reserved >= ANSWERS_OF_A_USER;
        if self.by_user.get(&user).is_some_and(is_full) && !self.cut_off_stalled(user, now) {
            return Err(Problem::too_many_requests(TRY_AGAIN_AFTER));
        }
        if bytes <= FEW_BYTES {
            return Ok(());
        }
        while self.bytes + bytes > BYTES {
            let mut users: Vec<_> = self.by_user.iter().map(|(&user, of_user)| (of_user.bytes, user)).collect();
            users.sort_unstable_by(|one, other| other.cmp(one));
            if users.into_iter().any(|(_, user)| self.cut_off_stalled(user, now)) {
                continue;
            }
            let of_user = self.by_user.get(&user).map_or(0, |of_user| of_user.bytes);
            if of_user + bytes > BYTES_OF_A_USER {
                return Err(Problem::too_many_requests(TRY_AGAIN_AFTER));
            }
            if self.bytes + bytes > MOST_BYTES {
                return Err(Problem::too_many_answers());
            }
            break;
        }
        Ok(())
    }

    /// Cuts off the oldest answer to this user that has stalled. Returns whether there is one.
    fn cut_off_stalled(&mut self, user: UserId, now: Instant) -> bool {
        let Some(of_user) = self.by_user.get(&user) else { return false };
        let stalled = of_user.answers.iter().find(|entry| entry.has_stalled(now)).map(|entry| entry.number);
        stalled.inspect(|number| self.cut_off(user, *number)).is_some()
    }

    fn list_too_slow(&self, now: Instant) -> Vec<(UserId, u64)> {
        let mut too_slow = Vec::new();
        for (&user, of_user) in &self.by_user {
            let stalled: Vec<_> = of_user.answers.iter().filter(|entry| entry.has_stalled(now)).collect();
            let too_many = stalled.len().saturating_sub(STALLED_OF_A_USER);
            let cut = stalled.iter().enumerate().filter(|(at, entry)| *at < too_many || entry.is_too_slow(now));
            too_slow.extend(cut.map(|(_, entry)| (user, entry.number)));
        }
        too_slow
    }

    fn cut_off(&mut self, user: UserId, number: u64) {
        if let Some(entry) = self.remove(user, number) {
            entry.rest.lock().cut_off();
            self.cut_off.extend(entry.client.map(|client| (client, Arc::downgrade(&entry.rest))));
        }
    }

    fn remove(&mut self, user: UserId, number: u64) -> Option<Entry> {
        let of_user = self.by_user.get_mut(&user)?;
        let at = of_user.answers.iter().position(|entry| entry.number == number)?;
        let entry = of_user.answers.remove(at)?;
        of_user.bytes -= entry.bytes;
        self.bytes -= entry.bytes;
        self.forget_idle(user);
        Some(entry)
    }

    fn forget_idle(&mut self, user: UserId) {
        if self.by_user.get(&user).is_some_and(|of_user| of_user.answers.is_empty() && of_user.reserved == 0) {
            self.by_user.remove(&user);
        }
    }
}

impl Entry {
    fn has_stalled(&self, now: Instant) -> bool {
        self.is_without_progress(now, STALLED_AFTER)
    }

    fn is_too_slow(&self, now: Instant) -> bool {
        self.is_without_progress(now, CUT_AFTER)
    }

    fn is_without_progress(&self, now: Instant, duration: Duration) -> bool {
        now.saturating_duration_since(self.rest.lock().last_progress()) >= duration
    }
}

impl Sending {
    /// Copies the next bytes into `buffer`, a chunk at most, and returns their number; 0 at the end.
    ///
    /// # Errors
    /// If the answer was cut off.
    pub(crate) fn take(&mut self, buffer: &mut [u8]) -> Result<usize, CutOff> {
        self.rest.lock().take(buffer, Instant::now())
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        let mut state = self.outgoing.0.lock();
        if let Some(of_user) = state.by_user.get_mut(&self.user) {
            of_user.reserved -= 1;
        }
        state.forget_idle(self.user);
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.outgoing.0.lock().remove(self.user, self.number);
    }
}

#[cfg(test)]
mod tests;
