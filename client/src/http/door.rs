//! What a server tells strangers: who may come in. Servers before 0.2 do not tell.

use std::time::Duration;

use linger_api::{About, Guests, Registration};

use super::Http;
use super::answer::json_of;
use crate::domain::Failure;

/// How long a question to the user may wait for it.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Who may come in, as far as the server tells.
#[derive(Debug, Clone)]
pub(crate) struct Door(Option<About>);

impl Door {
    /// Returns a door of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self(None)
    }

    /// Returns whether a server tells who may come in. Older ones know no codes.
    pub(crate) fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the name that the server's operator gave it.
    pub(crate) fn name(&self) -> Option<&str> {
        self.0.as_ref().map(|about| about.name.as_str())
    }

    /// Returns the operator's sentence for whoever comes in.
    pub(crate) fn welcome(&self) -> Option<&str> {
        self.0.as_ref().map(|about| about.welcome.as_str()).filter(|welcome| !welcome.is_empty())
    }

    /// Returns whether a user may enter without a password, with an invitation if `is_invited`.
    pub(crate) fn takes_guests(&self, is_invited: bool) -> bool {
        self.0.as_ref().is_none_or(|about| match about.guests {
            Guests::On => true,
            Guests::Invite => is_invited,
            Guests::Off => false,
        })
    }

    /// Returns why a user without an invitation cannot make an account. Returns `None` if the user can.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        match self.0.as_ref()?.registration {
            Registration::Open => None,
            Registration::Invite => Some("New accounts need an invitation here: linger --invite LINK uses one."),
            Registration::Closed => Some("New accounts are made by the administrators here."),
        }
    }
}

impl Http {
    /// Asks who may come in.
    pub(crate) fn door(&self) -> Result<Door, Failure> {
        let request = self.agent().get(self.url("/server")).config().timeout_global(Some(TIMEOUT)).build();
        match json_of(request.call()) {
            Ok(about) => Ok(Door(Some(about))),
            Err(failure) if failure.is_not_found() => Ok(Door::unknown()),
            Err(failure) => Err(failure),
        }
    }
}
