//! What an idempotency key was used for, as a number to compare. Nodes of all versions compute the same.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

/// Returns a hash of a request: what it asks for, and its parts in order. A collision harms only the user who reuses a
/// key of their own, so it need not be hard to find.
pub(crate) fn hash_of(what: &str, parts: &[&str]) -> i64 {
    let mut hasher = SipHasher24::new();
    for part in [what].iter().chain(parts) {
        hasher.write(&(part.len() as u64).to_le_bytes());
        hasher.write(part.as_bytes());
    }
    hasher.finish().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::hash_of;

    #[test]
    fn the_hash_of_a_payload_never_changes() {
        assert_ne!(hash_of("room", &["lobby"]), hash_of("room", &["lobb", "y"]));
        assert_ne!(hash_of("room", &["lobby"]), hash_of("message", &["lobby"]));
        assert_eq!(hash_of("message", &["1", "hi"]), -3_212_627_063_135_280_956);
    }
}
