//! Memory that follows the database: everyone who is around. Only the journal changes it, in the order of the commits.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::ids::UserId;
use crate::hub::{Hub, Inbox};
use crate::sessions::Sessions;
use crate::store::{Membership, StoreError, Transaction};

/// What is done in memory once the transaction is committed.
pub(super) type AfterCommit<T = ()> = Box<dyn FnOnce(&Memory) -> T + Send>;

/// The hub and the sessions.
pub(super) struct Memory {
    pub(super) hub: Arc<Hub>,
    pub(super) sessions: Arc<Sessions>,
}

impl Memory {
    /// Returns the user's inbox. A user who is not in memory is taken in with these memberships.
    pub(super) fn inbox(&self, user: UserId, memberships: Vec<Membership>) -> Arc<Inbox> {
        self.hub.find_inbox(user).unwrap_or_else(|| self.hub.add_inbox(user, memberships))
    }

    /// Reads the memberships of those users who are not in memory yet; the others' are known.
    pub(super) async fn read_memberships(
        &self,
        mut users: Vec<UserId>,
        transaction: &mut Transaction,
    ) -> Result<HashMap<UserId, Vec<Membership>>, StoreError> {
        users.retain(|&user| self.hub.find_inbox(user).is_none());
        let mut by_user: HashMap<_, Vec<_>> = HashMap::new();
        if !users.is_empty() {
            for membership in transaction.list_memberships_of(&users).await? {
                by_user.entry(membership.user_id).or_default().push(membership);
            }
        }
        Ok(by_user)
    }
}
