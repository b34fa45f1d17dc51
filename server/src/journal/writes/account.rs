//! A user's own account: the display name, the password, and which sessions are signed in.

use super::Single;
use crate::domain::ids::UserId;
use crate::journal::Journal;
use crate::journal::memory::{AfterCommit, Memory};
use crate::store::{Bulletin, StoreError, Transaction};

impl Journal {
    /// Sets the name that is shown beside the user's, or removes it.
    pub(crate) async fn set_display_name(&self, user: UserId, name: Option<String>) -> Result<(), StoreError> {
        self.enter_single(user, SetDisplayName { user, name }).await
    }

    /// Sets a password and ends the user's other sessions.
    pub(crate) async fn set_password(&self, new: NewPassword) -> Result<PasswordSet, StoreError> {
        self.enter_single(new.user, new).await
    }

    /// Ends sessions of a user, with the requests that they hold. Returns whether there were any.
    pub(crate) async fn end_sessions(&self, user: UserId, which: Which) -> Result<bool, StoreError> {
        self.enter_single(user, EndSessions { user, which }).await
    }
}

struct SetDisplayName {
    user: UserId,
    name: Option<String>,
}

impl Single for SetDisplayName {
    type Answer = ();

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit, StoreError> {
        transaction.update_display_name(self.user, self.name.as_deref()).await?;
        Ok(Box::new(|_| ()))
    }
}

/// A password to be set. It cannot be printed.
pub(crate) struct NewPassword {
    pub(crate) user: UserId,
    /// The session that sets it, which goes on.
    pub(crate) session: String,
    pub(crate) proof: Proof,
    pub(crate) hash: String,
}

/// Why a session may set a password.
pub(crate) enum Proof {
    /// The user is a guest, or the old password matches this hash.
    Known(Option<String>),
    /// The session may do so once without the old password of this hash.
    OncePerSession(Option<String>),
}

/// The outcome of setting a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordSet {
    Done,
    /// The proof is none any more: another request was faster.
    Refused,
}

impl Single for NewPassword {
    type Answer = PasswordSet;

    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { user, session, proof, hash } = self;
        let known = match proof {
            Proof::OncePerSession(_) if !transaction.take_right_to_set_password(&session).await? => {
                return Ok(Box::new(|_| PasswordSet::Refused));
            }
            Proof::Known(known) | Proof::OncePerSession(known) => known,
        };
        if !transaction.update_password(user, known.as_deref(), &hash).await? {
            return Ok(Box::new(|_| PasswordSet::Refused));
        }
        let end = EndSessions { user, which: Which::AllBut(session) };
        let end = end.write(transaction, memory, bulletin).await?;
        Ok(Box::new(move |memory| {
            end(memory);
            PasswordSet::Done
        }))
    }
}

/// Which sessions of a user end.
pub(crate) enum Which {
    All,
    One(String),
    AllBut(String),
}

pub(super) struct EndSessions {
    pub(super) user: UserId,
    pub(super) which: Which,
}

impl Single for EndSessions {
    type Answer = bool;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let ended = match self.which {
            Which::One(id) if !transaction.delete_session_of(self.user, &id).await? => Vec::new(),
            Which::One(id) => vec![id],
            Which::All => transaction.delete_sessions_of(self.user, None).await?,
            Which::AllBut(id) => transaction.delete_sessions_of(self.user, Some(&id)).await?,
        };
        bulletin.ended_sessions.extend(ended.iter().cloned());
        // A code that an ended session has made would open another one.
        transaction.delete_codes_of(self.user, None).await?;
        Ok(Box::new(move |memory| {
            ended.iter().for_each(|id| memory.sessions.remove(id));
            !ended.is_empty()
        }))
    }
}
