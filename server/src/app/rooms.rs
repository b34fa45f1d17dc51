//! Finds the conversation that a request names: a room by id or name, or a direct conversation by the other user's
//! name. Rooms are cached, so that sending to one needs no query to find it.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::domain::ids::{ConversationId, RoomId};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::journal::RoomRef;
use crate::sessions::Session;
use crate::store::{Room, Store, StoreError, User};

/// The parts of a room that never change: rooms are neither renamed nor deleted.
pub(crate) struct KnownRoom {
    pub(crate) id: RoomId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) name: String,
}

impl KnownRoom {
    /// Returns the room as the journal takes it.
    pub(crate) fn to_ref(&self) -> RoomRef {
        RoomRef { id: self.id, conversation: self.conversation_id, name: self.name.clone() }
    }
}

/// A cache of the rooms that requests have named.
pub(crate) struct Rooms {
    store: Store,
    by_id: RwLock<HashMap<RoomId, Arc<KnownRoom>>>,
    by_name: RwLock<HashMap<String, Arc<KnownRoom>>>,
}

impl Rooms {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, by_id: RwLock::default(), by_name: RwLock::default() }
    }

    /// Returns the room with this id.
    ///
    /// # Errors
    /// 404 if there is no such room.
    pub(crate) async fn find(&self, id: RoomId) -> Result<Arc<KnownRoom>, Problem> {
        let known = self.by_id.read().get(&id).cloned();
        match known {
            Some(room) => Ok(room),
            None => self.remember(self.store.find_room(id).await),
        }
    }

    /// Returns the room with this name.
    ///
    /// # Errors
    /// 404 if there is no such room.
    pub(crate) async fn find_by_name(&self, name: &Name) -> Result<Arc<KnownRoom>, Problem> {
        let known = self.by_name.read().get(name.as_str()).cloned();
        match known {
            Some(room) => Ok(room),
            None => self.remember(self.store.find_room_by_name(name.as_str()).await),
        }
    }

    fn remember(&self, found: Result<Option<Room>, StoreError>) -> Result<Arc<KnownRoom>, Problem> {
        let Room { id, conversation_id, name, .. } = found?.ok_or_else(Problem::not_found)?;
        let room = Arc::new(KnownRoom { id, conversation_id, name: name.clone() });
        self.by_id.write().insert(id, Arc::clone(&room));
        self.by_name.write().insert(name, Arc::clone(&room));
        Ok(room)
    }
}

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
