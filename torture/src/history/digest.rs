//! A compact list of messages: their ids, and one number that changes if anything else about them does. Messages that
//! have changed are listed one by one. Readers of a large run receive tens of millions of messages.

use std::fmt;
use std::hash::{Hash, Hasher};

use linger_api::Message;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siphasher::sip::SipHasher13;

/// A compact list of messages.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    ids: Ids,
    /// The wrapping sum of the [fingerprints](fingerprint) of the messages that have never changed.
    pub sum: u64,
    /// The messages that have changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
}

/// A message as one of its changes left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The message's id.
    pub id: i64,
    /// The id of the change.
    pub revision: i64,
    /// The message's [fingerprint].
    pub fingerprint: u64,
}

/// Ids as signed LEB128 differences: each to the id before it, the first to 0.
#[derive(Clone, Default, PartialEq, Eq)]
struct Ids(Box<[u8]>);

impl Digest {
    /// Summarizes these messages in this order.
    #[must_use]
    pub fn of<'a>(messages: impl IntoIterator<Item = &'a Message>) -> Self {
        let (mut sum, mut versions) = (0_u64, Vec::new());
        let ids = messages.into_iter().map(|message| {
            match Version::of(message) {
                Some(version) => versions.push(version),
                None => sum = sum.wrapping_add(fingerprint(message)),
            }
            message.id
        });
        Self { ids: Ids::new(ids), sum, versions }
    }

    /// Returns the ids in order.
    pub fn ids(&self) -> impl Iterator<Item = i64> {
        self.ids.iter()
    }

    /// Returns the number of messages.
    #[must_use]
    pub fn len(&self) -> usize {
        // Only the last byte of each number has a clear high bit.
        self.ids.0.iter().filter(|byte| **byte & 0x80 == 0).count()
    }

    /// Returns whether there are no messages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.0.is_empty()
    }
}

impl Version {
    /// Returns the version of a message, or `None` if it has never changed.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        message.revision.map(|revision| Self { id: message.id, revision, fingerprint: fingerprint(message) })
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

/// Returns a 64-bit hash of all fields of a message.
#[must_use]
pub fn fingerprint(message: &Message) -> u64 {
    hash(&serde_json::to_vec(message).unwrap_or_default())
}

/// Returns a 64-bit hash of a cursor.
#[must_use]
pub fn cursor_hash(cursor: &str) -> u64 {
    hash(&cursor)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = SipHasher13::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Ids {
    fn new(ids: impl Iterator<Item = i64>) -> Self {
        let (mut bytes, mut last) = (Vec::new(), 0_i64);
        for id in ids {
            let difference = id.wrapping_sub(last);
            last = id;
            // Zigzag encoding moves the sign to the lowest bit, so that small numbers of either sign are short.
            let mut rest = ((difference << 1) ^ (difference >> 63)).cast_unsigned();
            while rest >= 0x80 {
                bytes.push((rest & 0x7f) as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        Self(bytes.into())
    }

    fn differences(&self) -> impl Iterator<Item = i64> {
        let mut bytes = self.0.iter();
        std::iter::from_fn(move || {
            let (mut value, mut shift) = (0_u64, 0);
            loop {
                let byte = *bytes.next()?;
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    return Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
                }
            }
        })
    }

    fn iter(&self) -> impl Iterator<Item = i64> {
        self.differences().scan(0_i64, |id, difference| {
            *id = id.wrapping_add(difference);
            Some(*id)
        })
    }
}

/// Serializes as an array: the first id, then differences.
impl Serialize for Ids {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.differences())
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let differences = Vec::<i64>::deserialize(deserializer)?;
        let ids = differences.iter().scan(0_i64, |id, difference| {
            *id = id.wrapping_add(*difference);
            Some(*id)
        });
        Ok(Self::new(ids))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_survive_packing_and_serialization(ids: Vec<i64>) {
            let packed = Ids::new(ids.iter().copied());
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), ids.clone());
            let digest = Digest { ids: packed, ..Digest::default() };
            prop_assert_eq!(digest.len(), ids.len());
            let text = serde_json::to_string(&digest).unwrap();
            prop_assert_eq!(serde_json::from_str::<Digest>(&text).unwrap(), digest);
        }
    }
}
