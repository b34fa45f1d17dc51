//! How memory follows the database: what other nodes have committed, and what was committed here without
//! its outcome being known. Called by the writer alone, so in the order of the commits.

use std::sync::Arc;

use super::entry::Memory;
use crate::accounts::Sessions;
use crate::hub::{self, Hub};
use crate::ids::{ChangeId, UserId};
use crate::store::{Change, Heads, Store, StoreError};

/// How many messages are read at once.
const MESSAGES: usize = 2000;

/// How many users or sessions are read at once.
const ROWS: usize = 1000;

/// Memory, and how far it has followed.
pub(super) struct Follower {
    store: Store,
    pub(super) memory: Memory,
    change: ChangeId,
}

impl Follower {
    /// Memory that holds what the database held at this change, or later.
    pub(super) fn new(store: Store, hub: Arc<Hub>, sessions: Arc<Sessions>, change: ChangeId) -> Self {
        Self { store, memory: Memory { hub, sessions }, change }
    }

    /// How far memory has come.
    pub(super) fn heads(&self) -> Heads {
        Heads { message: self.memory.hub.newest_message_id(), change: self.change }
    }

    /// How far the database has come.
    pub(super) async fn find_heads(&self) -> Result<Heads, StoreError> {
        self.store.find_heads().await
    }

    /// Memory has followed a change that was made here.
    pub(super) fn note_own_change(&mut self, change: ChangeId) {
        self.change = change;
    }

    /// Follows up to here. The changes first: a message that came after somebody joined has to find them
    /// joined.
    ///
    /// # Errors
    /// When the database cannot be read, or has fewer messages than were shown already.
    pub(super) async fn follow(&mut self, upto: Heads) -> Result<(), StoreError> {
        if upto.message < self.heads().message {
            return Err(StoreError::WentBack);
        }
        if self.change < upto.change {
            match self.store.list_changes(self.change, upto.change).await? {
                Some(changes) => self.apply(changes).await?,
                None => self.start_afresh().await?,
            }
            self.change = upto.change;
        }
        loop {
            let newest = self.heads().message;
            if newest >= upto.message {
                return Ok(());
            }
            let messages = self.store.list_messages_between(newest, upto.message, MESSAGES).await?;
            if messages.is_empty() {
                return Ok(());
            }
            let entries: Vec<_> = messages.iter().map(|stored| Arc::new(hub::Entry::from(stored))).collect();
            self.memory.hub.publish(&entries);
        }
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut members = Vec::new();
        for change in &changes {
            change.ended_sessions.iter().for_each(|id| self.memory.sessions.remove(id));
            change.positions.iter().for_each(|position| self.memory.hub.learn(position));
            members.extend(&change.members);
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

    /// After so long an absence that the changes are not there any more.
    async fn start_afresh(&self) -> Result<(), StoreError> {
        tracing::warn!("this node was away for so long that it reads anew who is signed in and has joined what");
        for ids in self.memory.sessions.list_ids().chunks(ROWS) {
            let open = self.store.list_open_sessions(ids).await?;
            ids.iter().filter(|id| !open.contains(*id)).for_each(|id| self.memory.sessions.remove(id));
        }
        self.refresh(&self.memory.hub.list_around()).await
    }
}
