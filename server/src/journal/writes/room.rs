//! Conversations: rooms created and changed, and direct conversations opened.

use std::sync::Arc;

use super::Single;
use crate::domain::clock;
use crate::domain::ids::{ConversationId, EventId, GENERAL_ROOM, RoomId, UserId};
use crate::domain::payload;
use crate::domain::right::{Refusal, Right, Role};
use crate::hub::{Event, Room};
use crate::journal::memory::{AfterCommit, Memory};
use crate::store::{
    Bulletin, Changed, RoomChange, RoomCounts, RoomSeat, StoreError, StoredChange, StoredMembership, Transaction, User,
};

/// A new room that its creator owns, or the one that was created with the same idempotency key.
pub(in crate::journal) struct CreateRoom {
    pub(in crate::journal) room: NewRoom,
    pub(in crate::journal) creator: UserId,
    pub(in crate::journal) key: Option<String>,
    pub(in crate::journal) most: RoomCounts,
}

/// A room to be created.
pub(crate) struct NewRoom {
    pub(crate) name: String,
    pub(crate) facts: RoomChange,
    /// The names of the users who join it besides its creator.
    pub(crate) members: Vec<String>,
    /// What was asked for, for the idempotency key.
    pub(crate) payload: i64,
}

impl NewRoom {
    /// Returns what an idempotency key is used for when this is asked for. A name alone has the same payload as in 0.1.
    pub(crate) fn payload_of(name: Option<&str>, others: &[&str]) -> i64 {
        match (name, others.iter().all(|other| other.is_empty())) {
            (Some(name), true) => payload::hash_of("room", &[name]),
            _ => payload::hash_of("room with", &[&[name.unwrap_or_default()], others].concat()),
        }
    }
}

/// Why a room, or what a user is to it, was not changed.
#[derive(Debug)]
pub(crate) enum RoomError {
    NameTaken,
    /// The idempotency key was used for something else.
    KeyReused,
    /// The user has created as many rooms as a user may.
    TooMany,
    /// The user is in as many rooms as a user may be.
    JoinedTooMany,
    /// There are no users with these names.
    NoSuchUsers(Vec<String>),
    /// The user does not see the room, or may not do that there.
    Refused(Refusal),
    /// The user is banned from the room.
    Banned,
    /// The room would be left without an owner.
    LastOwner,
    /// Nobody is removed from `general`.
    GeneralStays,
    /// `general` is always public and never archived. Holds the field that would change it.
    GeneralIsPublic(&'static str),
    Store(StoreError),
}

impl From<StoreError> for RoomError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Turns a refusal into an answer, and a failure of the database into an error of the transaction.
pub(super) fn answer_with<T: Send + 'static>(
    refused: RoomError,
) -> Result<AfterCommit<Result<T, RoomError>>, StoreError> {
    match refused {
        RoomError::Store(error) => Err(error),
        refused => Ok(Box::new(|_| Err(refused))),
    }
}

/// Reads what a user is to a room.
///
/// # Errors
/// [`Refusal::NotFound`] if there is no such user or room.
pub(super) async fn seat_of(
    transaction: &mut Transaction,
    user: UserId,
    conversation: ConversationId,
) -> Result<RoomSeat, RoomError> {
    let seat = transaction.read_seats(&[(user, conversation)]).await?.pop();
    seat.ok_or(RoomError::Refused(Refusal::NotFound))
}

impl RoomSeat {
    /// # Errors
    /// If the user does not have this right.
    pub(super) fn check(&self, right: Right) -> Result<(), RoomError> {
        self.rules.check(self.seat(), right).map_err(RoomError::Refused)
    }
}

/// Returns the event of a user who has joined or left, or has another role, given its place and time.
pub(super) fn membership_event(
    user_id: UserId,
    conversation_id: ConversationId,
    (id, changed_at_ms): (EventId, i64),
) -> Arc<Event> {
    let what = Changed::Membership(StoredMembership { user_id, conversation_id });
    Arc::new(Event::from(&StoredChange { id, changed_at_ms, what }))
}

/// Returns the event of a conversation that has changed itself, given its place and time.
pub(super) fn conversation_event(conversation: ConversationId, (id, changed_at_ms): (EventId, i64)) -> Arc<Event> {
    Arc::new(Event::from(&StoredChange { id, changed_at_ms, what: Changed::Conversation(conversation) }))
}

impl Single for CreateRoom {
    /// The room, and whether it is new.
    type Answer = Result<(RoomId, bool), RoomError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        match self.create(transaction, bulletin).await {
            Ok(after) => Ok(after),
            Err(refused) => answer_with(refused),
        }
    }
}

