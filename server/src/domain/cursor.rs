//! Cursors: "I have everything up to here", as a string that only the server reads.
//!
//! A cursor names a place on the server's one line of events, and carries enough to tell whether this database issued
//! it. While a reader catches up, it also lists what had already been read *beyond* that place, so that paging through
//! unread messages does not show it again; see [`Cursor::read_ahead`]. A client that decodes a cursor finds only ids
//! and checksums, and cannot forge another.
//! Knows bytes and text; no HTTP, no store.

use std::hash::Hasher;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use siphasher::sip::SipHasher24;

use super::ids::{ConversationId, EventId};

/// The first byte of a cursor without positions. A new layout gets a new number.
const LAYOUT: u8 = 1;

/// The first byte of a cursor of a client that was told positions: all of them, or a part.
const LAYOUT_TOLD: u8 = 2;
const LAYOUT_TOLD_IN_PART: u8 = 3;
const LAYOUT_DIRECTS_TOLD_IN_PART: u8 = 4;

/// A longer list would not fit into a URL. Messages beyond the limit may be shown again, but are never lost.
const MAX_READ_AHEAD: usize = 2000;

/// The key that seals this database's cursors.
pub(crate) struct CursorKey(SipHasher24);

impl CursorKey {
    pub(crate) fn new(key: &[u8; 16]) -> Self {
        Self(SipHasher24::new_with_key(key))
    }

    fn seal(&self, payload: &[u8]) -> u32 {
        let mut hasher = self.0;
        hasher.write(payload);
        hasher.finish() as u32
    }
}

/// A place on the line: the reader has everything up to an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The random number of the database that issued it, drawn when the database was created.
    pub(crate) epoch: u32,
    /// The event: the reader has it and everything before it.
    pub(crate) after: EventId,
    /// A fingerprint of that event. It exposes a cursor from before a restore, even if the restored database has used
    /// the id again. See [`Cursor::fingerprint_of`].
    pub(crate) fingerprint: u16,
    /// Messages beyond `after`, one for each conversation that had been read up to it when catching up began.
    /// Ascending; empty except while catching up.
    pub(crate) read_ahead: Vec<EventId>,
    /// What the client was told of the user's last-read positions. Only in cursors of clients that ask for changes.
    pub(crate) told: Option<Told>,
    /// A keyed hash of the other fields.
    seal: u32,
}

/// What a client was told of the user's last-read positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Told {
    /// A number that stands for all positions: another number means that some have moved since.
    pub(crate) stamp: u32,
    /// The conversations from this id on were not told yet, because there were too many for one answer.
    pub(crate) untold_from: Option<ConversationId>,
    /// The direct conversations from this id on were not told yet to a client that asks for these alone. Only together
    /// with `untold_from`.
    pub(crate) directs_from: Option<ConversationId>,
}

