//! Who may come in.

use linger_api::{Guests, Registration};

use super::Accounts;
use crate::domain::problem::Problem;
use crate::store::SignUpKey;

/// Who may come in, as the settings say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    pub(crate) registration: Registration,
    pub(crate) guests: Guests,
}

impl Accounts {
    /// Checks that guests are admitted, or that this guest's sign-up is repeated.
    pub(super) async fn check_guest(&self, key: Option<&SignUpKey>) -> Result<(), Problem> {
        if self.door.guests == Guests::On {
            return Ok(());
        }
        match key {
            Some(key) if self.store.find_sign_up(key).await?.is_some() => Ok(()),
            _ => Err(Problem::guests_not_allowed(self.door.guests == Guests::Invite)),
        }
    }
}
