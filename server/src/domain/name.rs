//! The names of users and rooms: a type that holds only valid names. Knows only the rule.

use std::fmt;

use super::problem::Problem;

/// A name: 1 to 32 of `a-z 0-9 - _`, beginning with a letter or a digit. Upper case is folded to lower.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name(String);

impl Name {
    /// The longest name. Every allowed character is one byte.
    const MAX_BYTES: usize = 32;

    /// Folds and checks a name.
    ///
    /// # Errors
    /// 400 if the name breaks the rule.
    pub(crate) fn parse(raw: &str) -> Result<Self, Problem> {
        let name = raw.to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let begins_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if begins_well && name.len() <= Self::MAX_BYTES && name.bytes().all(allowed) {
            Ok(Self(name))
        } else {
            Err(Problem::bad_input("A name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or a digit."))
        }
    }

    /// Folds and checks the name in a field or parameter.
    ///
    /// # Errors
    /// 400 that names the field, if the name breaks the rule.
    pub(crate) fn parse_field(field: &'static str, raw: &str) -> Result<Self, Problem> {
        Self::parse(raw).map_err(|problem| problem.in_field(field))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns whether a name is of the form that deleted users get.
pub(crate) fn is_of_deleted(name: &str) -> bool {
    let rest = name.strip_prefix("deleted-");
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.contains(|c: char| c.is_alphabetic())
    })
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Name, is_of_deleted};

    #[test]
    fn upper_case_is_folded() {
        assert_eq!(Name::parse("Alice-9").unwrap().as_str(), "alice-9");
    }

    #[test]
    fn names_of_deleted_users_are_known_by_their_form() {
        assert!(["deleted-7", "deleted-10-2"].iter().all(|name| is_of_deleted(name)));
        assert!(
            ["deleted", "deleted-", "deleted-x", "deleted-7x", "undeleted-7"].iter().all(|name| !is_of_deleted(name))
        );
    }

    #[test]
    fn invalid_names_are_refused() {
        for bad in ["", "-a", "_a", "a b", "é", "a.b", "a/b", "ſ", "a\0", &"a".repeat(33)] {
            assert!(Name::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Name::parse(&"a".repeat(32)).is_ok());
    }
}
