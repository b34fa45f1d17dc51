//! The user's own account: the password, and where the user is signed in.

use linger_api::Registration;

use super::audit::{self, Whom};
use super::failures::Attempt;
use super::limits::{DELETE_USER, END_SESSIONS, SET_PASSWORD, network_of};
use super::{Accounts, Origin, Password};
use crate::domain::clock;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::journal::{DeleteUser, DeletedBy, NewPassword, PasswordSet, Proof, Which};
use crate::sessions::Session;
use crate::store::{NO_PASSWORD, SignedIn};

/// The refusal for a guest who sets a password while registration is not open.
const GUESTS_STAY_GUESTS: &str = "Guests cannot become accounts here. An administrator can make a code for you.";

impl Accounts {
    /// Sets the user's password, and ends the user's other sessions. A guest becomes an account.
    ///
    /// # Errors
    /// 403 if `old` is wrong, which counts like a failed sign-in; 400 if it is missing, or if `new` is easy to guess.
    pub(crate) async fn set_password(
        &self,
        session: &Session,
        old: Option<String>,
        new: String,
        from: &Origin,
    ) -> Result<(), Problem> {
        let name = Name::parse(&session.user.name)?;
        let in_new = |problem: Problem| problem.in_field("new");
        let new = Password::parse(new).map_err(in_new)?;
        new.check_new(&name).map_err(in_new)?;
        let old = old.map(Password::parse).transpose().map_err(|problem| problem.in_field("old"))?;
        self.limits.changes.take_weighted(&session.user.id, SET_PASSWORD)?;
        let network = network_of(from.address);
        let credentials = self.store.find_credentials(&session.id, network.to_string()).await?;
        let credentials = credentials.ok_or_else(Problem::unauthorized)?;
        let (kept, may_set) = (credentials.password_hash, credentials.may_set_password);
        let attempt = Attempt { account: name.as_str(), network, is_known: credentials.knows_network };
        let proof = match old {
            Some(old) => {
                self.verify_own(old, kept.clone(), attempt, from).await?;
                Proof::Known(kept)
            }
            None if may_set => Proof::OncePerSession(kept),
            None if kept.is_some() => return Err(Problem::bad_field("old", "old must be your present password.")),
            None if self.door.registration != Registration::Open => return Err(Problem::forbidden(GUESTS_STAY_GUESTS)),
            None => Proof::Known(None),
        };
        let hash = self.passwords.core().await?.hash(new).await;
        let (user, id) = (session.user.id, session.id.clone());
        match self.journal.set_password(NewPassword { user, session: id, proof, hash }).await? {
            PasswordSet::Done => audit::act("set the password", name.as_str(), Whom::Self_, from.address),
            PasswordSet::Refused => return Err(Problem::wrong_password()),
        }
        Ok(())
    }

    /// Checks the password of a user who is signed in, given the stored hash.
    ///
    /// # Errors
    /// 403 if it is wrong, 429 after too many failures.
    pub(super) async fn verify_own(
        &self,
        password: Password,
        kept: Option<String>,
        attempt: Attempt<'_>,
        from: &Origin,
    ) -> Result<(), Problem> {
        let refuse = |problem| {
            audit::refusal("a password was refused: too many wrong ones", attempt.account, from.address);
            problem
        };
        self.limits.sign_in_failures.check(attempt).map_err(refuse)?;
        let core = self.passwords.core().await?;
        self.limits.sign_in_failures.check(attempt).map_err(refuse)?;
        if core.verify(password, kept).await {
            return Ok(());
        }
        self.limits.sign_in_failures.record(attempt).map_err(refuse)?;
        audit::refusal("a signed-in user gave a wrong password", attempt.account, from.address);
        Err(Problem::wrong_password())
    }

    /// Lists the user's sessions, newest first.
    pub(crate) async fn list_sessions(&self, session: &Session) -> Result<Vec<SignedIn>, Problem> {
        let mut sessions = self.store.list_sessions_of(session.user.id, clock::now_ms()).await?;
        for signed_in in &mut sessions {
            let seen = self.sessions.find(&signed_in.id).map_or(0, |session| session.seen_ms());
            signed_in.seen_at = signed_in.seen_at.max(seen);
        }
        Ok(sessions)
    }

    /// Ends one of the user's sessions, on every node.
    ///
    /// # Errors
    /// 404 if the user has no such session.
    pub(crate) async fn end_session(&self, session: &Session, id: String, from: &Origin) -> Result<(), Problem> {
        self.limits.changes.take_weighted(&session.user.id, END_SESSIONS)?;
        if !self.journal.end_sessions(session.user.id, Which::One(id)).await? {
            return Err(Problem::not_found());
        }
        audit::act("ended a session", &session.user.name, Whom::Self_, from.address);
        Ok(())
    }

    /// Ends all sessions of the user but this one, on every node.
    pub(crate) async fn end_other_sessions(&self, session: &Session, from: &Origin) -> Result<(), Problem> {
        self.limits.changes.take_weighted(&session.user.id, END_SESSIONS)?;
        if self.journal.end_sessions(session.user.id, Which::AllBut(session.id.clone())).await? {
            audit::act("ended all other sessions", &session.user.name, Whom::Self_, from.address);
        }
        Ok(())
    }
}

impl Accounts {
    /// Deletes the user's own account.
    ///
    /// # Errors
    /// 403 if the password is wrong, 400 if it is missing, 409 for the last administrator.
    pub(crate) async fn leave(
        &self,
        session: &Session,
        password: Option<String>,
        erases: bool,
        from: &Origin,
    ) -> Result<(), Problem> {
        self.limits.changes.take_weighted(&session.user.id, DELETE_USER)?;
        let password = password.map(Password::parse).transpose()?;
        let network = network_of(from.address);
        let credentials = self.store.find_credentials(&session.id, network.to_string()).await?;
        let credentials = credentials.ok_or_else(Problem::unauthorized)?;
        let name = session.user.name.as_str();
        let attempt = Attempt { account: name, network, is_known: credentials.knows_network };
        match (password, credentials.password_hash) {
            (_, None) => {}
            // No password matches: the user comes in by other ways.
            (_, Some(kept)) if kept == NO_PASSWORD => {}
            (None, Some(_)) => return Err(Problem::bad_field("password", "password must be your password.")),
            (Some(password), kept) => self.verify_own(password, kept, attempt, from).await?,
        }
        let leave = DeleteUser { user: session.user.id, by: DeletedBy::Self_, erases };
        self.journal.delete_user(leave).await?;
        audit::act(if erases { "left, and erased the messages" } else { "left" }, name, Whom::Self_, from.address);
        Ok(())
    }
}
