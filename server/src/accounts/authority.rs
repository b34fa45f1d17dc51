//! The actor of a call: a signed-in user, or the server's shell, which has an administrator's rights.

use std::net::IpAddr;

use super::audit::{self, Whom};
use super::{Accounts, Origin};
use crate::domain::ids::UserId;
use crate::domain::problem::Problem;
use crate::store::User;

/// The actor of a call, and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// `None` is the server's shell.
    pub(crate) user: Option<User>,
    pub(crate) from: Origin,
}

impl Actor {
    /// Returns the user's id. The shell has none.
    pub(crate) fn id(&self) -> Option<UserId> {
        self.user.as_ref().map(|user| user.id)
    }

    /// Returns the name that the audit log has.
    pub(crate) fn name(&self) -> &str {
        self.user.as_ref().map_or(audit::SHELL, |user| user.name.as_str())
    }

    /// Logs an act of authority.
    pub(crate) fn log(&self, act: &str, whom: Whom<'_>) {
        audit::act(act, self.name(), whom, self.address());
    }

    fn address(&self) -> IpAddr {
        self.from.address
    }
}

impl Accounts {
    /// Checks that the actor is the shell or an administrator at this moment. What is written then has to check it
    /// again, in its transaction.
    ///
    /// # Errors
    /// 403 for any other user.
    pub(crate) async fn check_authority(&self, actor: &Actor) -> Result<(), Problem> {
        let Some(user) = &actor.user else { return Ok(()) };
        let profile = self.store.find_profile(user.id).await?;
        match profile.is_some_and(|profile| profile.is_admin && profile.disabled_at.is_none()) {
            true => Ok(()),
            false => Err(Problem::only_admins()),
        }
    }
}
