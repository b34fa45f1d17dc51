//! Sign-up, sign-in, sign-out and authentication. Knows no routes and no SQL.
//!
//! In reading order: [`password`] and [`token`] are the two kinds of proof, [`keys`] has the keys that sign tokens and
//! [`hs256`] signs. The signed-in sessions are in `crate::sessions`.

mod hs256;
mod keys;
pub(crate) mod limits;
mod password;
mod token;

use std::sync::Arc;

pub use keys::KeyError;
pub(crate) use keys::KeyFile;
pub(crate) use password::{Password, Passwords};
pub(crate) use token::Tokens;

use crate::domain::clock;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::journal::{Journal, NewSession, NewUser};
use crate::sessions::{Session, Sessions, Validity};
use crate::store::{Newcomer, Store, User};
use limits::Limits;

/// Signs users up, in and out, and authenticates their requests.
pub(crate) struct Accounts {
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Arc<Limits>,
}

/// The result of signing in.
pub(crate) struct Entered {
    pub(crate) session: Arc<Session>,
    pub(crate) token: String,
    /// When the token expires, in milliseconds since 1970.
    pub(crate) expires_ms: i64,
    /// Set for a new user, who has just joined `general`.
    pub(crate) new: Option<NewUser>,
}

impl Accounts {
    /// Returns the session that a bearer token names, and when the token ends.
    ///
    /// # Errors
    /// 401, the same for everything that can be wrong with a token.
    pub(crate) async fn authenticate(&self, token: &str) -> Result<(Arc<Session>, Validity), Problem> {
        if let Some(vouched) = self.sessions.find_vouched(token) {
            return Ok(vouched);
        }
        let bearer = self.tokens.check(token).ok_or_else(Problem::unauthorized)?;
        let session = match self.sessions.find(&bearer.session_id) {
            Some(session) => session,
            None => self.journal.find_session(bearer.session_id).await?.ok_or_else(Problem::unauthorized)?,
        };
        if session.user.id != bearer.user_id {
            return Err(Problem::unauthorized());
        }
        let validity = session.check(bearer.validity).ok_or_else(Problem::unauthorized)?;
        self.sessions.vouch(token, &session, bearer.validity);
        Ok((session, validity))
    }

    /// Signs up a guest with a generated name.
    pub(crate) async fn enter_as_anybody(&self) -> Result<Entered, Problem> {
        loop {
            let name = made_up_name()?;
            if let Some(entered) = self.create(&name, None).await? {
                return Ok(entered);
            }
        }
    }

    /// Signs up a guest of this name.
    ///
    /// # Errors
    /// 409 if the name is taken.
    pub(crate) async fn enter_as_guest(&self, name: &Name) -> Result<Entered, Problem> {
        self.create(name.as_str(), None).await?.ok_or_else(Problem::name_taken)
    }

    /// Signs in. If the name is free and `creates` is set, creates the account first.
    ///
    /// # Errors
    /// 401 for a wrong password, for a guest's name and for a free name without `creates`, with the same answer after
    /// the same time; 429 after too many failures.
    pub(crate) async fn enter_with_password(
        &self,
        name: &Name,
        password: Password,
        creates: bool,
    ) -> Result<Entered, Problem> {
        let core = self.passwords.core().await;
        self.limits.sign_in_failures.check(name.as_str())?;
        let mut account = self.store.find_account(name.as_str()).await?;
        if account.is_none() && creates {
            let hash = core.hash(password.clone()).await;
            if let Some(entered) = self.create(name.as_str(), Some(hash)).await? {
                return Ok(entered);
            }
            // The name was taken in the meantime, so this is an ordinary sign-in.
            account = self.store.find_account(name.as_str()).await?;
        }
        let (user, kept) = account.map_or((None, None), |account| (Some(account.user), account.password_hash));
        let matches = core.verify(password, kept).await;
        match user {
            Some(user) if matches => self.enter_again(user).await,
            _ => {
                self.limits.sign_in_failures.record(name.as_str())?;
                Err(Problem::wrong_credentials())
            }
        }
    }

    /// Opens a new session for an authenticated user.
    pub(crate) async fn enter_again(&self, user: User) -> Result<Entered, Problem> {
        let new_session = self.new_session()?;
        let token = self.tokens.sign(user.id, &new_session.id, 0, new_session.issued_ms);
        let expires_ms = new_session.expires_ms;
        let session = self.journal.open_session(user, new_session).await?;
        Ok(Entered { session, token, expires_ms, new: None })
    }

    /// Returns a new token for the session of a token of this generation, and when it expires. The earlier token runs
    /// out within a minute. Until then, it can be renewed again, and yields a token of the same generation.
    ///
    /// # Errors
    /// 401 if the session has just been signed out.
    pub(crate) async fn renew(&self, session: &Session, generation: i64) -> Result<(String, i64), Problem> {
        let issued_ms = clock::now_ms();
        let expires_ms = self.tokens.expires_ms(issued_ms);
        let renewed = self.journal.renew_session(session.id.clone(), generation, issued_ms, expires_ms).await?;
        let renewal = renewed.ok_or_else(Problem::unauthorized)?;
        Ok((self.tokens.sign(session.user.id, &session.id, renewal.generation, issued_ms), expires_ms))
    }

    /// Ends a session on every node, together with the requests that it holds.
    pub(crate) async fn sign_out(&self, session: &Session) -> Result<(), Problem> {
        Ok(self.journal.close_session(session.id.clone()).await?)
    }

    /// Signs up a user. Returns `None` if the name is taken.
    async fn create(&self, name: &str, password_hash: Option<String>) -> Result<Option<Entered>, Problem> {
        let new_session = self.new_session()?;
        let NewSession { id, issued_ms, expires_ms } = new_session.clone();
        let newcomer = Newcomer { name: name.to_owned(), password_hash };
        let created = self.journal.create_user(newcomer, new_session).await?;
        Ok(created.map(|(session, new)| {
            let token = self.tokens.sign(session.user.id, &id, 0, issued_ms);
            Entered { session, token, expires_ms, new: Some(new) }
        }))
    }

    fn new_session(&self) -> Result<NewSession, Problem> {
        let issued_ms = clock::now_ms();
        let id = format!("{:016x}{:016x}", random()?, random()?);
        Ok(NewSession { id, issued_ms, expires_ms: self.tokens.expires_ms(issued_ms) })
    }
}

/// Returns `guest-` and six random letters and digits, without those that are easy to confuse.
fn made_up_name() -> Result<String, Problem> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bits = random()?;
    let letters = (0..6).map(|_| {
        let letter = LETTERS[(bits % 32) as usize];
        bits /= 32;
        char::from(letter)
    });
    Ok("guest-".chars().chain(letters).collect())
}

fn random() -> Result<u64, Problem> {
    getrandom::u64().map_err(|error| {
        tracing::error!(cause = %error, "the operating system provides no random numbers");
        Problem::internal()
    })
}
