//! Who may come in.

use linger_api::{Guests, Registration};

use super::limits::network_of;
use super::{Accounts, Entered, Origin, audit};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::store::{NO_PASSWORD, SignInProof, SignUpKey};

/// Who may come in, as the settings say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door {
    pub(crate) registration: Registration,
    pub(crate) guests: Guests,
    /// Whether users other than administrators may invite.
    pub(crate) members_invite: bool,
    /// How many rooms a user may be in. 0 means any number.
    pub(crate) joined_rooms_per_user: i64,
}

impl Door {
    pub(super) fn may_create(self, creation: &Creation) -> bool {
        match creation {
            Creation::Never => false,
            Creation::IfOpen => self.registration == Registration::Open,
            Creation::ByInvitation(_) => true,
        }
    }
}

/// Whether a free name may become an account.
pub(crate) enum Creation {
    Never,
    /// If registration is open.
    IfOpen,
    /// By the invitation with this hash.
    ByInvitation(String),
}

impl Accounts {
    /// Signs in the user of this name, whom a trusted proxy vouches for. If the name is free and `creates` is set,
    /// creates the user first, whatever registration is.
    ///
    /// # Errors
    /// 409 if the name is a guest's, who is another person; 401 if it is free and `creates` is not set.
    pub(crate) async fn enter_vouched_for(
        &self,
        name: &Name,
        creates: bool,
        from: &Origin,
        key: Option<SignUpKey>,
    ) -> Result<Entered, Problem> {
        let find_account = || self.store.find_account(name.as_str(), network_of(from.address).to_string());
        let mut account = find_account().await?;
        if account.is_none() && !creates {
            return Err(Problem::wrong_credentials());
        }
        if account.is_none() {
            let created = self.create(name.as_str(), Some(NO_PASSWORD.to_owned()), from, key.clone()).await?;
            if let Some(entered) = created {
                return Ok(entered);
            }
            account = find_account().await?;
        }
        match account.filter(|account| !account.user.guest) {
            Some(account) => self.enter_account(account, SignInProof::Proxy, from, key).await,
            None => {
                audit::refusal("a proxy's user has the name of a guest", name.as_str(), from.address);
                Err(Problem::name_taken())
            }
        }
    }

    /// Checks that guests are admitted, or that this guest's sign-up is repeated.
    pub(super) async fn check_guest(&self, key: Option<&SignUpKey>) -> Result<(), Problem> {
        if self.door.guests == Guests::On {
            return Ok(());
        }
        match self.is_repeated(key).await? {
            true => Ok(()),
            false => Err(Problem::guests_not_allowed(self.door.guests == Guests::Invite)),
        }
    }

    /// Returns whether this key stands for a guest who is still one, and may come in again.
    pub(super) async fn is_repeated(&self, key: Option<&SignUpKey>) -> Result<bool, Problem> {
        let Some(key) = key else { return Ok(false) };
        let Some(began) = self.store.find_sign_up(key).await? else { return Ok(false) };
        Ok(self.store.find_rank(began.user_id).await?.is_some_and(|rank| rank.guest))
    }
}
