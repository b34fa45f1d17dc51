//! Signing in with a password, by a trusted proxy, or again from a session. The proof must still hold when the new
//! session is opened.

use std::net::IpAddr;

use super::audit::{self, Whom};
use super::failures::Attempt;
use super::limits::network_of;
use super::{Accounts, Creation, Entered, Origin, Password};
use crate::domain::clock;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::journal::{NewUser, SignInError};
use crate::sessions::Session;
use crate::store::{Account, SignInProof, SignUpKey, User};

/// How old the last sign-in from a network is when it is written down again.
const REMEMBER_AGAIN_MS: i64 = 24 * 60 * 60 * 1000;

impl Accounts {
    /// Signs in. If the name is free and may become an account, creates it first.
    ///
    /// # Errors
    /// 401 for a wrong password, for a guest's name and for any other free name, with the same answer after the same
    /// time; 403 if the password is right but the account disabled; 400 for a new password that is easy to guess; 429
    /// after too many failures; 503 if too many others are signing in.
    pub(crate) async fn enter_with_password(
        &self,
        name: &Name,
        password: Password,
        creation: Creation,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Entered, Problem> {
        let network = network_of(from.address);
        let find_account = || self.store.find_account(name.as_str(), network.to_string());
        let mut account = find_account().await?;
        let attempt = |account: &Option<Account>| Attempt {
            account: name.as_str(),
            network,
            is_known: account.as_ref().is_some_and(|account| account.network_seen_at.is_some()),
        };
        let refuse = |problem| {
            audit::refusal("a sign-in was refused: too many wrong passwords", name.as_str(), from.address);
            problem
        };
        // Once before the queue, which is not for those who are refused anyway.
        self.limits.sign_in_failures.check(attempt(&account)).map_err(refuse)?;
        let core = self.passwords.core().await?;
        self.limits.sign_in_failures.check(attempt(&account)).map_err(refuse)?;
        let may_create = self.door.may_create(&creation);
        if account.is_none() && may_create {
            password.check_new(name)?;
            let hash = core.hash(password.clone()).await;
            let created = match &creation {
                Creation::ByInvitation(code) => {
                    self.create_invited(code.clone(), name.as_str(), Some(hash), from, key.clone()).await?
                }
                _ => self.create(name.as_str(), Some(hash), from, key.clone()).await?,
            };
            if let Some(entered) = created {
                return Ok(entered);
            }
            // The name was taken in the meantime, so this is an ordinary sign-in.
            account = find_account().await?;
            if account.is_none() {
                // Nobody can take the name, such as that of a deleted user. The hash above took as long as a sign-in.
                self.limits.sign_in_failures.record(attempt(&account)).map_err(refuse)?;
                audit::refusal("a sign-in failed", name.as_str(), from.address);
                return Err(Problem::wrong_credentials());
            }
        }
        let attempt = attempt(&account);
        let kept = account.as_mut().and_then(|account| account.password_hash.take());
        let matches = core.verify(password, kept.clone()).await;
        if let (true, Some(account), Some(hash)) = (matches, account, kept) {
            // With `create: false`, this is a sign-in and not a repeated sign-up.
            let key = key.filter(|_| !matches!(creation, Creation::Never));
            return self.enter_account(account, SignInProof::Password(hash), from, key).await;
        }
        self.limits.sign_in_failures.record(attempt).map_err(refuse)?;
        audit::refusal("a sign-in failed", name.as_str(), from.address);
        Err(Problem::wrong_credentials())
    }

    /// Opens a new session for an account that proved its password, or that a proxy vouches for.
    pub(super) async fn enter_account(
        &self,
        account: Account,
        proof: SignInProof,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Entered, Problem> {
        let is_fresh = |seen_at: i64| clock::now_ms() - seen_at < REMEMBER_AGAIN_MS;
        let is_known = account.network_seen_at.is_some_and(is_fresh);
        // The sign-up may be repeated.
        let began = match &key {
            Some(key) => self.store.find_sign_up(key).await?.filter(|began| began.user_id == account.user.id),
            None => None,
        };
        let network = (!is_known).then(|| network_of(from.address));
        let entered = self.open_session(account.user, proof, from, network).await?;
        Ok(Entered { new: began.map(NewUser::Earlier), ..entered })
    }

    /// Opens another session for the user of a session.
    pub(crate) async fn enter_again(&self, session: &Session, from: &Origin) -> Result<Entered, Problem> {
        self.open_session(session.user.clone(), SignInProof::Session(session.id.clone()), from, None).await
    }

    /// Opens a session. Remembers the network, if given.
    async fn open_session(
        &self,
        user: User,
        proof: SignInProof,
        from: &Origin,
        network: Option<IpAddr>,
    ) -> Result<Entered, Problem> {
        let is_again = matches!(proof, SignInProof::Session(_));
        let new_session = self.new_session(from)?;
        let token = self.tokens.sign(user.id, &new_session.id, 0, new_session.issued_ms);
        let expires_ms = new_session.expires_ms;
        let name = user.name.clone();
        let network = network.map(|network| network.to_string());
        let session =
            self.journal.open_session(user, proof, new_session, network).await.map_err(|error| match error {
                SignInError::Disabled => {
                    audit::refusal("a sign-in was refused: the account is disabled", &name, from.address);
                    Problem::account_disabled()
                }
                SignInError::Unproven if is_again => Problem::unauthorized(),
                SignInError::Unproven => {
                    audit::refusal("a sign-in failed: the password was changed meanwhile", &name, from.address);
                    Problem::wrong_credentials()
                }
                SignInError::Store(error) => error.into(),
            })?;
        audit::act("signed in", &session.user.name, Whom::Self_, from.address);
        Ok(Entered { session, token, expires_ms, new: None })
    }
}
