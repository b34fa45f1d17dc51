//! The names of users and rooms. Knows only the rule, which is the server's.

/// The rule, in words.
pub(crate) const RULE: &str = "A name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or a digit.";

/// The longest name. Every allowed character is one byte.
const MAX_BYTES: usize = 32;

/// Returns whether a user or a room can have this name. The server folds upper case.
pub(crate) fn is_name(word: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let begins_well = word.starts_with(|c: char| c.is_ascii_alphanumeric());
    begins_well && word.len() <= MAX_BYTES && word.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_is_the_servers() {
        let of_server = include_str!("../../../server/src/domain/name.rs");
        assert!(of_server.contains(RULE) && of_server.contains(&format!("MAX_BYTES: usize = {MAX_BYTES};")));
        for name in ["a", "7", "Alice-9", "a_b", &"a".repeat(32)] {
            assert!(is_name(name), "{name:?}");
        }
        for bad in ["", "-a", "_a", "a b", "é", "a.b", "a/b", "@a", &"a".repeat(33)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
