//! Large answers that are being sent, with what they hold in memory. Most are taken by their clients in milliseconds. A
//! client that asks and does not read must not fill the server's memory, so the number of such answers, and the memory
//! that they do not share with the tail, have limits. Knows no HTTP.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::domain::ids::UserId;
use crate::hub::Event;

/// How many large answers to one user may be on their way. One more cuts off the oldest.
const ANSWERS_OF_A_USER: usize = 32;

/// What all answers may hold besides the tail, unless every user is within [`BYTES_OF_A_USER`].
const BYTES: usize = 24 * 1024 * 1024;

/// What the answers to one user may always hold: four full pages.
const BYTES_OF_A_USER: usize = 1024 * 1024;

/// The beginning of an answer, which the kernel takes even if the client does not read.
const BEGINNING_BYTES: usize = 64 * 1024;

/// The size of a chunk there. Larger chunks are faster, but up to sixteen of them are buffered for a client that does
/// not read, after the rest was handed over.
pub(crate) const CHUNK_BYTES: usize = 4 * 1024;

/// The size of a chunk after the beginning.
const LATER_CHUNK_BYTES: usize = 2 * 1024;

/// A part of an answer.
pub(crate) enum Piece {
    /// Made for this answer.
    Own(Vec<u8>),
    /// The JSON of a message, shared with the tail and with other answers.
    Shared(Arc<Event>),
}

impl Piece {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(event) => event.json.get().as_bytes(),
        }
    }
}

/// The large answers on their way.
#[derive(Default)]
pub(crate) struct Outgoing(Mutex<State>);

#[derive(Default)]
struct State {
    by_user: HashMap<UserId, OfUser>,
    bytes: usize,
    next: u64,
    /// The clients whose answers were cut off, until their connections are closed.
    cut_off: Vec<SocketAddr>,
}

#[derive(Default)]
struct OfUser {
    /// Oldest first.
    answers: VecDeque<Entry>,
    bytes: usize,
}

struct Entry {
    number: u64,
    bytes: usize,
    client: Option<SocketAddr>,
    pieces: Pieces,
}

/// What is left to send, or `None` once the answer was cut off.
type Pieces = Arc<Mutex<Option<VecDeque<Piece>>>>;

/// An answer on its way. Dropping it, however it ends, makes room.
pub(crate) struct Sending {
    outgoing: Arc<Outgoing>,
    user: UserId,
    number: u64,
    pieces: Pieces,
    /// How much of the first piece has been sent.
    offset: usize,
    /// How much of the answer has been sent.
    sent: usize,
}

/// The client did not take its answer, and others need the memory.
#[derive(Debug)]
pub(crate) struct CutOff;

impl Outgoing {
    /// Begins to send an answer to a user, with `bytes` of memory that nothing else holds. If that is too much, cuts
    /// off the oldest answers to the user who holds most.
    pub(crate) fn begin(
        self: &Arc<Self>,
        user: UserId,
        client: Option<SocketAddr>,
        pieces: Vec<Piece>,
        bytes: usize,
    ) -> Sending {
        let pieces: Pieces = Arc::new(Mutex::new(Some(pieces.into())));
        let mut state = self.0.lock();
        let number = state.next;
        state.next += 1;
        state.bytes += bytes;
        let of_user = state.by_user.entry(user).or_default();
        of_user.bytes += bytes;
        of_user.answers.push_back(Entry { number, bytes, client, pieces: Arc::clone(&pieces) });
        if of_user.answers.len() > ANSWERS_OF_A_USER {
            state.cut_off_oldest(user);
        }
        while state.bytes > BYTES
            && let Some((&most, of_most)) = state.by_user.iter().max_by_key(|(_, of_user)| of_user.bytes)
            && of_most.bytes > BYTES_OF_A_USER
        {
            state.cut_off_oldest(most);
        }
        Sending { outgoing: Arc::clone(self), user, number, pieces, offset: 0, sent: 0 }
    }

    /// Takes the clients whose answers were cut off since the last time.
    pub(crate) fn take_cut_off(&self) -> Vec<SocketAddr> {
        std::mem::take(&mut self.0.lock().cut_off)
    }
}

impl State {
    fn cut_off_oldest(&mut self, user: UserId) {
        let oldest = self.by_user.get(&user).and_then(|of_user| of_user.answers.front()).map(|entry| entry.number);
        if let Some(entry) = oldest.and_then(|number| self.remove(user, number)) {
            *entry.pieces.lock() = None;
            self.cut_off.extend(entry.client);
        }
    }

