//! Rooms: finding the one that a request names, creating and changing them. All rooms are in memory, so that finding
//! one needs no query.

use std::net::IpAddr;
use std::sync::Arc;

use super::App;
use crate::accounts::audit::{self, Whom};
use crate::accounts::limits::JOIN_OR_LEAVE;
use crate::domain::ids::{ConversationId, GENERAL_ROOM, RoomId};
use crate::domain::name::Name;
use crate::domain::problem::{Kind, Problem};
use crate::domain::right::{Posting, Right, Role};
use crate::domain::title::{Title, Topic};
use crate::hub::{Hub, Room};
use crate::journal::{NewRoom, RoomError};
use crate::sessions::Session;
use crate::store::{self, RoomChange, RoomCounts, User};

impl App {
    /// Returns the room with this id.
    ///
    /// # Errors
    /// 404 if there is no such room, or if the caller does not see it.
    pub(crate) async fn find_room(&self, caller: &Session, id: RoomId) -> Result<Arc<Room>, Problem> {
        self.find_seen_room(caller, || self.hub.find_room(id)).await
    }

    /// Returns the room with this name.
    ///
    /// # Errors
    /// 404 if there is no such room, or if the caller does not see it.
    pub(crate) async fn find_room_named(&self, caller: &Session, name: &Name) -> Result<Arc<Room>, Problem> {
        self.find_seen_room(caller, || self.hub.find_room_named(name.as_str())).await
    }

    async fn find_seen_room(
        &self,
        caller: &Session,
        find: impl Fn() -> Option<Arc<Room>>,
    ) -> Result<Arc<Room>, Problem> {
        self.learn_visible_rooms(caller).await?;
        let find_seen = || find().filter(|room| room.is_seen_by(&caller.inbox));
        if let Some(room) = find_seen() {
            return Ok(room);
        }
        if self.store.is_shared() {
            // Another node may just have created the room, or have added the caller.
            self.journal.follow().await?;
        }
        find_seen().ok_or_else(Problem::not_found)
    }

    /// Returns a public room, for the server's shell.
    ///
    /// # Errors
    /// 404 if there is no such room, or if it is private.
    pub(crate) fn find_public_room(&self, find: impl FnOnce(&Hub) -> Option<Arc<Room>>) -> Result<Arc<Room>, Problem> {
        find(&self.hub).filter(|room| !room.facts().rules.is_private).ok_or_else(Problem::not_found)
    }

    /// Reads which public rooms a guest sees, if that is not in memory. The few whose rooms are limited are looked up
    /// each time: they may have become accounts.
    pub(crate) async fn learn_visible_rooms(&self, caller: &Session) -> Result<(), Problem> {
        let visible = &caller.inbox.visible;
        if visible.is_limited() || caller.user.guest && !visible.is_known() {
            visible.set(self.store.list_guest_rooms(caller.user.id).await?);
        }
        Ok(())
    }

    /// Checks that the caller still sees a room, before an answer is sent that was put together meanwhile. Everyone
    /// sees `general`, but for guests whose rooms are in memory.
    ///
    /// # Errors
    /// 404 if not.
    pub(crate) async fn check_seen(&self, caller: &Session, room: &Room) -> Result<(), Problem> {
        let is_seen = room.is_seen_by(&caller.inbox)
            && (room.id == GENERAL_ROOM || self.list_hidden(caller, &[room.conversation]).await?.is_empty());
        if is_seen { Ok(()) } else { Err(Problem::not_found()) }
    }

    /// Lists those of these rooms that the caller does not see in a database that nodes share. This node may not have
    /// followed a removal yet, and have read what was sent after it.
    pub(crate) async fn list_hidden(
        &self,
        caller: &Session,
        rooms: &[ConversationId],
    ) -> Result<Vec<ConversationId>, Problem> {
        if !self.store.is_shared() {
            return Ok(Vec::new());
        }
        let seats = self.store.list_seats_of(caller.user.id, rooms).await?;
        let hidden = seats.iter().filter(|seat| seat.rules.check(seat.seat(), Right::Read).is_err());
        Ok(hidden.map(|seat| seat.conversation_id).collect())
    }

    /// Leaves out the rooms that the caller does not see, or no longer.
    pub(crate) async fn retain_seen(
        &self,
        caller: &Session,
        mut rooms: Vec<store::Room>,
    ) -> Result<Vec<store::Room>, Problem> {
        let is_seen = |room: &store::Room| {
            self.hub.find_room(room.id).map_or(!room.rules.is_private, |known| known.is_seen_by(&caller.inbox))
        };
        if self.store.is_shared() && !rooms.iter().all(is_seen) {
            // Another node may just have added the caller.
            self.journal.follow().await?;
        }
        rooms.retain(is_seen);
        Ok(rooms)
    }

