//! Passwords, hashed with argon2id (RFC 9106), one at a time per core, on threads of their own. Knows no users.

use std::collections::HashSet;
use std::iter;
use std::sync::LazyLock;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, SemaphorePermit};
use unicode_normalization::UnicodeNormalization;

use crate::domain::name::Name;
use crate::domain::problem::Problem;

/// How long a password waits for a core. Hundreds of guesses at once must not keep a sign-in waiting for longer.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The commonest passwords in lower case, one a line.
static COMMON: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// A password as the client sent it. It can be hashed and compared, but not printed or serialized.
#[derive(Clone)]
pub(crate) struct Password {
    /// Unicode's form NFC, in which passwords are stored: systems differ in how they type an accent.
    composed: String,
    /// The forms in which it may have been stored before 0.2, if they differ: as it is, and decomposed (NFD).
    older: Vec<String>,
}

impl Password {
    /// Checks that the password is 8 to 128 characters long. A new one has to pass [`Password::check_new`], too.
    ///
    /// # Errors
    /// 400 if it is shorter or longer.
    pub(crate) fn parse(raw: String) -> Result<Self, Problem> {
        let (composed, decomposed): (String, String) = (raw.nfc().collect(), raw.nfd().collect());
        if !has_good_length(&raw) && !has_good_length(&composed) {
            return Err(Problem::bad_password_length());
        }
        let mut older = vec![raw, decomposed];
        older.dedup();
        older.retain(|form| *form != composed);
        Ok(Self { composed, older })
    }

    /// Checks that the password may be chosen by a user of this name.
    ///
    /// # Errors
    /// 400 if it is too short in its stored form, or easy to guess.
    pub(crate) fn check_new(&self, name: &Name) -> Result<(), Problem> {
        let lower = self.composed.to_lowercase();
        if !has_good_length(&self.composed) {
            Err(Problem::bad_password_length())
        } else if COMMON.contains(lower.as_str()) {
            Err(Problem::bad_field("password", "This password is one of the 3,000 commonest: choose another."))
        } else if is_of_name(&lower, name.as_str()) {
            Err(Problem::bad_field("password", "The password must not be just your name."))
        } else {
            Ok(())
        }
    }
}

fn has_good_length(password: &str) -> bool {
    (8..=128).contains(&password.chars().count())
}

/// Returns whether a password in lower case is the name, the name between digits and signs, or the name repeated.
fn is_of_name(password: &str, name: &str) -> bool {
    let letters = |text: &str| text.trim_matches(|c: char| !c.is_alphabetic()).to_owned();
    let inner = letters(name);
    password == name
        || !inner.is_empty() && letters(password) == inner
        || password.len().is_multiple_of(name.len()) && password == name.repeat(password.len() / name.len())
}

/// Hashes and compares passwords without blocking the async threads.
pub(crate) struct Passwords {
    /// Each hash takes 19 MiB and tens of milliseconds of a core. Hashing more at once than there are cores would only
    /// take more memory.
    cores: Semaphore,
    /// The hash that a password is compared with if the user has none, so that the refusal takes as long as any other.
    decoy: String,
}

/// Permission to use a core for one password. The limit on failures is checked while holding it, so that a burst of
/// guesses cannot pass the check before the first of them has been counted.
pub(crate) struct Core<'a> {
    _permit: SemaphorePermit<'a>,
    decoy: &'a str,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { cores: Semaphore::new(cores), decoy: hash("a password that nobody has") }
    }

    /// Waits for a core.
    ///
    /// # Errors
    /// 503 if so many others wait that it takes longer than [`MAX_WAIT`].
    pub(crate) async fn core(&self) -> Result<Core<'_>, Problem> {
        let acquired = tokio::time::timeout(MAX_WAIT, self.cores.acquire()).await;
        let permit = acquired.map_err(|_| Problem::busy())?.expect("the semaphore is never closed");
        Ok(Core { _permit: permit, decoy: &self.decoy })
    }
}

