//! Sign-up, sign-in, sign-out and authentication. Knows no routes and no SQL.
//!
//! In reading order: [`password`] and [`token`] are the two kinds of proof, [`keys`] has the keys that sign tokens and
//! [`hs256`] signs. The signed-in sessions are in `crate::sessions`.

pub(crate) mod audit;
mod authority;
mod codes;
mod door;
mod failures;
mod guests;
mod hs256;
mod jump;
mod keys;
pub(crate) mod limits;
mod own;
mod password;
mod sign_in;
mod token;

use std::net::IpAddr;
use std::sync::Arc;

pub(crate) use authority::Actor;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub(crate) use codes::{Code, Holder};
pub(crate) use door::{Creation, Door};
pub use keys::KeyError;
pub(crate) use keys::KeyFile;
pub(crate) use password::{Password, Passwords};
pub(crate) use token::Tokens;

use crate::domain::clock;
use crate::domain::name::Name;
use crate::domain::problem::{Kind, Problem};
use crate::journal::{Journal, NewSession, NewUser, TokenToRenew};
use crate::sessions::{Session, Sessions, Validity};
use crate::store::{Newcomer, SignUpKey, Store};
use audit::Whom;
use guests::Place;
use limits::{Limits, network_of};
use token::TokenError;

/// Signs users up, in and out, and authenticates their requests.
pub(crate) struct Accounts {
    pub(crate) door: Door,
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Arc<Limits>,
}

/// Where a request comes from, and by which client. A session keeps both for its user.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) address: IpAddr,
    /// The client's name, as of `domain::client`.
    pub(crate) client: String,
}

/// The result of signing in.
pub(crate) struct Entered {
    pub(crate) session: Arc<Session>,
    pub(crate) token: String,
    /// When the token expires, in milliseconds since 1970.
    pub(crate) expires_ms: i64,
    /// Set for a new user, who has just joined `general`, and for one whose sign-up is repeated.
    pub(crate) new: Option<NewUser>,
}

impl Accounts {
    /// Returns the session that a bearer token names, and when the token ends.
    ///
    /// # Errors
    /// 401, the same for everything that can be wrong with a token; 503 if the server's clock is behind or has jumped,
    /// or if the first use of a token cannot be recorded.
    pub(crate) async fn authenticate(&self, token: &str) -> Result<(Arc<Session>, Validity), Problem> {
        if let Some(vouched) = self.sessions.find_vouched(token) {
            return Ok(vouched);
        }
        let (session, issued) = self.find_session(token).await?;
        let validity = session.check(issued).ok_or_else(Problem::unauthorized)?;
        if session.is_first_use(issued) {
            self.journal.use_token(session.id.clone(), issued.generation).await?;
        }
        self.sessions.vouch(token, &session, issued);
        Ok((session, validity))
    }

    /// Returns the session of a bearer token that is to be renewed, the token's generation, and whether it can only be
    /// renewed because the newer token may never have been used.
    ///
    /// # Errors
    /// As of [`Accounts::authenticate`], but for a token that has run out because it was renewed.
    pub(crate) async fn authenticate_for_renewal(&self, token: &str) -> Result<(Arc<Session>, i64, bool), Problem> {
        let refused = match self.authenticate(token).await {
            Ok((session, validity)) => return Ok((session, validity.generation, false)),
            Err(problem) if problem.kind == Kind::Unauthorized => problem,
            Err(problem) => return Err(problem),
        };
        let (session, issued) = self.find_session(token).await?;
        if session.may_renew(issued) { Ok((session, issued.generation, true)) } else { Err(refused) }
    }

    /// Returns the session that a bearer token names, and what the token says about itself. The session knows whether
    /// the token is still accepted.
    async fn find_session(&self, token: &str) -> Result<(Arc<Session>, Validity), Problem> {
        let bearer = self.tokens.check(token).map_err(|refused| match refused {
            TokenError::Invalid => Problem::unauthorized(),
            TokenError::Clock(wait) => Problem::wrong_clock(wait),
        })?;
        let session = match self.sessions.find(&bearer.session_id) {
            Some(session) => session,
            None => self.journal.find_session(bearer.session_id).await?.ok_or_else(Problem::unauthorized)?,
        };
        if session.user.id != bearer.user_id {
            return Err(Problem::unauthorized());
        }
        Ok((session, bearer.validity))
    }

