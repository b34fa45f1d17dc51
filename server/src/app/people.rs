//! What administrators, and the server's shell, do to users.

use linger_api::{EditUser, OneTimeCode, Role, UserPresence};

use super::App;
use super::codes::{Maker, recovery_code};
use crate::accounts::audit::Whom;
use crate::accounts::limits::{ADD_USER, DELETE_USER, EDIT_USER};
use crate::accounts::{Actor, Password};
use crate::domain::ids::UserId;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::journal::{DeleteUser, DeletedBy};
use crate::store::{NO_PASSWORD, Newcomer, Profile, User};

impl App {
    /// Returns a user as others see one.
    ///
    /// # Errors
    /// 404 if there is no such user.
    pub(crate) async fn find_person(&self, name: &Name) -> Result<UserPresence, Problem> {
        let profile = self.store.find_profile_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?;
        let online = self.list_online().await?.binary_search(&profile.user.id).is_ok();
        Ok(person(profile, online))
    }

    /// Disables a user or enables the user again, and gives a role, as far as either is said. Disabling ends the user's
    /// sessions, on every node.
    ///
    /// # Errors
    /// 403 unless the actor is an administrator; 404 if there is no such user; 409 for the last administrator.
    pub(crate) async fn change_person(&self, actor: &Actor, name: &Name, edit: EditUser) -> Result<(), Problem> {
        self.take_share(actor, EDIT_USER)?;
        let Profile { user, .. } =
            self.store.find_profile_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?;
        let EditUser { disabled, role } = edit;
        let is_admin = role.map(|role| role == Role::Admin);
        let (disabled, is_admin) = self.journal.change_user(actor.id(), user.id, disabled, is_admin).await?;
        let whom = Whom::User(name.as_str());
        match disabled {
            Some(true) => actor.log("disabled a user", whom),
            Some(false) => actor.log("enabled a user", whom),
            None => {}
        }
        match is_admin {
            Some(true) => actor.log("made a user an administrator", whom),
            Some(false) => actor.log("made an administrator a member", whom),
            None => {}
        }
        Ok(())
    }

    /// Adds an account. Without a password, the user comes in by a code, which is returned, and sets one. `host` is the
    /// start of the page's absolute URI.
    ///
    /// # Errors
    /// 403 unless the actor is an administrator; 409 if the name is taken; 400 for a password that is easy to guess.
    pub(crate) async fn add_person(
        &self,
        actor: &Actor,
        host: &str,
        name: &Name,
        password: Option<String>,
    ) -> Result<(UserId, Option<OneTimeCode>), Problem> {
        self.take_share(actor, ADD_USER)?;
        let (hash, code) = match password.map(Password::parse).transpose()? {
            Some(password) => {
                password.check_new(name)?;
                (self.accounts.passwords.core().await?.hash(password).await, None)
            }
            None => (NO_PASSWORD.to_owned(), Some(recovery_code(&Maker::of(actor, host))?)),
        };
        let (code, shown) = code.unzip();
        let newcomer = Newcomer { name: name.as_str().to_owned(), password_hash: Some(hash) };
        let id = self.journal.add_user(actor.id(), newcomer, code).await?;
        let whom = Whom::User(name.as_str());
        actor.log("added a user", whom);
        if shown.is_some() {
            actor.log("made a recovery code", whom);
        }
        Ok((id, shown))
    }

    /// Returns whether a caller is a guest at this moment: the caller may have become an account.
    pub(crate) async fn is_guest(&self, user: &User) -> Result<bool, Problem> {
        Ok(user.guest && self.store.find_rank(user.id).await?.is_some_and(|rank| rank.guest))
    }

    /// Deletes a user, and erases the messages if that is asked for.
    ///
    /// # Errors
    /// 403 unless the actor is an administrator; 404 if there is no such user; 409 for the last administrator.
    pub(crate) async fn delete_person(&self, actor: &Actor, name: &Name, erases: bool) -> Result<(), Problem> {
        self.take_share(actor, DELETE_USER)?;
        let found = self.store.find_profile_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?;
        let leave = DeleteUser { user: found.user.id, by: DeletedBy::Authority(actor.id()), erases };
        self.journal.delete_user(leave).await?;
        let act = if erases { "deleted a user, and erased the messages" } else { "deleted a user" };
        actor.log(act, Whom::User(name.as_str()));
        Ok(())
    }

    /// Counts an act against the user's limit. The shell has none.
    pub(crate) fn take_share(&self, actor: &Actor, weight: u32) -> Result<(), Problem> {
        match actor.id() {
            Some(user) => self.limits.changes.take_weighted(&user, weight),
            None => Ok(()),
        }
    }
}

/// Returns a profile as others see it.
pub(crate) fn person(profile: Profile, online: bool) -> UserPresence {
    let Profile { user, display_name, is_admin, disabled_at, .. } = profile;
    UserPresence {
        id: user.id,
        name: user.name,
        display_name,
        online,
        role: if is_admin { Role::Admin } else { Role::Member },
        bot: false,
        disabled: disabled_at.is_some(),
        guest: user.guest,
    }
}
