//! Conversations: created, joined and left.

use std::sync::Arc;

use super::Single;
use crate::domain::clock;
use crate::domain::ids::{ConversationId, EventId, RoomId, UserId};
use crate::domain::payload;
use crate::hub::Event;
use crate::journal::memory::{AfterCommit, Memory};
use crate::store::{
    Bulletin, Changed, ConversationName, RoomCounts, StoreError, StoredChange, StoredMembership, Transaction, User,
};

/// A new room that its creator has joined, or the one that was created with the same idempotency key.
pub(in crate::journal) struct CreateRoom {
    pub(in crate::journal) name: String,
    pub(in crate::journal) creator: UserId,
    pub(in crate::journal) key: Option<String>,
    pub(in crate::journal) most: RoomCounts,
}

/// Why a room was not created.
#[derive(Debug)]
pub(crate) enum RoomError {
    NameTaken,
    /// The idempotency key was used for something else.
    KeyReused,
    /// The user has created as many rooms as a user may.
    TooMany,
    /// The user is in as many rooms as a user may be.
    JoinedTooMany,
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
        if most != RoomCounts::default() {
            let has = transaction.count_rooms_of(creator).await?;
            if most.created > 0 && has.created >= most.created {
                return Ok(Box::new(|_| Err(RoomError::TooMany)));
            }
            if most.joined > 0 && has.joined >= most.joined {
                return Ok(Box::new(|_| Err(RoomError::JoinedTooMany)));
            }
        }
        let Some((room, conversation)) = transaction.insert_room(&name, creator, clock::now_ms()).await? else {
            return Ok(Box::new(|_| Err(RoomError::NameTaken)));
        };
        if let Some(key) = &key {
            transaction.insert_room_key((creator, key), payload, room, clock::now_ms()).await?;
        }
        let joined = transaction.insert_membership(creator, conversation, 0).await?;
        let change = transaction.insert_membership_change(creator, conversation).await?;
        bulletin.members.push(creator);
        let room_ref = RoomRef { id: room, conversation, name };
        Ok(Box::new(move |memory| {
            joined.into_iter().for_each(|joined| memory.hub.join(creator, conversation, joined, room_ref.to_name()));
            memory.show(&room_ref.membership_event(creator, change));
            Ok(room)
        }))
    }
}

/// A room, with what its members know it by.
pub(crate) struct RoomRef {
    pub(crate) id: RoomId,
    pub(crate) conversation: ConversationId,
    pub(crate) name: String,
}

impl RoomRef {
    pub(super) fn to_name(&self) -> ConversationName {
        ConversationName::Room { id: self.id, name: self.name.clone() }
    }

    /// Returns the event of a user who has joined or left, given its place and time.
    pub(super) fn membership_event(&self, user_id: UserId, (id, changed_at_ms): (EventId, i64)) -> Arc<Event> {
        let room = Some((self.id, self.name.clone()));
        let membership = StoredMembership { user_id, conversation_id: self.conversation, room };
        Arc::new(Event::from(&StoredChange { id, changed_at_ms, what: Changed::Membership(membership) }))
    }
}

/// A user joins a room at its newest message. A no-op for a member.
pub(in crate::journal) struct Join {
    pub(in crate::journal) user: UserId,
    pub(in crate::journal) room: RoomRef,
    /// How many rooms a user may be in. 0 means any number.
    pub(in crate::journal) most: i64,
}

impl Single for Join {
    type Answer = Result<(), RoomError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { user, room, most } = self;
        let Some(joined) = transaction.insert_membership(user, room.conversation, most).await? else {
            let is_refused = most > 0 && !transaction.is_member(user, room.conversation).await?;
            return Ok(Box::new(move |_| if is_refused { Err(RoomError::JoinedTooMany) } else { Ok(()) }));
        };
        let change = transaction.insert_membership_change(user, room.conversation).await?;
        bulletin.members.push(user);
        Ok(Box::new(move |memory| {
            memory.hub.join(user, room.conversation, joined, room.to_name());
            memory.show(&room.membership_event(user, change));
            Ok(())
        }))
    }
}

/// A user leaves a room. A no-op for a user who is not in it.
pub(in crate::journal) struct Leave {
    pub(in crate::journal) user: UserId,
    pub(in crate::journal) room: RoomRef,
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
        let mut change = None;
        if transaction.delete_membership(user, room.conversation).await? {
            change = Some(transaction.insert_membership_change(user, room.conversation).await?);
            bulletin.members.push(user);
        }
        Ok(Box::new(move |memory| {
            memory.hub.leave(user, room.conversation);
            change.into_iter().for_each(|change| memory.show(&room.membership_event(user, change)));
        }))
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
                memory.hub.join(one.id, conversation, joined, ConversationName::Direct { with: other.name });
                memory.hub.join(other.id, conversation, joined, ConversationName::Direct { with: one.name });
            }
            conversation
        }))
    }
}