    /// Signs up a guest with a generated name.
    ///
    /// # Errors
    /// 403 if guests are not admitted, 429 after too many guests from this network.
    pub(crate) async fn enter_as_anybody(&self, from: &Origin, key: Option<SignUpKey>) -> Result<Entered, Problem> {
        self.check_guest(key.as_ref()).await?;
        let place = self.find_place(from.address, key.as_ref()).await?;
        loop {
            let name = made_up_name()?;
            if let Some(entered) = self.create(&name, None, from, key.clone()).await? {
                return Ok(admit(entered, place));
            }
        }
    }

    /// Signs up a guest of this name.
    ///
    /// # Errors
    /// 403 if guests are not admitted, 409 if the name is taken, 429 after too many guests from this network.
    pub(crate) async fn enter_as_guest(
        &self,
        name: &Name,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Entered, Problem> {
        self.check_guest(key.as_ref()).await?;
        let place = self.find_place(from.address, key.as_ref()).await?;
        let entered = self.create(name.as_str(), None, from, key).await?.ok_or_else(Problem::name_taken)?;
        Ok(admit(entered, place))
    }

    /// Takes a place for a guest from this network. Returns `None` if there is no place, but the guest exists: the
    /// sign-up is repeated.
    async fn find_place(&self, address: IpAddr, key: Option<&SignUpKey>) -> Result<Option<Place<'_>>, Problem> {
        let problem = match self.limits.guests.take(network_of(address)).await {
            Ok(place) => return Ok(Some(place)),
            Err(problem) => problem,
        };
        if self.is_repeated(key).await? { Ok(None) } else { Err(problem) }
    }

    /// Returns a new token for the session of a token of this generation, and when it expires. The earlier token runs
    /// out within a minute. Until then, it can be renewed again, and yields a token of the same generation; afterwards
    /// (`is_late`) only if no newer one was ever used.
    ///
    /// # Errors
    /// 401 if a newer token was used, or if the session has just been signed out.
    pub(crate) async fn renew(
        &self,
        session: &Session,
        generation: i64,
        is_late: bool,
    ) -> Result<(String, i64), Problem> {
        let issued_ms = clock::now_ms();
        let expires_ms = self.tokens.expires_ms(issued_ms);
        let token = TokenToRenew { id: session.id.clone(), generation, is_late, now_ms: issued_ms, expires_ms };
        let renewal = self.journal.renew_session(token).await?.ok_or_else(Problem::unauthorized)?;
        Ok((self.tokens.sign(session.user.id, &session.id, renewal.generation, issued_ms), expires_ms))
    }

    /// Ends a session on every node, together with the requests that it holds.
    pub(crate) async fn sign_out(&self, session: &Session) -> Result<(), Problem> {
        Ok(self.journal.close_session(session.id.clone()).await?)
    }

    /// Signs up a user; an account has a password hash. Returns `None` if the name is taken.
    async fn create(
        &self,
        name: &str,
        password_hash: Option<String>,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Option<Entered>, Problem> {
        let new_session = self.new_session(from)?;
        let NewSession { id, issued_ms, expires_ms, .. } = new_session.clone();
        let network = password_hash.as_ref().map(|_| network_of(from.address).to_string());
        let newcomer = Newcomer { name: name.to_owned(), password_hash };
        let created = self.journal.create_user(newcomer, new_session, network, key).await?;
        Ok(created.map(|(session, new)| {
            let act = if matches!(new, NewUser::Now { .. }) { "signed up" } else { "signed in" };
            audit::act(act, &session.user.name, Whom::Self_, from.address);
            let token = self.tokens.sign(session.user.id, &id, 0, issued_ms);
            Entered { session, token, expires_ms, new: Some(new) }
        }))
    }

    fn new_session(&self, from: &Origin) -> Result<NewSession, Problem> {
        let issued_ms = clock::now_ms();
        let id = format!("{:016x}{:016x}", random()?, random()?);
        let (client, address) = (from.client.clone(), from.address.to_string());
        Ok(NewSession { id, issued_ms, expires_ms: self.tokens.expires_ms(issued_ms), client, address })
    }
}

/// Keeps the place of a guest that was made, and gives back that of one who has come again.
fn admit(entered: Entered, place: Option<Place<'_>>) -> Entered {
    if let (Some(place), Some(NewUser::Now { .. })) = (place, &entered.new) {
        place.keep();
    }
    entered
}

/// Returns the key of a sign-up with this payload. Only a hash of the key is stored: like a token, it lets its holder
/// in.
pub(crate) fn sign_up_key(key: &str, payload: i64) -> SignUpKey {
    let hash = ring::digest::digest(&ring::digest::SHA256, key.as_bytes());
    SignUpKey { hash: URL_SAFE_NO_PAD.encode(hash), payload }
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