    /// Creates a room, or returns the one that was created with the same key.
    pub(crate) async fn create_room(
        &self,
        creator: &Session,
        wanted: WantedRoom,
        key: Option<String>,
        address: IpAddr,
    ) -> Result<RoomId, Problem> {
        let limits = &self.settings.limits;
        let most = RoomCounts { created: limits.rooms_per_user.into(), joined: limits.joined_rooms_per_user.into() };
        if !wanted.members.is_empty() && self.is_guest(&creator.user).await? {
            self.check_known(creator, &wanted.members).await?;
        }
        let wanted = wanted.into_new()?;
        let (name, members) = (wanted.name.clone(), wanted.members.clone());
        let (id, is_new) = self.journal.create_room(wanted, creator.user.id, key, most).await?;
        for member in members.iter().filter(|_| is_new) {
            audit::act("made a user a member of a room", &creator.user.name, Whom::Member(member, &name), address);
        }
        Ok(id)
    }
}

impl App {
    /// Checks that the caller has a right in a room, as the database has it.
    ///
    /// # Errors
    /// 403 or 404 if not.
    pub(crate) async fn check_right(&self, caller: &Session, room: &Room, right: Right) -> Result<(), Problem> {
        let seats = self.store.list_seats_of(caller.user.id, &[room.conversation]).await?;
        let seat = seats.first().ok_or_else(Problem::not_found)?;
        Ok(seat.rules.check(seat.seat(), right)?)
    }

    /// Checks that a guest shares a conversation with all of these users. Others do not exist for a guest.
    ///
    /// # Errors
    /// 400 that names the others.
    async fn check_known(&self, guest: &Session, names: &[String]) -> Result<(), Problem> {
        let mut users = self.store.list_profiles_named(names).await?;
        let ids: Vec<_> = users.iter().map(|profile| profile.user.id).collect();
        let known = self.store.list_known_to(guest.user.id, &ids).await?;
        users.retain(|profile| known.binary_search(&profile.user.id).is_ok());
        let is_unknown = |name: &&String| users.iter().all(|profile| profile.user.name != **name);
        match names.iter().filter(is_unknown).cloned().collect::<Vec<_>>() {
            unknown if unknown.is_empty() => Ok(()),
            unknown => Err(RoomError::NoSuchUsers(unknown).into()),
        }
    }

    /// Gives a user a role in a room, or with `None` removes the user.
    ///
    /// # Errors
    /// 404 if the caller does not see the room, or if there is no such user; 403 if the caller may not; 409 if the user
    /// is the last owner, or would be removed from `general`.
    pub(crate) async fn set_member(
        &self,
        caller: &Session,
        address: IpAddr,
        room: RoomId,
        name: &Name,
        role: Option<Role>,
    ) -> Result<(), Problem> {
        let is_self = name.as_str() == caller.user.name;
        let room = match self.find_room(caller, room).await {
            // An admin may enter a private room.
            Err(problem) if is_self && role.is_some() && problem.kind == Kind::NotFound => {
                let is_admin = self.store.find_rank(caller.user.id).await?.is_some_and(|rank| rank.admin);
                self.hub.find_room(room).filter(|_| is_admin).ok_or(problem)?
            }
            found => found?,
        };
        self.limits.changes.take_weighted(&caller.user.id, JOIN_OR_LEAVE)?;
        let user = match is_self {
            true => caller.user.id,
            false => {
                self.check_right(caller, &room, Right::Manage).await?;
                let user = self.store.find_user_by_name(name.as_str()).await?.ok_or_else(Problem::not_found)?.id;
                if self.is_stranger_to(&caller.user, user).await? {
                    return Err(Problem::not_found());
                }
                user
            }
        };
        if !self.journal.set_member(caller.user.id, Arc::clone(&room), user, role).await? {
            return Ok(());
        }
        let act = match role {
            None => "removed a user from a room",
            Some(Role::Owner) => "made a user an owner of a room",
            Some(Role::Member) => "made a user a member of a room",
            Some(Role::Reader) => "made a user a reader of a room",
            Some(Role::Banned) => "banned a user from a room",
        };
        audit::act(act, &caller.user.name, Whom::Member(name.as_str(), &room.name), address);
        Ok(())
    }

