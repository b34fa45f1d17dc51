//! Conversations: created, joined and left.

use super::Single;
use crate::domain::clock;
use crate::domain::ids::{ConversationId, RoomId, UserId};
use crate::domain::payload;
use crate::journal::memory::{AfterCommit, Memory};
use crate::store::{Bulletin, StoreError, Transaction, User};

/// A new room that its creator has joined, or the one that was created with the same idempotency key.
pub(in crate::journal) struct CreateRoom {
    pub(in crate::journal) name: String,
    pub(in crate::journal) creator: UserId,
    pub(in crate::journal) key: Option<String>,
    /// How many rooms a user may create. 0 means any number.
    pub(in crate::journal) most: i64,
}

/// Why a room was not created.
#[derive(Debug)]
pub(crate) enum RoomError {
    NameTaken,
    /// The idempotency key was used for something else.
    KeyReused,
    /// The user has created as many rooms as a user may.
    TooMany,
    Store(StoreError),
}

impl From<StoreError> for RoomError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Single for CreateRoom {
    type Answer = Result<RoomId, RoomError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { name, creator, key, most } = self;
        let payload = payload::hash_of("room", &[&name]);
        if let Some(key) = &key
            && let Some(used) = transaction.find_key(creator, key).await?
        {
            let room = used.room_id.filter(|_| used.payload == Some(payload));
            return Ok(Box::new(move |_| room.ok_or(RoomError::KeyReused)));
        }
        if most > 0 && transaction.count_rooms_of(creator).await? >= most {
            return Ok(Box::new(|_| Err(RoomError::TooMany)));
        }
        let Some((room, conversation)) = transaction.insert_room(&name, creator, clock::now_ms()).await? else {
            return Ok(Box::new(|_| Err(RoomError::NameTaken)));
        };
        if let Some(key) = &key {
            transaction.insert_room_key((creator, key), payload, room, clock::now_ms()).await?;
        }
        let joined = transaction.insert_membership(creator, conversation).await?;
        bulletin.members.push(creator);
        Ok(Box::new(move |memory| {
            joined.into_iter().for_each(|joined| memory.hub.join(creator, conversation, joined, None));
            Ok(room)
        }))
    }
}

/// A user joins a room at its newest message. A no-op for a member.
pub(in crate::journal) struct Join {
    pub(in crate::journal) user: UserId,
    pub(in crate::journal) room: ConversationId,
}

impl Single for Join {
    type Answer = ();

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit, StoreError> {
        let Self { user, room } = self;
        let joined = transaction.insert_membership(user, room).await?;
        bulletin.members.extend(joined.map(|_| user));
        Ok(Box::new(move |memory| joined.into_iter().for_each(|joined| memory.hub.join(user, room, joined, None))))
    }
}

/// A user leaves a room. A no-op for a user who is not in it.
pub(in crate::journal) struct Leave {
    pub(in crate::journal) user: UserId,
    pub(in crate::journal) room: ConversationId,
}

impl Single for Leave {
    type Answer = ();

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit, StoreError> {
        let Self { user, room } = self;
        if transaction.delete_membership(user, room).await? {
            bulletin.members.push(user);
        }
        Ok(Box::new(move |memory| memory.hub.leave(user, room)))
    }
}

/// The direct conversation of two users, created if it is their first.
pub(in crate::journal) struct OpenDirect {
    pub(in crate::journal) one: User,
    pub(in crate::journal) other: User,
}

impl Single for OpenDirect {
    type Answer = ConversationId;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { one, other } = self;
        let (conversation, joined) = transaction.ensure_direct(one.id, other.id).await?;
        if joined.is_some() {
            bulletin.members.extend([one.id, other.id]);
        }
        Ok(Box::new(move |memory| {
            if let Some(joined) = joined {
                memory.hub.join(one.id, conversation, joined, Some(other.name));
                memory.hub.join(other.id, conversation, joined, Some(one.name));
            }
            conversation
        }))
    }
}