/// The string is not a cursor of this or any other linger server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Cursor {
    /// Issues a cursor.
    pub(crate) fn new(
        key: &CursorKey,
        epoch: u32,
        after: EventId,
        fingerprint: u16,
        mut read_ahead: Vec<EventId>,
        told: Option<Told>,
    ) -> Self {
        read_ahead.truncate(MAX_READ_AHEAD);
        let mut cursor = Self { epoch, after, fingerprint, read_ahead, told, seal: 0 };
        cursor.seal = key.seal(&cursor.payload());
        cursor
    }

    /// Returns whether the cursor was issued with this key.
    pub(crate) fn is_sealed_with(&self, key: &CursorKey) -> bool {
        self.seal == key.seal(&self.payload())
    }

    /// Returns the fingerprint of an event: 16 bits that another event with the same id is unlikely to share.
    pub(crate) fn fingerprint_of(id: EventId, sent_at_ms: i64) -> u16 {
        if id == 0 {
            return 0;
        }
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&id.to_le_bytes());
        bytes[8..].copy_from_slice(&sent_at_ms.to_le_bytes());
        let sum = crc32fast::hash(&bytes).to_le_bytes();
        u16::from_le_bytes([sum[0], sum[1]])
    }

    /// Parses a cursor. Does not check whether this database issued it.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)?;
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(Malformed)?;
        if u32::from_le_bytes(*sum) != crc32fast::hash(body) {
            return Err(Malformed);
        }
        let (payload, seal) = body.split_last_chunk::<4>().ok_or(Malformed)?;
        let (&[layout, e0, e1, e2, e3, f0, f1], mut rest) = payload.split_first_chunk::<7>().ok_or(Malformed)?;
        let told = match layout {
            LAYOUT => None,
            LAYOUT_TOLD..=LAYOUT_DIRECTS_TOLD_IN_PART => {
                let (stamp, further) = rest.split_first_chunk::<4>().ok_or(Malformed)?;
                rest = further;
                let mut take_from = |least| (layout >= least).then(|| take_varint(&mut rest)).transpose();
                let untold_from = take_from(LAYOUT_TOLD_IN_PART)?;
                let directs_from = take_from(LAYOUT_DIRECTS_TOLD_IN_PART)?;
                Some(Told { stamp: u32::from_le_bytes(*stamp), untold_from, directs_from })
            }
            _ => return Err(Malformed),
        };
        let after = take_varint(&mut rest)?;
        let mut read_ahead = Vec::new();
        let mut last = after;
        while !rest.is_empty() {
            last = last.checked_add(take_varint(&mut rest)?).ok_or(Malformed)?;
            read_ahead.push(last);
        }
        Ok(Self {
            epoch: u32::from_le_bytes([e0, e1, e2, e3]),
            after,
            fingerprint: u16::from_le_bytes([f0, f1]),
            read_ahead,
            told,
            seal: u32::from_le_bytes(*seal),
        })
    }

    /// Encodes everything but the seal. Ids are written as differences, which are short.
    fn payload(&self) -> Vec<u8> {
        let untold_from = self.told.and_then(|told| told.untold_from);
        let directs_from = self.told.and_then(|told| told.directs_from).filter(|_| untold_from.is_some());
        let mut bytes = vec![match (self.told, untold_from, directs_from) {
            (None, ..) => LAYOUT,
            (Some(_), None, _) => LAYOUT_TOLD,
            (Some(_), Some(_), None) => LAYOUT_TOLD_IN_PART,
            (Some(_), Some(_), Some(_)) => LAYOUT_DIRECTS_TOLD_IN_PART,
        }];
        bytes.extend(self.epoch.to_le_bytes());
        bytes.extend(self.fingerprint.to_le_bytes());
        bytes.extend(self.told.map(|told| told.stamp.to_le_bytes()).into_iter().flatten());
        untold_from.into_iter().chain(directs_from).for_each(|from| push_varint(&mut bytes, from));
        push_varint(&mut bytes, self.after);
        let mut last = self.after;
        for &id in &self.read_ahead {
            push_varint(&mut bytes, id - last);
            last = id;
        }
        bytes
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = self.payload();
        bytes.extend(self.seal.to_le_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Appends an integer in LEB128: seven bits a byte, the lowest first, the high bit set on all but the last.
fn push_varint(bytes: &mut Vec<u8>, value: i64) {
    let mut rest = value.cast_unsigned();
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn take_varint(bytes: &mut &[u8]) -> Result<i64, Malformed> {
    let mut value: u64 = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(Malformed)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value.cast_signed());
        }
    }
    Err(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> CursorKey {
        CursorKey::new(&[byte; 16])
    }

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(
            epoch: u32,
            fingerprint: u16,
            after in 0..i64::MAX / 2,
            ahead in proptest::collection::vec(1..1_000_000_i64, 0..20),
            stamp: Option<u32>,
            untold_from in proptest::option::of(0..i64::MAX / 2),
            directs_from in proptest::option::of(0..i64::MAX / 2),
        ) {
            let directs_from = directs_from.filter(|_| untold_from.is_some());
            let told = stamp.map(|stamp| Told { stamp, untold_from, directs_from });
            let read_ahead = ahead.iter().scan(after, |id, more| { *id += more; Some(*id) }).collect();
            let cursor = Cursor::new(&key(1), epoch, after, fingerprint, read_ahead, told);
            let again = Cursor::parse(&cursor.to_string()).unwrap();
            prop_assert!(again.is_sealed_with(&key(1)) && !again.is_sealed_with(&key(2)));
            prop_assert_eq!(again, cursor);
        }

        #[test]
        fn garbage_is_not_a_cursor(text in "\\PC{0,60}") {
            prop_assert_eq!(Cursor::parse(&text), Err(Malformed));
        }

        #[test]
        fn a_changed_character_is_noticed(after in 0..1_000_000_i64, at in 0..18_usize) {
            let mut text = Cursor::new(&key(1), 7, after, 9, vec![], None).to_string().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(Cursor::parse(&String::from_utf8(text).unwrap()), Err(Malformed));
        }
    }

    #[test]
    fn a_forged_cursor_is_not_sealed() {
        let mut forged = Cursor::new(&key(1), 7, 41, 9, vec![], None);
        forged.after = 42;
        forged.read_ahead = vec![50];
        let forged = Cursor::parse(&forged.to_string()).expect("the checksum needs no key");
        assert!(!forged.is_sealed_with(&key(1)));
    }
}