impl Core<'_> {
    /// Returns a hash to store, with a random salt.
    pub(crate) async fn hash(&self, password: Password) -> String {
        spawn(move || hash(&password.composed)).await
    }

    /// Returns whether the password matches the stored hash, in any form. Without a hash it never does, but takes as
    /// long.
    pub(crate) async fn verify(&self, password: Password, kept: Option<String>) -> bool {
        // What is no hash, as of a user whom a proxy signs in, would be refused at once.
        let kept = kept.filter(|kept| kept.starts_with('$'));
        let has_one = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.to_owned());
        let matches = spawn(move || {
            let kept = PasswordHash::new(&kept);
            let is_kept =
                |form: &String, kept: &PasswordHash| Argon2::default().verify_password(form.as_bytes(), kept).is_ok();
            let mut forms = iter::once(&password.composed).chain(&password.older);
            kept.is_ok_and(|kept| forms.any(|form| is_kept(form, &kept)))
        });
        matches.await && has_one
    }
}

async fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("hashing does not panic")
}

fn hash(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("the operating system has random bytes, and the parameters are the library's own").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_characters() {
        assert!(Password::parse("é".repeat(7)).is_err());
        assert!(Password::parse("é".repeat(8)).is_ok());
        assert!(Password::parse("é".repeat(128)).is_ok());
        assert!(Password::parse("é".repeat(129)).is_err());
    }

    fn may_choose(name: &str, password: &str) -> bool {
        let password = Password::parse(password.to_owned()).unwrap();
        password.check_new(&Name::parse(name).unwrap()).is_ok()
    }

    #[test]
    fn the_commonest_are_refused_in_any_case() {
        assert_eq!(COMMON.len(), 3000);
        assert!(COMMON.iter().all(|password| password.chars().count() >= 8 && password.to_lowercase() == **password));
        assert!(["password", "PassWord", "qwertyuiop", "12345678"].iter().all(|common| !may_choose("alice", common)));
        assert!(may_choose("alice", "correct horse"));
    }

    #[test]
    fn the_users_own_name_is_refused_with_digits_and_repeated() {
        for own in ["alexander", "AleXander", "alexander1987", "1!alexander!", "alexanderalexander"] {
            assert!(!may_choose("alexander", own), "{own}");
        }
        assert!(!may_choose("a-b", "a-ba-ba-b") && !may_choose("31415926", "31415926"));
        for good in ["alexander's dog", "alexandra", "my alexander"] {
            assert!(may_choose("alexander", good), "{good}");
        }
        assert!(may_choose("bob", "alexander1987") && may_choose("31415926", "31415927"));
    }

    #[test]
    fn a_new_one_is_measured_as_it_is_stored() {
        let short = "e\u{301}".repeat(4);
        assert_eq!(short.chars().count(), 8);
        assert!(!may_choose("alice", &short) && may_choose("alice", &"e\u{301}".repeat(128)));
    }

    #[tokio::test]
    async fn an_accent_may_be_typed_in_either_form_whichever_was_stored() {
        let forms = ["cafe\u{301} au lait", "caf\u{e9} au lait"];
        let [decomposed, composed] = forms.map(|form| Password::parse(form.to_owned()).unwrap());
        let passwords = Passwords::new();
        let core = passwords.core().await.unwrap();
        let new = core.hash(decomposed.clone()).await;
        for kept in [new, hash(forms[0]), hash(forms[1])] {
            for typed in [&decomposed, &composed] {
                assert!(core.verify(typed.clone(), Some(kept.clone())).await);
            }
        }
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_and_matches_only_its_password() {
        let passwords = Passwords::new();
        let password = |text: &str| Password::parse(text.to_owned()).unwrap();
        let kept = passwords.core().await.unwrap().hash(password("correct horse")).await;
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(passwords.core().await.unwrap().verify(password("correct horse"), Some(kept.clone())).await);
        assert!(!passwords.core().await.unwrap().verify(password("incorrect horse"), Some(kept)).await);
        for none in [None, Some("!".to_owned())] {
            assert!(!passwords.core().await.unwrap().verify(password("a password that nobody has"), none).await);
        }
    }
}
