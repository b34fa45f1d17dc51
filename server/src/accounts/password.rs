//! Passwords, hashed with argon2id (RFC 9106), one at a time per core, on threads of their own. Knows no users.

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::problem::Problem;

/// How long a password waits for a core. Hundreds of guesses at once must not keep a sign-in waiting for longer.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// A password as the client sent it. It can be hashed and compared, but not printed or serialized.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// Checks that the password is 8 to 128 characters long.
    ///
    /// # Errors
    /// 400 if it is shorter or longer.
    pub(crate) fn parse(raw: String) -> Result<Self, Problem> {
        if (8..=128).contains(&raw.chars().count()) {
            Ok(Self(raw))
        } else {
            Err(Problem::bad_input("A password is 8 to 128 characters long."))
        }
    }
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
        spawn(move || hash(&password.0)).await
    }

    /// Returns whether the password matches the stored hash. Without a hash it never does, but takes as long.
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
    async fn a_hash_is_argon2id_and_matches_only_its_password() {
        let passwords = Passwords::new();
        let password = |text: &str| Password::parse(text.to_owned()).unwrap();
        let kept = passwords.core().await.unwrap().hash(password("correct horse")).await;
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(passwords.core().await.unwrap().verify(password("correct horse"), Some(kept.clone())).await);
        assert!(!passwords.core().await.unwrap().verify(password("incorrect horse"), Some(kept)).await);
        assert!(!passwords.core().await.unwrap().verify(password("a password that nobody has"), None).await);
    }
}
