//! Passwords: argon2id (RFC 9106), one at a time per core, in threads of their own. Knows no users.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::problem::Problem;

/// A password that somebody typed. It can be hashed and compared; it cannot be printed or serialised.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// Takes 8 to 128 characters.
    ///
    /// # Errors
    /// 400 for fewer or more.
    pub(crate) fn parse(raw: String) -> Result<Self, Problem> {
        if (8..=128).contains(&raw.chars().count()) {
            Ok(Self(raw))
        } else {
            Err(Problem::bad_input("A password is 8 to 128 characters long."))
        }
    }
}

/// Hashes and compares passwords without holding up anything else.
pub(crate) struct Passwords {
    /// Each hash takes 19 MiB and tens of milliseconds of a core: more at once than cores only adds memory.
    cores: Semaphore,
    /// What a password is compared with when there is no hash of the user's, so that the answer takes as
    /// long as any other refusal.
    decoy: String,
}

/// A core that is free for one password. Whoever limits attempts looks at the limit with this in hand:
/// then a burst of guesses cannot pass the look before the first of them has been counted.
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
    pub(crate) async fn core(&self) -> Core<'_> {
        let permit = self.cores.acquire().await.expect("the semaphore is never closed");
        Core { _permit: permit, decoy: &self.decoy }
    }
}

impl Core<'_> {
    /// A hash to keep, with a salt of its own.
    pub(crate) async fn hash(&self, password: Password) -> String {
        spawn(move || hash(&password.0)).await
    }

    /// Whether this is the password. A user without a hash has none, which takes as long to find out.
    pub(crate) async fn verify(&self, password: Password, kept: Option<String>) -> bool {
        let has_one = kept.is_some();
        let kept = kept.unwrap_or_else(|| self.decoy.to_owned());
        let matches = spawn(move || {
            let kept = PasswordHash::new(&kept);
            kept.is_ok_and(|kept| Argon2::default().verify_password(password.0.as_bytes(), &kept).is_ok())
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

    #[tokio::test]
    async fn a_hash_is_argon2id_and_knows_its_password() {
        let passwords = Passwords::new();
        let password = |text: &str| Password::parse(text.to_owned()).unwrap();
        let kept = passwords.core().await.hash(password("correct horse")).await;
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(passwords.core().await.verify(password("correct horse"), Some(kept.clone())).await);
        assert!(!passwords.core().await.verify(password("incorrect horse"), Some(kept)).await);
        assert!(!passwords.core().await.verify(password("a password that nobody has"), None).await);
    }
}