    /// Changes a room. Without a user, it is the server's shell that does.
    ///
    /// # Errors
    /// 403 if the caller may not, 400 if `general` would not stay public.
    pub(crate) async fn change_room(
        &self,
        by: Option<&User>,
        address: IpAddr,
        room: Arc<Room>,
        change: RoomChange,
    ) -> Result<(), Problem> {
        let act = match (change.private, change.archived) {
            (Some(true), _) => "changed a room, which is private",
            (Some(false), _) => "changed a room, which is public",
            (None, Some(true)) => "archived a room",
            (None, Some(false)) => "brought a room back from the archive",
            (None, None) => "changed a room",
        };
        if self.journal.change_room(by.map(|by| by.id), Arc::clone(&room), change).await? {
            audit::act(act, by.map_or(audit::SHELL, |by| by.name.as_str()), Whom::Room(&room.name), address);
        }
        Ok(())
    }
}

/// The most users whom the creator of a room may add at once.
const MAX_MEMBERS: usize = 100;

/// A room that a user wants to create.
pub(crate) struct WantedRoom {
    name: Option<Name>,
    is_private: bool,
    title: Option<Title>,
    topic: Topic,
    /// Names, the creator's left out.
    members: Vec<String>,
    creator: String,
}

impl WantedRoom {
    /// Checks what a user wants.
    ///
    /// # Errors
    /// 400 if a field breaks its rule, or if a public room has no name.
    pub(crate) fn parse(creator: &Session, wanted: linger_api::CreateRoom) -> Result<Self, Problem> {
        let linger_api::CreateRoom { name, private: is_private, title, topic, members } = wanted;
        let name = name.map(|name| Name::parse_field("name", &name)).transpose()?;
        if name.is_none() && !is_private {
            return Err(Problem::bad_field("name", "name is required: only a private room may do without."));
        }
        let title = title.map(|title| Title::parse("title", &title)).transpose()?;
        let topic = topic.map(|topic| Topic::parse("topic", &topic)).transpose()?.unwrap_or_default();
        let names = members.iter().map(|name| Name::parse_field("members", name).map(|name| name.to_string()));
        let mut members: Vec<_> = names.collect::<Result<_, _>>()?;
        if members.len() > MAX_MEMBERS {
            return Err(Problem::bad_field("members", "members must list at most 100 names."));
        }
        let creator = creator.user.name.clone();
        members.retain(|name| *name != creator);
        members.sort_unstable();
        members.dedup();
        Ok(Self { name, is_private, title, topic, members, creator })
    }

    /// # Errors
    /// 500 if the operating system provides no random numbers.
    fn into_new(self) -> Result<NewRoom, Problem> {
        let Self { name, is_private, title, topic, members, creator } = self;
        let (title, topic) = (title.map(Title::into_string), topic.into_string());
        let private = if is_private { "private" } else { "" };
        let others = [private, title.as_deref().unwrap_or_default(), &topic, &members.join(" ")];
        let payload = NewRoom::payload_of(name.as_ref().map(Name::as_str), &others);
        let people: Vec<_> = std::iter::once(creator.as_str()).chain(members.iter().map(String::as_str)).collect();
        let (name, title) = match name {
            Some(name) => (name.to_string(), title),
            None => (made_up_name()?, title.or_else(|| Some(Title::of_people(&people).into_string()))),
        };
        let facts = RoomChange {
            title: title.map(Some),
            topic: Some(topic).filter(|topic| !topic.is_empty()),
            private: is_private.then_some(true),
            ..RoomChange::default()
        };
        Ok(NewRoom { name, facts, members, payload })
    }
}

/// Makes up the name of a group conversation, which nobody has to type.
fn made_up_name() -> Result<String, Problem> {
    let random = getrandom::u64().map_err(|_| Problem::internal())?;
    Ok(format!("group-{random:016x}"))
}

impl From<Role> for linger_api::RoomRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Member => Self::Member,
            Role::Reader => Self::Reader,
            Role::Banned => Self::Banned,
        }
    }
}

impl From<linger_api::RoomRole> for Role {
    fn from(role: linger_api::RoomRole) -> Self {
        match role {
            linger_api::RoomRole::Owner => Self::Owner,
            linger_api::RoomRole::Member => Self::Member,
            linger_api::RoomRole::Reader => Self::Reader,
            linger_api::RoomRole::Banned => Self::Banned,
        }
    }
}

impl From<Posting> for linger_api::Posting {
    fn from(posting: Posting) -> Self {
        match posting {
            Posting::Everyone => Self::Everyone,
            Posting::Members => Self::Members,
            Posting::Owners => Self::Owners,
        }
    }
}

impl From<linger_api::Posting> for Posting {
    fn from(posting: linger_api::Posting) -> Self {
        match posting {
            linger_api::Posting::Everyone => Self::Everyone,
            linger_api::Posting::Members => Self::Members,
            linger_api::Posting::Owners => Self::Owners,
        }
    }
}
