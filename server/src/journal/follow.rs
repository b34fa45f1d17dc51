//! How memory follows the database: the commits of other nodes, and commits of this node whose outcome was unknown.
//! Only the writer calls it, so memory changes in commit order.

use std::sync::Arc;

use super::memory::Memory;
use crate::domain::ids::{BulletinId, EventId, RoomId, UserId};
use crate::hub::{self, Hub};
use crate::sessions::Sessions;
use crate::store::{Bulletin, Heads, Membership, RoomFacts, Store, StoreError};

/// How many events one query reads.
const EVENTS: usize = 2000;

/// How many users or sessions one query reads.
const ROWS: usize = 1000;

/// Memory, and how far it has followed.
pub(super) struct Follower {
    store: Store,
    pub(super) memory: Memory,
    /// The newest bulletin that memory has followed.
    bulletin: BulletinId,
    /// Set when bulletins are gone that memory had not followed.
    has_missed: bool,
    /// Set when the database held fewer events than were shown here. Nothing in memory can be trusted from then on.
    went_back: bool,
}

/// What other nodes have committed, read but not applied to memory.
pub(super) struct Missed {
    upto: Heads,
    /// `None` if some bulletins are gone.
    told: Option<Told>,
    /// The first of the events.
    events: Vec<Arc<hub::Event>>,
}

/// What bulletins tell, with what they say has to be read again.
struct Told {
    bulletins: Vec<(BulletinId, Bulletin)>,
    rooms: Vec<RoomFacts>,
    members: Members,
}

/// Memberships, by user, and rooms among them that are new to memory.
#[derive(Default)]
struct Members {
    rooms: Vec<RoomFacts>,
    by_user: Vec<(UserId, Vec<Membership>)>,
}

impl Follower {
    /// Wraps memory that holds what the database held at this bulletin, or later.
    pub(super) fn new(store: Store, hub: Arc<Hub>, sessions: Arc<Sessions>, bulletin: BulletinId) -> Self {
        Self { store, memory: Memory::new(hub, sessions), bulletin, has_missed: false, went_back: false }
    }

    /// Returns how far memory has come.
    pub(super) fn heads(&self) -> Heads {
        Heads { event: self.memory.hub.newest_id(), bulletin: self.bulletin }
    }

    /// Reads how far the database has come.
    pub(super) async fn find_heads(&mut self) -> Result<Heads, StoreError> {
        let heads = self.store.find_heads().await?;
        self.check(heads)?;
        Ok(heads)
    }

    /// Checks that memory does not run ahead of the database. `heads` was just read from it.
    ///
    /// # Errors
    /// If the database holds, or ever held, fewer events than were already shown. The error remains until a restart:
    /// an id that is used again would be mistaken for a known event.
    pub(super) fn check(&mut self, heads: Heads) -> Result<(), StoreError> {
        if heads.bulletin < self.bulletin {
            // The newest bulletins were lost. Their ids are used again, perhaps for others.
            self.bulletin = heads.bulletin;
            self.has_missed = true;
        }
        self.went_back |= heads.event < self.heads().event;
        if self.went_back { Err(StoreError::WentBack) } else { Ok(()) }
    }

    /// Records that memory has followed this node's own transaction, up to this bulletin.
    pub(super) fn set_bulletin(&mut self, bulletin: BulletinId) {
        self.bulletin = bulletin;
    }

    /// Returns whether memory has everything besides the line up to `upto`.
    pub(super) fn knows_bulletins(&self, upto: Heads) -> bool {
        !self.has_missed && self.bulletin >= upto.bulletin
    }

    /// Returns whether memory has everything up to `upto`.
    pub(super) fn is_level(&self, upto: Heads) -> bool {
        let here = self.heads();
        self.knows_bulletins(upto) && here.event >= upto.event
    }