impl CreateRoom {
    async fn create(
        self,
        transaction: &mut Transaction,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<<Self as Single>::Answer>, RoomError> {
        let Self { room: NewRoom { name, facts, members, payload }, creator, key, most } = self;
        if let Some(key) = &key
            && let Some(used) = transaction.find_key(creator, key).await?
        {
            let room = used.room_id.filter(|_| used.payload == Some(payload)).ok_or(RoomError::KeyReused)?;
            return Ok(Box::new(move |_| Ok((room, false))));
        }
        if most != RoomCounts::default() {
            let has = transaction.count_rooms_of(creator).await?;
            if most.created > 0 && has.created >= most.created {
                return Err(RoomError::TooMany);
            }
            if most.joined > 0 && has.joined >= most.joined {
                return Err(RoomError::JoinedTooMany);
            }
        }
        let others = find_users(transaction, members).await?.into_iter().filter(|&user| user != creator);
        let members: Vec<_> =
            [(creator, Role::Owner)].into_iter().chain(others.map(|user| (user, Role::Member))).collect();
        let now_ms = clock::now_ms();
        let (room, joined) =
            transaction.insert_room(&name, &facts, creator, &members, now_ms).await?.ok_or(RoomError::NameTaken)?;
        if let Some(key) = &key {
            transaction.insert_room_key((creator, key), payload, room.id, now_ms).await?;
        }
        let users: Vec<_> = members.iter().map(|&(user, _)| user).collect();
        let changes = transaction.insert_first_changes(room.conversation_id, &users).await?;
        bulletin.members.extend(users);
        bulletin.rooms.push(room.id);
        Ok(Box::new(move |memory| {
            let (id, conversation) = (room.id, room.conversation_id);
            memory.hub.put_room(room);
            for ((user, role), change) in members.into_iter().zip(changes) {
                memory.hub.join(user, conversation, joined, role, None);
                memory.show(&membership_event(user, conversation, change));
            }
            Ok((id, true))
        }))
    }
}

/// Finds users by name.
///
/// # Errors
/// [`RoomError::NoSuchUsers`] with the names of those who do not exist or cannot sign in.
async fn find_users(transaction: &mut Transaction, names: Vec<String>) -> Result<Vec<UserId>, RoomError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = transaction.list_active_users(&names).await?;
    let is_known = |name: &String| found.iter().any(|(_, known)| known == name);
    let unknown: Vec<_> = names.into_iter().filter(|name| !is_known(name)).collect();
    match unknown.is_empty() {
        true => Ok(found.into_iter().map(|(id, _)| id).collect()),
        false => Err(RoomError::NoSuchUsers(unknown)),
    }
}

/// A change of a room by an owner or an admin. A no-op if the room is like that already.
pub(in crate::journal) struct ChangeRoom {
    /// The user who changes it, or `None` if it is the server's shell.
    pub(in crate::journal) user: Option<UserId>,
    pub(in crate::journal) room: Arc<Room>,
    pub(in crate::journal) change: RoomChange,
}

impl Single for ChangeRoom {
    /// Whether anything changed.
    type Answer = Result<bool, RoomError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        match self.apply(transaction, bulletin).await {
            Ok(after) => Ok(after),
            Err(refused) => answer_with(refused),
        }
    }
}

impl ChangeRoom {
    async fn apply(
        self,
        transaction: &mut Transaction,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<<Self as Single>::Answer>, RoomError> {
        let Self { user, room, change } = self;
        if let Some(user) = user {
            seat_of(transaction, user, room.conversation).await?.check(Right::Manage)?;
        }
        if room.id == GENERAL_ROOM && change.private == Some(true) {
            return Err(RoomError::GeneralIsPublic("private"));
        }
        if room.id == GENERAL_ROOM && change.archived == Some(true) {
            return Err(RoomError::GeneralIsPublic("archived"));
        }
        let before = transaction.read_room_facts(room.id).await?;
        transaction.update_room(room.id, &change, clock::now_ms()).await?;
        let facts = transaction.read_room_facts(room.id).await?;
        if facts == before {
            return Ok(Box::new(|_| Ok(false)));
        }
        let change = transaction.insert_conversation_change(room.conversation).await?;
        bulletin.rooms.push(room.id);
        Ok(Box::new(move |memory| {
            facts.into_iter().for_each(|facts| memory.hub.put_room(facts));
            memory.show(&conversation_event(room.conversation, change));
            Ok(true)
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
                memory.hub.join(one.id, conversation, joined, Role::Member, Some(other.name));
                memory.hub.join(other.id, conversation, joined, Role::Member, Some(one.name));
            }
            conversation
        }))
    }
}
