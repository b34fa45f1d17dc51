//! Finding the direct conversation that a request names by the other user's name.

use crate::domain::ids::ConversationId;
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::sessions::Session;
use crate::store::{Store, User};

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

impl Peer {
    /// Finds a user by name. `field` is the field or parameter that names the user.
    ///
    /// # Errors
    /// 404 if there is no such user, 400 if it is the caller.
    pub(crate) async fn find(
        store: &Store,
        caller: &Session,
        name: &Name,
        field: &'static str,
    ) -> Result<Self, Problem> {
        if name.as_str() == caller.user.name {
            return Err(Problem::bad_field(field, "You cannot have a direct conversation with yourself."));
        }
        let conversation = match caller.inbox.direct_with(name.as_str()) {
            Some(conversation) => Direct::Open(conversation),
            None => {
                let other = store.find_user_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?;
                // Another node may just have opened it.
                match store.find_direct(caller.user.id, other.id).await? {
                    Some(conversation) => Direct::Open(conversation),
                    None => Direct::NotYet(other),
                }
            }
        };
        Ok(Self { name: name.as_str().to_owned(), conversation })
    }
}