    /// Follows up to `upto`: reads what memory has missed, and applies it.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(super) async fn follow(&mut self, upto: Heads) -> Result<(), StoreError> {
        let missed = self.read(upto).await?;
        self.apply(missed).await
    }

    /// Reads what memory has missed up to `upto`, with two connections. It has to be applied before anything else is.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(super) async fn read(&self, upto: Heads) -> Result<Missed, StoreError> {
        let (told, events) = tokio::try_join!(self.read_told(upto.bulletin), self.read_events(upto.event))?;
        Ok(Missed { upto, told, events })
    }

    /// Applies what was read. Bulletins come first: when an event is shown, the users who joined before it must be
    /// members in memory.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(super) async fn apply(&mut self, Missed { upto, told, mut events }: Missed) -> Result<(), StoreError> {
        match told {
            Some(told) => {
                let newest = told.bulletins.last().map_or(self.bulletin, |&(id, _)| id);
                self.apply_told(told).await?;
                self.bulletin = newest;
            }
            None => {
                self.has_missed = true;
                self.bulletin = upto.bulletin;
            }
        }
        if self.has_missed {
            self.start_afresh().await?;
            self.has_missed = false;
        }
        while !events.is_empty() {
            self.memory.hub.show(&events);
            self.memory.hub.wake(&events);
            events = self.read_events(upto.event).await?;
        }
        Ok(())
    }

    /// Reads the next events up to `upto`.
    async fn read_events(&self, upto: EventId) -> Result<Vec<Arc<hub::Event>>, StoreError> {
        let newest = self.heads().event;
        if newest >= upto {
            return Ok(Vec::new());
        }
        let events = self.store.list_events_between(newest, upto, EVENTS).await?;
        Ok(events.iter().map(|stored| Arc::new(hub::Event::from(stored))).collect())
    }

    /// Reads the bulletins up to `upto`, and what they say has to be read again. Returns `None` if some are gone.
    async fn read_told(&self, upto: BulletinId) -> Result<Option<Told>, StoreError> {
        let Some(bulletins) = self.store.list_bulletins(self.bulletin, upto).await? else { return Ok(None) };
        let of_all = || bulletins.iter().map(|(_, bulletin)| bulletin);
        let rooms = of_all().flat_map(|bulletin| &bulletin.rooms).copied().collect();
        let mut members: Vec<_> = of_all().flat_map(|bulletin| &bulletin.members).copied().collect();
        members.sort_unstable();
        members.dedup();
        members.retain(|&user| self.memory.hub.find_inbox(user).is_some());
        let (rooms, members) = (self.read_rooms(rooms).await?, self.read_members(&members).await?);
        Ok(Some(Told { bulletins, rooms, members }))
    }

    async fn apply_told(&self, Told { bulletins, rooms, members }: Told) -> Result<(), StoreError> {
        for (_, bulletin) in &bulletins {
            for (id, renewal) in &bulletin.renewed_sessions {
                self.memory.sessions.renew(id, *renewal, bulletin.age_ms);
            }
            bulletin.ended_sessions.iter().for_each(|id| self.memory.sessions.remove(id));
            bulletin.positions.iter().for_each(|position| self.memory.hub.learn(position));
        }
        rooms.into_iter().for_each(|room| self.memory.hub.put_room(room));
        for (user, also) in bulletins.iter().flat_map(|(_, bulletin)| &bulletin.deleted_users) {
            self.forget(*user, also).await?;
        }
        self.refresh(members);
        Ok(())
    }

    /// Reads again the messages in memory that named a user who was deleted.
    async fn forget(&self, user: UserId, also: &[EventId]) -> Result<(), StoreError> {
        let named = self.store.list_messages_naming(user, self.memory.hub.tail_base(), also).await?;
        self.memory.forget(user, &named);
        Ok(())
    }

    /// Reads the memberships of users, and the rooms among them that memory does not have: what is read may be newer
    /// than the last bulletin.
    async fn read_members(&self, users: &[UserId]) -> Result<Members, StoreError> {
        let mut members = Members::default();
        for users in users.chunks(ROWS) {
            let mut memberships = self.store.list_memberships_of(users).await?;
            let is_new = |room: &RoomId| self.memory.hub.find_room(*room).is_none();
            let new = memberships.iter().filter_map(|membership| membership.room_id).filter(is_new).collect();
            members.rooms.extend(self.read_rooms(new).await?);
            for &user in users {
                let of_user = memberships.extract_if(.., |membership| membership.user_id == user).collect();
                members.by_user.push((user, of_user));
            }
        }
        Ok(members)
    }

    fn refresh(&self, Members { rooms, by_user }: Members) {
        rooms.into_iter().for_each(|room| self.memory.hub.put_room(room));
        by_user.into_iter().for_each(|(user, memberships)| self.memory.hub.refresh(user, memberships));
    }

    /// Reads rooms that are new or have changed.
    async fn read_rooms(&self, mut ids: Vec<RoomId>) -> Result<Vec<RoomFacts>, StoreError> {
        ids.sort_unstable();
        ids.dedup();
        let mut rooms = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS) {
            rooms.extend(self.store.list_room_facts(ids).await?);
        }
        Ok(rooms)
    }

    /// Reads again what the bulletins would have told, because some are gone.
    async fn start_afresh(&self) -> Result<(), StoreError> {
        tracing::warn!(
            "this node has missed changes by other nodes: it reads again who is signed in, the rooms, and who joined what"
        );
        for user in self.store.list_deleted_users(ROWS as i64).await? {
            self.forget(user, &[]).await?;
        }
        for ids in self.memory.sessions.list_ids().chunks(ROWS) {
            let open = self.store.list_open_sessions(ids).await?;
            for id in ids {
                match open.get(id) {
                    Some(renewal) => self.memory.sessions.renew(id, *renewal, renewal.age_ms()),
                    None => self.memory.sessions.remove(id),
                }
            }
        }
        self.store.list_all_room_facts().await?.into_iter().for_each(|room| self.memory.hub.put_room(room));
        self.refresh(self.read_members(&self.memory.hub.list_around()).await?);
        Ok(())
    }
}
