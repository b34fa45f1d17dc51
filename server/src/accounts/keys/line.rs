//! One line of a key file: a key, and the comment in which what has to be remembered about it stands.

use super::{KEY_BYTES, Key};
use crate::domain::clock;

/// Behind a key that is accepted everywhere before it signs anywhere.
pub(super) const NEXT: &str = "next";

/// Behind a key that another has replaced, followed by the time of that, as RFC 3339.
pub(super) const SIGNED_UNTIL: &str = "signed until ";

/// How long after a rotation the last node may have been restarted. It signed with the old key until then.
const RESTART_MS: i64 = DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A line, whether there is a key in it or not.
pub(super) struct Line {
    pub(super) key: Option<Key>,
    /// All of it.
    pub(super) text: String,
}

impl Line {
    /// A key that was not there before.
    pub(super) fn new(key: Key, comment: &str) -> Self {
        Self { key: Some(key), text: String::new() }.with_comment(comment)
    }

    /// Nothing if it is neither a key nor empty, comments aside.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.split('#').next().unwrap_or_default().trim();
        let key = if digits.is_empty() { None } else { Some(parse_key(digits)?) };
        Some(Self { key, text: text.to_owned() })
    }

    fn comment(&self) -> &str {
        self.text.split_once('#').map_or("", |(_, comment)| comment.trim())
    }

    /// The same key with another comment.
    pub(super) fn with_comment(self, comment: &str) -> Self {
        let digits: String = self.key.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
        let text = if comment.is_empty() { digits } else { format!("{digits} # {comment}") };
        Self { text, ..self }
    }

    pub(super) fn is_next(&self) -> bool {
        self.key.is_some() && self.comment() == NEXT
    }

    /// When the last token that this key has signed expires.
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
