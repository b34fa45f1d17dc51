//! Cursors: "I have everything up to here", as a string that only the server reads.
//!
//! A cursor is a place on the server's one number line of messages, with what it takes to tell whether
//! this database issued it. While a reader catches up it also carries what that reader had already read
//! *ahead* of that place, so that paging through the unread shows none of it; see [`Cursor::read_ahead`].
//! Knows bytes and text; no HTTP, no store.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ids::{ConversationId, MessageId, Seq};

/// The first byte of every cursor; another layout gets another number.
const LAYOUT: u8 = 1;

/// A longer list would not fit into a URL. What is beyond it may be shown again, never lost.
const MAX_READ_AHEAD: usize = 2000;

/// A place in the order of all messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The database that issued it, by the number drawn when that was made.
    pub(crate) epoch: u32,
    /// Everything up to this message, itself included.
    pub(crate) after: MessageId,
    /// A mark of that very message, so that a cursor from before a restore is recognised although the
    /// restored database has used its id again. See [`Cursor::mark_of`].
    pub(crate) mark: u16,
    /// Conversations that were read beyond `after` when the catching up began, each with the seq up to
    /// which it was read. Ascending by conversation; empty except while catching up.
    pub(crate) read_ahead: Vec<(ConversationId, Seq)>,
}

/// The string is not a cursor: not from this server, nor from any other linger server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Cursor {
    /// The mark of a message: 16 bits that another message with the same id will hardly share.
    pub(crate) fn mark_of(id: MessageId, sent_at_ms: i64) -> u16 {
        if id == 0 {
            return 0;
        }
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&id.to_le_bytes());
        bytes[8..].copy_from_slice(&sent_at_ms.to_le_bytes());
        let sum = crc32fast::hash(&bytes).to_le_bytes();
        u16::from_le_bytes([sum[0], sum[1]])
    }

    /// Reads a cursor back.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)?;
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or(Malformed)?;
        if u32::from_le_bytes(*sum) != crc32fast::hash(body) {
            return Err(Malformed);
        }
        let (&[layout, e0, e1, e2, e3, m0, m1], mut rest) = body.split_first_chunk::<7>().ok_or(Malformed)?;
        if layout != LAYOUT {
            return Err(Malformed);
        }
        let after = take_varint(&mut rest)?;
        let mut read_ahead = Vec::new();
        while !rest.is_empty() {
            read_ahead.push((take_varint(&mut rest)?, take_varint(&mut rest)?));
        }
        let epoch = u32::from_le_bytes([e0, e1, e2, e3]);
        Ok(Self { epoch, after, mark: u16::from_le_bytes([m0, m1]), read_ahead })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = vec![LAYOUT];
        bytes.extend(self.epoch.to_le_bytes());
        bytes.extend(self.mark.to_le_bytes());
        push_varint(&mut bytes, self.after);
        for &(conversation, seq) in self.read_ahead.iter().take(MAX_READ_AHEAD) {
            push_varint(&mut bytes, conversation);
            push_varint(&mut bytes, seq);
        }
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

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(
            epoch: u32,
            mark: u16,
            after in 0..i64::MAX,
            read_ahead in proptest::collection::vec((0..i64::MAX, 0..i64::MAX), 0..20),
        ) {
            let cursor = Cursor { epoch, after, mark, read_ahead };
            prop_assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
        }

        #[test]
        fn garbage_is_not_a_cursor(text in "\\PC{0,60}") {
            prop_assert_eq!(Cursor::parse(&text), Err(Malformed));
        }

        #[test]
        fn a_changed_character_is_noticed(after in 0..1_000_000_i64, at in 0..14_usize) {
            let mut text = Cursor { epoch: 7, after, mark: 9, read_ahead: vec![] }.to_string().into_bytes();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(Cursor::parse(&String::from_utf8(text).unwrap()), Err(Malformed));
        }
    }
}
