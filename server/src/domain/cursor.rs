//! Cursors: "I have everything up to here", as a string that only the server reads.
//!
//! A cursor is a place on the server's one number line of messages, with what it takes to tell whether
//! this database issued it. While a reader catches up it also carries what that reader had already read
//! *ahead* of that place, so that paging through the unread shows none of it; see [`Cursor::read_ahead`].
//! Whoever decodes one finds ids of messages that they can see anyway, and cannot make another.
//! Knows bytes and text; no HTTP, no store.

use std::hash::Hasher;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use siphasher::sip::SipHasher24;

use super::ids::EventId;

/// The first byte of every cursor; another layout gets another number.
const LAYOUT: u8 = 1;

/// A longer list would not fit into a URL. What is beyond it may be shown again, never lost.
const MAX_READ_AHEAD: usize = 2000;

/// What seals this database's cursors.
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

/// A place in the order of all messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The database that issued it, by the number drawn when that was made.
    pub(crate) epoch: u32,
    /// Everything up to this message, itself included.
    pub(crate) after: EventId,
    /// A fingerprint of that very message, so that a cursor from before a restore is recognised although the
    /// restored database has used its id again. See [`Cursor::fingerprint_of`].
    pub(crate) fingerprint: u16,
    /// Messages beyond `after` up to which their conversations had been read when the catching up began,
    /// each with what comes before it there. Ascending; empty except while catching up.
    pub(crate) read_ahead: Vec<EventId>,
    /// A keyed hash of all that.
    seal: u32,
}

/// The string is not a cursor: not from this server, nor from any other linger server.
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
    ) -> Self {
        read_ahead.truncate(MAX_READ_AHEAD);
        let mut cursor = Self { epoch, after, fingerprint, read_ahead, seal: 0 };
        cursor.seal = key.seal(&cursor.payload());
        cursor
    }

    /// Whether it was issued with this key.
    pub(crate) fn is_sealed_with(&self, key: &CursorKey) -> bool {
        self.seal == key.seal(&self.payload())
    }

    /// The fingerprint of a message: 16 bits that another message with the same id will hardly share.
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

    /// Reads a cursor back; whether this database issued it remains to be seen.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)?;
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(Malformed)?;
        if u32::from_le_bytes(*sum) != crc32fast::hash(body) {
            return Err(Malformed);
        }
        let (payload, seal) = body.split_last_chunk::<4>().ok_or(Malformed)?;
        let (&[layout, e0, e1, e2, e3, m0, m1], mut rest) = payload.split_first_chunk::<7>().ok_or(Malformed)?;
        if layout != LAYOUT {
            return Err(Malformed);
        }
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
            fingerprint: u16::from_le_bytes([m0, m1]),
            read_ahead,
            seal: u32::from_le_bytes(*seal),
        })
    }

    /// Everything but the seal; ids as differences, which are short.
    fn payload(&self) -> Vec<u8> {
        let mut bytes = vec![LAYOUT];
        bytes.extend(self.epoch.to_le_bytes());
        bytes.extend(self.fingerprint.to_le_bytes());
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

/// LEB128: seven bits a byte, low ones first, the high bit set on all but the last.
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
        ) {
            let read_ahead = ahead.iter().scan(after, |id, more| { *id += more; Some(*id) }).collect();
            let cursor = Cursor::new(&key(1), epoch, after, fingerprint, read_ahead);
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
            let mut text = Cursor::new(&key(1), 7, after, 9, vec![]).to_string().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(Cursor::parse(&String::from_utf8(text).unwrap()), Err(Malformed));
        }
    }

    #[test]
    fn a_cursor_that_somebody_made_is_not_sealed() {
        let mut made = Cursor::new(&key(1), 7, 41, 9, vec![]);
        made.after = 42;
        made.read_ahead = vec![50];
        let made = Cursor::parse(&made.to_string()).expect("its checksum is anybody's to make");
        assert!(!made.is_sealed_with(&key(1)));
    }
}
