//! New accounts, created together for a batch. When a server is new, everyone signs up at the same moment, and separate
//! statements for each of them would keep the journal busy for seconds.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Reply, answer};
use crate::domain::clock;
use crate::domain::cursor::Cursor;
use crate::domain::ids::Seq;
use crate::journal::memory::AfterCommit;
use crate::sessions::Session;
use crate::store::{Newcomer, OpenSession, Renewal, StoreError, Transaction, User};

/// A new user who joins `general`, with a first session. Answers `None` if the name is taken.
pub(in crate::journal) struct SignUp {
    pub(in crate::journal) newcomer: Newcomer,
    pub(in crate::journal) session: NewSession,
    /// The network that an account comes from, to be remembered.
    pub(in crate::journal) network: Option<String>,
    pub(in crate::journal) reply: Reply<Option<(Arc<Session>, NewUser)>>,
}

/// A session to be opened.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) issued_ms: i64,
    pub(crate) expires_ms: i64,
}

/// The place where a new user begins.
pub(crate) struct NewUser {
    /// The newest seq of `general` at that moment.
    pub(crate) general_seq: Seq,
    /// The place of the newest event at that moment.
    pub(crate) cursor: Cursor,
}

/// Creates the accounts of a batch with their first sessions.
pub(in crate::journal) async fn create(
    sign_ups: Vec<SignUp>,
    transaction: &mut Transaction,
) -> Result<Option<AfterCommit>, StoreError> {
    if sign_ups.is_empty() {
        return Ok(None);
    }
    let newcomers: Vec<_> = sign_ups.iter().map(|sign_up| sign_up.newcomer.clone()).collect();
    let users = transaction.insert_users(&newcomers, clock::now_ms()).await?;
    let ids: Vec<_> = users.iter().flatten().map(|user| user.id).collect();
    let memberships = transaction.insert_first_memberships(&ids).await?;
    let sessions: Vec<_> = users
        .iter()
        .zip(&sign_ups)
        .filter_map(|(user, SignUp { session: NewSession { id, issued_ms, expires_ms }, .. })| {
            let user = user.as_ref()?.id;
            Some(OpenSession { id: id.clone(), user, issued_ms: *issued_ms, expires_ms: *expires_ms })
        })
        .collect();
    transaction.insert_sessions(&sessions).await?;
    let network = |(user, sign_up): (&Option<User>, &SignUp)| Some((user.as_ref()?.id, sign_up.network.clone()?));
    let networks: Vec<_> = users.iter().zip(&sign_ups).filter_map(network).collect();
    transaction.remember_networks(&networks, clock::now_ms()).await?;
    let mut memberships: HashMap<_, _> = memberships.into_iter().map(|general| (general.user_id, general)).collect();
    Ok(Some(Box::new(move |memory| {
        for (user, SignUp { session, reply, .. }) in users.into_iter().zip(sign_ups) {
            let created = user.and_then(|user| {
                let general = memberships.remove(&user.id)?;
                let new = NewUser { general_seq: general.since_seq, cursor: memory.hub.cursor_at_newest() };
                let inbox = memory.inbox(user.id, vec![general]);
                Some((memory.sessions.add(session.id, user, inbox, Renewal::default()), new))
            });
            answer(reply, created);
        }
    })))
}
