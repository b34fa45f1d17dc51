//! Sessions: opened, looked up and closed.

use std::sync::Arc;

use super::sign_up::NewSession;
use super::{Reply, Single, answer};
use crate::journal::memory::{AfterCommit, Memory};
use crate::sessions::Session;
use crate::store::{Bulletin, OpenSession, Renewal, StoreError, Transaction, User};

/// Another session for a user.
pub(in crate::journal) struct SignIn {
    pub(in crate::journal) user: User,
    pub(in crate::journal) session: NewSession,
    /// A network to remember.
    pub(in crate::journal) network: Option<String>,
}

impl Single for SignIn {
    type Answer = Arc<Session>;

    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { user, session: NewSession { id, issued_ms, expires_ms }, network } = self;
        let row = OpenSession { id: id.clone(), user: user.id, issued_ms, expires_ms };
        transaction.insert_sessions(&[row]).await?;
        let network: Vec<_> = network.map(|network| (user.id, network)).into_iter().collect();
        transaction.remember_networks(&network, issued_ms).await?;
        let mut memberships = memory.read_memberships(vec![user.id], transaction).await?;
        Ok(Box::new(move |memory| {
            let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
            memory.sessions.add(id, user, inbox, Renewal::default())
        }))
    }
}

/// The end of a session, on every node.
pub(in crate::journal) struct SignOut {
    pub(in crate::journal) id: String,
}

impl Single for SignOut {
    type Answer = ();

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit, StoreError> {
        transaction.delete_session(&self.id).await?;
        bulletin.ended_sessions.push(self.id.clone());
        Ok(Box::new(move |memory| memory.sessions.remove(&self.id)))
    }
}

/// A new token for a session. Answers `None` if the session was signed out.
pub(in crate::journal) struct Renew {
    pub(in crate::journal) id: String,
    /// The generation of the token that is renewed.
    pub(in crate::journal) generation: i64,
    pub(in crate::journal) now_ms: i64,
    pub(in crate::journal) expires_ms: i64,
}

impl Single for Renew {
    type Answer = Option<Renewal>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { id, generation, now_ms, expires_ms } = self;
        let renewal = transaction.renew_session(&id, generation, now_ms, expires_ms).await?;
        bulletin.renewed_sessions.extend(renewal.map(|renewal| (id.clone(), renewal)));
        Ok(Box::new(move |memory| renewal.inspect(|renewal| memory.sessions.renew(&id, *renewal))))
    }
}

/// A look-up of a session that is not in memory. Answers `None` if it was signed out.
pub(in crate::journal) struct FindSession {
    pub(in crate::journal) id: String,
    pub(in crate::journal) reply: Reply<Option<Arc<Session>>>,
}

/// Looks up the sessions of a batch. This comes after every change to sessions and memberships in the transaction, and
/// memory is updated in the same order, so a look-up sees each sign-out, join and leave of its batch. After a restart
/// every session is looked up at once.
pub(in crate::journal) async fn look_up(
    lookups: Vec<FindSession>,
    transaction: &mut Transaction,
    memory: &Memory,
) -> Result<Option<AfterCommit>, StoreError> {
    if lookups.is_empty() {
        return Ok(None);
    }
    let ids: Vec<_> = lookups.iter().map(|lookup| lookup.id.as_str()).collect();
    let users = transaction.list_session_users(&ids).await?;
    let mut memberships =
        memory.read_memberships(users.values().map(|(user, _)| user.id).collect(), transaction).await?;
    Ok(Some(Box::new(move |memory| {
        for FindSession { id, reply } in lookups {
            let session = users.get(&id).map(|(user, renewal)| {
                let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
                memory.sessions.add(id, user.clone(), inbox, *renewal)
            });
            answer(reply, session);
        }
    })))
}
