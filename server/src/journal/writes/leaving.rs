//! The end of a user: deleted by the user or by an administrator. What others still see comes from a name made from the
//! id, in the database and in the memory of every node.

use std::sync::Arc;

use super::account::{EndSessions, Which};
use super::user::{UserError, has_authority, refuse};
use super::{Single, Write};
use crate::domain::clock;
use crate::domain::ids::UserId;
use crate::hub::Event;
use crate::journal::memory::{AfterCommit, Memory};
use crate::journal::{Journal, LEAVE_TIMEOUT};
use crate::store::{Bulletin, Changed, StoreError, StoredChange, Transaction};

impl Journal {
    /// Deletes a user. Returns the name from which the user's messages are then.
    pub(crate) async fn delete_user(&self, leave: DeleteUser) -> Result<String, UserError> {
        self.enter_for(LEAVE_TIMEOUT, |reply| Write::single(leave.user, leave, reply)).await?
    }
}

/// A user who is to be deleted.
pub(crate) struct DeleteUser {
    pub(crate) user: UserId,
    pub(crate) by: DeletedBy,
    /// Whether the user's messages and reactions are erased.
    pub(crate) erases: bool,
}

/// Who deletes a user.
pub(crate) enum DeletedBy {
    Self_,
    /// An administrator, or `None` for the shell.
    Authority(Option<UserId>),
}

impl Single for DeleteUser {
    type Answer = Result<String, UserError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { user, by, erases } = self;
        if let DeletedBy::Authority(by) = by
            && !has_authority(transaction, by).await?
        {
            return refuse(UserError::NotAllowed);
        }
        let Some(profile) = transaction.find_profile(user).await? else { return refuse(UserError::NotFound) };
        let is_admin = profile.is_admin && profile.disabled_at.is_none();
        if is_admin && !transaction.has_other_admin(user).await? {
            return refuse(UserError::LastAdmin);
        }
        let end = EndSessions { user, which: Which::All }.write(transaction, memory, bulletin).await?;
        let peers = transaction.list_direct_peers(user).await?;
        let name = transaction.retire_user(&profile.user, clock::now_ms()).await?;
        transaction.delete_belongings(user).await?;
        let (erased, erased_at_ms, touched) = match erases {
            true => transaction.erase(&profile.user).await?,
            false => (Vec::new(), 0, transaction.rename_in_reactions(&profile.user, &name).await?),
        };
        let named = transaction.list_messages_naming(user, memory.hub.tail_base(), &touched).await?;
        let around: Vec<_> = peers.iter().copied().filter(|&peer| memory.hub.find_inbox(peer).is_some()).collect();
        let mut memberships = transaction.list_memberships_of(&around).await?;
        bulletin.members.push(user);
        bulletin.members.extend(peers);
        bulletin.deleted_users.push((user, touched));
        Ok(Box::new(move |memory| {
            end(memory);
            memory.hub.refresh(user, Vec::new());
            for peer in around {
                let of_peer = memberships.extract_if(.., |membership| membership.user_id == peer).collect();
                memory.hub.refresh(peer, of_peer);
            }
            memory.forget(user, &named);
            for (id, conversation_id) in erased {
                let what = Changed::Erased { conversation_id, author: name.clone() };
                memory.show(&Arc::new(Event::from(&StoredChange { id, changed_at_ms: erased_at_ms, what })));
            }
            Ok(name)
        }))
    }
}