    fn remove(&mut self, user: UserId, number: u64) -> Option<Entry> {
        let of_user = self.by_user.get_mut(&user)?;
        let at = of_user.answers.iter().position(|entry| entry.number == number)?;
        let entry = of_user.answers.remove(at)?;
        of_user.bytes -= entry.bytes;
        if of_user.answers.is_empty() {
            self.by_user.remove(&user);
        }
        self.bytes -= entry.bytes;
        Some(entry)
    }
}

impl Sending {
    /// Copies the next bytes into `buffer`, a chunk at most, and returns their number; 0 at the end.
    ///
    /// # Errors
    /// If the answer was cut off.
    pub(crate) fn take(&mut self, buffer: &mut [u8]) -> Result<usize, CutOff> {
        let mut pieces = self.pieces.lock();
        let pieces = pieces.as_mut().ok_or(CutOff)?;
        let chunk = if self.sent < BEGINNING_BYTES { CHUNK_BYTES } else { LATER_CHUNK_BYTES };
        let most = buffer.len().min(chunk);
        let mut taken = 0;
        while taken < most
            && let Some(piece) = pieces.front()
        {
            let rest = &piece.bytes()[self.offset..];
            let part = rest.len().min(most - taken);
            buffer[taken..taken + part].copy_from_slice(&rest[..part]);
            taken += part;
            self.offset += part;
            if part == rest.len() {
                pieces.pop_front();
                self.offset = 0;
            }
        }
        self.sent += taken;
        Ok(taken)
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.outgoing.0.lock().remove(self.user, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1024;

    fn send(outgoing: &Arc<Outgoing>, user: UserId, bytes: usize) -> Sending {
        let client = SocketAddr::from(([127, 0, 0, 1], user as u16));
        outgoing.begin(user, Some(client), vec![Piece::Own(vec![b'x'; bytes])], bytes)
    }

    fn is_cut_off(sending: &mut Sending) -> bool {
        sending.take(&mut [0; 16]).is_err()
    }

    #[test]
    fn an_answer_is_sent_whole_across_pieces() {
        let outgoing = Arc::new(Outgoing::default());
        let pieces = ["", "abc", "d", "", "efghij"].map(|piece| Piece::Own(piece.as_bytes().to_vec()));
        let mut sending = outgoing.begin(1, None, pieces.into(), 10);
        let (mut sent, mut buffer) = (Vec::new(), [0; 4]);
        while let Ok(taken @ 1..) = sending.take(&mut buffer) {
            sent.extend_from_slice(&buffer[..taken]);
        }
        assert_eq!(sent, b"abcdefghij");
        drop(sending);
        let state = outgoing.0.lock();
        assert_eq!((state.bytes, state.by_user.len()), (0, 0));
    }

    #[test]
    fn the_user_who_holds_most_is_cut_off_and_nobody_else() {
        let outgoing = Arc::new(Outgoing::default());
        let mut modest: Vec<_> = (10..40).map(|user| send(&outgoing, user, 256 * KIB)).collect();
        let mut greedy: Vec<_> = (0..100).map(|_| send(&outgoing, 1, 2048 * KIB)).collect();
        modest.extend((40..70).map(|user| send(&outgoing, user, 256 * KIB)));
        assert!(!modest.iter_mut().any(is_cut_off));
        let stay = greedy.iter_mut().filter_map(|sending| (!is_cut_off(sending)).then_some(())).count();
        assert!((1..=8).contains(&stay), "{stay} stay");
        assert!(!is_cut_off(greedy.last_mut().unwrap()), "the newest stays");
        assert_eq!(outgoing.take_cut_off().len(), 100 - stay);
        assert!(outgoing.0.lock().bytes <= BYTES);
    }

    #[test]
    fn a_user_has_a_limited_number_of_answers_on_the_way() {
        let outgoing = Arc::new(Outgoing::default());
        let mut sendings: Vec<_> = (0..2 * ANSWERS_OF_A_USER).map(|_| send(&outgoing, 1, KIB)).collect();
        let (older, newer) = sendings.split_at_mut(ANSWERS_OF_A_USER);
        assert!(older.iter_mut().all(is_cut_off) && !newer.iter_mut().any(is_cut_off));
    }
}
