//! One line of a key file: a key, and a comment with its state.

use super::{KEY_BYTES, Key};
use crate::domain::clock;

/// The comment of a key that is accepted but does not sign yet.
pub(super) const NEXT: &str = "next";

/// The start of the comment of a replaced key; the time of the replacement follows, as RFC 3339.
pub(super) const SIGNED_UNTIL: &str = "signed until ";

/// How long after a rotation the last node may be restarted. Until then it signs with the old key.
const RESTART_MS: i64 = DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A line, with or without a key.
pub(super) struct Line {
    pub(super) key: Option<Key>,
    /// The whole line.
    pub(super) text: String,
}

impl Line {
    /// Returns a line with a new key.
    pub(super) fn new(key: Key, comment: &str) -> Self {
        Self { key: Some(key), text: String::new() }.with_comment(comment)
    }

    /// Parses a line. Returns `None` if it holds anything but a key, apart from comments.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.split('#').next().unwrap_or_default().trim();
        let key = if digits.is_empty() { None } else { Some(parse_key(digits)?) };
        Some(Self { key, text: text.to_owned() })
    }

    fn comment(&self) -> &str {
        self.text.split_once('#').map_or("", |(_, comment)| comment.trim())
    }

    /// Returns the line with another comment.
    pub(super) fn with_comment(self, comment: &str) -> Self {
        let digits: String = self.key.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
        let text = if comment.is_empty() { digits } else { format!("{digits} # {comment}") };
        Self { text, ..self }
    }

    pub(super) fn is_next(&self) -> bool {
        self.key.is_some() && self.comment() == NEXT
    }

    /// Returns when the last token signed by this key expires, or `None` if the key has not been replaced.
    pub(super) fn expires_ms(&self, token_days: u32) -> Option<i64> {
        let until = clock::from_rfc3339(self.comment().strip_prefix(SIGNED_UNTIL)?)?;
        self.key.map(|_| until + i64::from(token_days) * DAY_MS + RESTART_MS)
    }
}

fn parse_key(digits: &str) -> Option<Key> {
    let nibble = |digit: u8| Some(char::from(digit).to_digit(16)? as u8);
    let mut key = [0; KEY_BYTES];
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if pairs.len() != KEY_BYTES || !rest.is_empty() {
        return None;
    }
    for (byte, &[high, low]) in key.iter_mut().zip(pairs) {
        *byte = nibble(high)? << 4 | nibble(low)?;
    }
    Some(key)
}
