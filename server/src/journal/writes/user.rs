//! Users as administrators change them: added, disabled, enabled, and given a role. Who may do so is decided in the
//! transaction.

use super::Single;
use super::account::{EndSessions, Which};
use crate::domain::clock;
use crate::domain::ids::{NO_USER, UserId};
use crate::journal::Journal;
use crate::journal::memory::{AfterCommit, Memory};
use crate::store::{Bulletin, NewCode, Newcomer, Profile, StoreError, Transaction};

/// Why nothing was done to a user.
#[derive(Debug)]
pub(crate) enum UserError {
    /// The actor is no administrator any more.
    NotAllowed,
    NotFound,
    /// No other administrator could sign in.
    LastAdmin,
    NameTaken,
    Store(StoreError),
}

impl From<StoreError> for UserError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) fn refuse<T: Send + 'static>(error: UserError) -> Result<AfterCommit<Result<T, UserError>>, StoreError> {
    Ok(Box::new(|_| Err(error)))
}

impl Journal {
    /// Disables a user or enables the user again, and gives a role, as far as either is said. `by` is the
    /// administrator, or `None` for the shell. Returns what has changed.
    pub(crate) async fn change_user(
        &self,
        by: Option<UserId>,
        user: UserId,
        disabled: Option<bool>,
        is_admin: Option<bool>,
    ) -> Result<(Option<bool>, Option<bool>), UserError> {
        self.enter_single(by.unwrap_or(NO_USER), ChangeUser { by, user, disabled, is_admin }).await?
    }

    /// Adds a user without a session, and a code that signs the user in.
    pub(crate) async fn add_user(
        &self,
        by: Option<UserId>,
        newcomer: Newcomer,
        code: Option<NewCode>,
    ) -> Result<UserId, UserError> {
        self.enter_single(by.unwrap_or(NO_USER), AddUser { by, newcomer, code }).await?
    }
}

/// Returns whether the actor may act as an administrator.
pub(super) async fn has_authority(transaction: &mut Transaction, by: Option<UserId>) -> Result<bool, StoreError> {
    match by {
        Some(user) => transaction.is_admin(user).await,
        None => Ok(true),
    }
}

struct ChangeUser {
    by: Option<UserId>,
    user: UserId,
    disabled: Option<bool>,
    is_admin: Option<bool>,
}

impl Single for ChangeUser {
    /// Whether the user is disabled and an administrator from now on, as far as that has changed.
    type Answer = Result<(Option<bool>, Option<bool>), UserError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { by, user, disabled, is_admin } = self;
        if !has_authority(transaction, by).await? {
            return refuse(UserError::NotAllowed);
        }
        let Some(Profile { disabled_at, is_admin: was_admin, .. }) = transaction.find_profile(user).await? else {
            return refuse(UserError::NotFound);
        };
        let disabled = disabled.filter(|&disabled| disabled != disabled_at.is_some());
        let is_admin = is_admin.filter(|&is_admin| is_admin != was_admin);
        let is_lost = disabled == Some(true) || is_admin == Some(false);
        if is_lost && was_admin && disabled_at.is_none() && !transaction.has_other_admin(user).await? {
            return refuse(UserError::LastAdmin);
        }
        if let Some(is_admin) = is_admin {
            transaction.set_admin(user, is_admin).await?;
        }
        let mut ended = None;
        if let Some(disabled) = disabled {
            transaction.set_disabled(user, disabled.then(clock::now_ms)).await?;
        }
        if disabled == Some(true) {
            let end = EndSessions { user, which: Which::All };
            ended = Some(end.write(transaction, memory, bulletin).await?);
        }
        Ok(Box::new(move |memory| {
            if let Some(end) = ended {
                end(memory);
            }
            Ok((disabled, is_admin))
        }))
    }
}

struct AddUser {
    by: Option<UserId>,
    newcomer: Newcomer,
    code: Option<NewCode>,
}

impl Single for AddUser {
    type Answer = Result<UserId, UserError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { by, newcomer, code } = self;
        if !has_authority(transaction, by).await? {
            return refuse(UserError::NotAllowed);
        }
        let Some(user) = transaction.insert_users(&[newcomer], clock::now_ms()).await?.pop().flatten() else {
            return refuse(UserError::NameTaken);
        };
        transaction.insert_first_memberships(&[user.id]).await?;
        if let Some(code) = code {
            transaction.insert_code(&NewCode { user_id: Some(user.id), ..code }, &[]).await?;
        }
        Ok(Box::new(move |_| Ok(user.id)))
    }
}
