//! Finding the direct conversation that a request names by the other user's name.

use super::App;
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::sessions::Session;
use crate::store::User;

/// Another user, and the caller's direct conversation with them.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) conversation: Direct,
}

/// The direct conversation of two users.
pub(crate) enum Direct {
    /// It exists.
    Open(ConversationId),
    /// It does not exist yet; holds the other user.
    NotYet(User),
}

impl App {
    /// Finds a user by name. `field` is the field or parameter that names the user.
    ///
    /// # Errors
    /// 404 if there is no such user, or none that a guest shares a conversation with; 400 if it is the caller.
    pub(crate) async fn find_peer(&self, caller: &Session, name: &Name, field: &'static str) -> Result<Peer, Problem> {
        if name.as_str() == caller.user.name {
            return Err(Problem::bad_field(field, "You cannot have a direct conversation with yourself."));
        }
        let conversation = match caller.inbox.direct_with(name.as_str()) {
            Some(conversation) => Direct::Open(conversation),
            None => {
                let other = self.store.find_user_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?;
                // Another node may just have opened it.
                match self.store.find_direct(caller.user.id, other.id).await? {
                    Some(conversation) => Direct::Open(conversation),
                    None if self.is_stranger_to(&caller.user, other.id).await? => return Err(Problem::not_found()),
                    None => Direct::NotYet(other),
                }
            }
        };
        Ok(Peer { name: name.as_str().to_owned(), conversation })
    }

    /// Returns whether a caller is a guest and shares no conversation with this user, who does not exist for the guest.
    pub(crate) async fn is_stranger_to(&self, caller: &User, user: UserId) -> Result<bool, Problem> {
        Ok(self.is_guest(caller).await? && self.store.list_known_to(caller.id, &[user]).await?.is_empty())
    }
}
