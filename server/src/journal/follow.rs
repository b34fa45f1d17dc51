//! How memory follows the database: what other nodes have committed, and what was committed here without
//! its outcome being known. Called by the writer alone, so in the order of the commits.

use std::sync::Arc;

use super::memory::Memory;
use crate::domain::ids::{BulletinId, UserId};
use crate::hub::{self, Hub};
use crate::sessions::Sessions;
use crate::store::{Bulletin, Heads, Store, StoreError};

/// How many messages are read at once.
const MESSAGES: usize = 2000;

/// How many users or sessions are read at once.
const ROWS: usize = 1000;

/// Memory, and how far it has followed.
pub(super) struct Follower {
    store: Store,
    pub(super) memory: Memory,
    bulletin: BulletinId,
    /// The database has had fewer messages than were shown here: nothing that memory says can be trusted.
    went_back: bool,
}

impl Follower {
    /// Memory that holds what the database held at this bulletin, or later.
    pub(super) fn new(store: Store, hub: Arc<Hub>, sessions: Arc<Sessions>, bulletin: BulletinId) -> Self {
        Self { store, memory: Memory { hub, sessions }, bulletin, went_back: false }
    }

    /// How far memory has come.
    pub(super) fn heads(&self) -> Heads {
        Heads { event: self.memory.hub.newest_id(), bulletin: self.bulletin }
    }

    /// How far the database has come.
    pub(super) async fn find_heads(&mut self) -> Result<Heads, StoreError> {
        let heads = self.store.find_heads().await?;
        self.check(heads)?;
        Ok(heads)
    }

    /// Whether memory is of this database, of which this was just read.
    ///
    /// # Errors
    /// When there are, or once were, fewer messages than were shown already. It stays so until a restart: ids that
    /// are used again would be taken for messages that are known.
    pub(super) fn check(&mut self, heads: Heads) -> Result<(), StoreError> {
        self.went_back |= heads.event < self.heads().event;
        if self.went_back { Err(StoreError::WentBack) } else { Ok(()) }
    }

    /// Memory has followed a bulletin of this node.
    pub(super) fn set_bulletin(&mut self, bulletin: BulletinId) {
        self.bulletin = bulletin;
    }

    /// Follows up to here. The bulletins first: a message that was sent after a user joined
    /// has to find that user joined.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(super) async fn follow(&mut self, upto: Heads) -> Result<(), StoreError> {
        if self.bulletin < upto.bulletin {
            match self.store.list_bulletins(self.bulletin, upto.bulletin).await? {
                Some(bulletins) => self.apply(bulletins).await?,
                None => self.start_afresh().await?,
            }
            self.bulletin = upto.bulletin;
        }
        loop {
            let newest = self.heads().event;
            if newest >= upto.event {
                return Ok(());
            }
            let messages = self.store.list_messages_between(newest, upto.event, MESSAGES).await?;
            if messages.is_empty() {
                return Ok(());
            }
            let events: Vec<_> = messages.iter().map(|stored| Arc::new(hub::Event::from(stored))).collect();
            self.memory.hub.show(&events);
            self.memory.hub.wake(&events);
        }
    }

    async fn apply(&self, bulletins: Vec<Bulletin>) -> Result<(), StoreError> {
        let mut members = Vec::new();
        for bulletin in &bulletins {
            bulletin.ended_sessions.iter().for_each(|id| self.memory.sessions.remove(id));
            bulletin.positions.iter().for_each(|position| self.memory.hub.learn(position));
            members.extend(&bulletin.members);
        }
        members.sort_unstable();
        members.dedup();
        members.retain(|&user| self.memory.hub.find_inbox(user).is_some());
        self.refresh(&members).await
    }

    /// Reads the memberships of users who are around.
    async fn refresh(&self, users: &[UserId]) -> Result<(), StoreError> {
        for users in users.chunks(ROWS) {
            let mut memberships = self.store.list_memberships_of(users).await?;
            for &user in users {
                let of_user = memberships.extract_if(.., |membership| membership.user_id == user).collect();
                self.memory.hub.refresh(user, of_user);
            }
        }
        Ok(())
    }

    /// Reads anew what the bulletins would have told, had they not been swept away.
    async fn start_afresh(&self) -> Result<(), StoreError> {
        tracing::warn!("this node was away for so long that it reads anew who is signed in and has joined what");
        for ids in self.memory.sessions.list_ids().chunks(ROWS) {
            let open = self.store.list_open_sessions(ids).await?;
            ids.iter().filter(|id| !open.contains(*id)).for_each(|id| self.memory.sessions.remove(id));
        }
        self.refresh(&self.memory.hub.list_around()).await
    }
}
