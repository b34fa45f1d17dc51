//! How memory follows the database: the commits of other nodes, and commits of this node whose outcome was unknown.
//! Only the writer calls it, so memory changes in commit order.

use std::sync::Arc;

use super::memory::Memory;
use crate::domain::ids::{BulletinId, EventId, RoomId, UserId};
use crate::hub::{self, Hub};
use crate::sessions::Sessions;
use crate::store::{Bulletin, Heads, Store, StoreError};

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

    /// Follows up to `upto`. Bulletins come first: when an event is shown, the users who joined before it must be
    /// members in memory.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub(super) async fn follow(&mut self, upto: Heads) -> Result<(), StoreError> {
        while self.bulletin < upto.bulletin {
            match self.store.list_bulletins(self.bulletin, upto.bulletin).await? {
                Some(bulletins) => {
                    self.apply(&bulletins).await?;
                    let Some(&(last, _)) = bulletins.last() else { break };
                    self.bulletin = last;
                }
                None => {
                    self.has_missed = true;
                    self.bulletin = upto.bulletin;
                }
            }
        }
        if self.has_missed {
            self.start_afresh().await?;
            self.has_missed = false;
        }
        loop {
            let newest = self.heads().event;
            if newest >= upto.event {
                return Ok(());
            }
            let events = self.store.list_events_between(newest, upto.event, EVENTS).await?;
            if events.is_empty() {
                return Ok(());
            }
            let events: Vec<_> = events.iter().map(|stored| Arc::new(hub::Event::from(stored))).collect();
            self.memory.hub.show(&events);
            self.memory.hub.wake(&events);
        }
    }

    async fn apply(&self, bulletins: &[(BulletinId, Bulletin)]) -> Result<(), StoreError> {
        let (mut rooms, mut members) = (Vec::new(), Vec::new());
        for (_, bulletin) in bulletins {
            for (id, renewal) in &bulletin.renewed_sessions {
                self.memory.sessions.renew(id, *renewal, bulletin.age_ms);
            }
            bulletin.ended_sessions.iter().for_each(|id| self.memory.sessions.remove(id));
            bulletin.positions.iter().for_each(|position| self.memory.hub.learn(position));
            members.extend(&bulletin.members);
            rooms.extend(&bulletin.rooms);
        }
        self.read_rooms(rooms).await?;
        for (user, also) in bulletins.iter().flat_map(|(_, bulletin)| &bulletin.deleted_users) {
            self.forget(*user, also).await?;
        }
        members.sort_unstable();
        members.dedup();
        members.retain(|&user| self.memory.hub.find_inbox(user).is_some());
        self.refresh(&members).await
    }

    /// Reads again the messages in memory that named a user who was deleted.
    async fn forget(&self, user: UserId, also: &[EventId]) -> Result<(), StoreError> {
        let named = self.store.list_messages_naming(user, self.memory.hub.tail_base(), also).await?;
        self.memory.forget(user, &named);
        Ok(())
    }

    /// Reads the memberships of users in memory again.
    async fn refresh(&self, users: &[UserId]) -> Result<(), StoreError> {
        for users in users.chunks(ROWS) {
            let mut memberships = self.store.list_memberships_of(users).await?;
            // These memberships may be newer than the last bulletin.
            let is_new = |room: &RoomId| self.memory.hub.find_room(*room).is_none();
            self.read_rooms(memberships.iter().filter_map(|membership| membership.room_id).filter(is_new).collect())
                .await?;
            for &user in users {
                let of_user = memberships.extract_if(.., |membership| membership.user_id == user).collect();
                self.memory.hub.refresh(user, of_user);
            }
        }
        Ok(())
    }

    /// Reads rooms that are new or have changed.
    async fn read_rooms(&self, mut rooms: Vec<RoomId>) -> Result<(), StoreError> {
        rooms.sort_unstable();
        rooms.dedup();
        for rooms in rooms.chunks(ROWS) {
            self.store.list_room_facts(rooms).await?.into_iter().for_each(|room| self.memory.hub.put_room(room));
        }
        Ok(())
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
        self.refresh(&self.memory.hub.list_around()).await
    }
}
