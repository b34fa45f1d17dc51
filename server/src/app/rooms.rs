//! Which conversation a request means: a room by id or name, a user's direct conversation by the other's
//! name. What never changes of a room is remembered, so that sending asks the database nothing.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::domain::ids::{ConversationId, RoomId};
use crate::domain::name::Name;
use crate::domain::problem::Problem;
use crate::sessions::Session;
use crate::store::{Room, Store, StoreError, User};

/// What never changes of a room: no room is renamed or deleted.
pub(crate) struct KnownRoom {
    pub(crate) id: RoomId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) name: String,
}

/// The rooms that somebody has asked for.
pub(crate) struct Rooms {
    store: Store,
    by_id: RwLock<HashMap<RoomId, Arc<KnownRoom>>>,
    by_name: RwLock<HashMap<String, Arc<KnownRoom>>>,
}

impl Rooms {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, by_id: RwLock::default(), by_name: RwLock::default() }
    }

    /// # Errors
    /// 404 if there is no such room.
    pub(crate) async fn find(&self, id: RoomId) -> Result<Arc<KnownRoom>, Problem> {
        let known = self.by_id.read().get(&id).cloned();
        match known {
            Some(room) => Ok(room),
            None => self.remember(self.store.find_room(id).await),
        }
    }

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

/// The direct conversation of the caller with somebody, whether or not anything was said in it.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) conversation: Direct,
}

/// Whether two users have talked.
pub(crate) enum Direct {
    /// They have, here.
    Open(ConversationId),
    /// They have not: this is the other user.
    NotYet(User),
}

impl Peer {
    /// # Errors
    /// 404 if there is no such user, 400 if it is the caller.
    pub(crate) async fn find(store: &Store, caller: &Session, name: &Name) -> Result<Self, Problem> {
        if name.as_str() == caller.user.name {
            return Err(Problem::bad_input("A direct conversation is with somebody else."));
        }
        let conversation = match caller.inbox.direct_with(name.as_str()) {
            Some(conversation) => Direct::Open(conversation),
            None => {
                let other = store.find_user_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?;
                // It may have been opened on another node just now.
                match store.find_direct(caller.user.id, other.id).await? {
                    Some(conversation) => Direct::Open(conversation),
                    None => Direct::NotYet(other),
                }
            }
        };
        Ok(Self { name: name.as_str().to_owned(), conversation })
    }
}
