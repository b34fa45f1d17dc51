//! Entries that are written together, whatever their places in the queue: newcomers, and those whose sessions are looked
//! up. When a server is new, or is back, everybody comes at the same moment, and a statement for each step of each of them
//! would keep the journal busy for seconds.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::{AfterCommit, Memory, Reply, answer};
use super::{NewSession, NewUser};
use crate::clock;
use crate::ids::UserId;
use crate::sessions::Session;
use crate::store::{Membership, Newcomer, OpenSession, StoreError, Transaction};

/// Somebody who gets an account, and a session with it.
pub(super) struct Arrival {
    pub(super) newcomer: Newcomer,
    pub(super) session: NewSession,
    pub(super) reply: Reply<Option<(Arc<Session>, NewUser)>>,
}

/// Somebody who shows the token of a session that is not around.
pub(super) struct LookUp {
    pub(super) id: String,
    pub(super) reply: Reply<Option<Arc<Session>>>,
}

/// Makes accounts with their first sessions.
pub(super) async fn create(
    arrivals: Vec<Arrival>,
    transaction: &mut Transaction,
) -> Result<Option<AfterCommit>, StoreError> {
    if arrivals.is_empty() {
        return Ok(None);
    }
    let newcomers: Vec<_> = arrivals.iter().map(|arrival| arrival.newcomer.clone()).collect();
    let users = transaction.insert_users(&newcomers, clock::now_ms()).await?;
    let ids: Vec<_> = users.iter().flatten().map(|user| user.id).collect();
    let memberships = transaction.insert_first_memberships(&ids).await?;
    let sessions: Vec<_> = users
        .iter()
        .zip(&arrivals)
        .filter_map(|(user, Arrival { session: NewSession { id, issued_ms, expires_ms }, .. })| {
            let user = user.as_ref()?.id;
            Some(OpenSession { id: id.clone(), user, issued_ms: *issued_ms, expires_ms: *expires_ms })
        })
        .collect();
    transaction.insert_sessions(&sessions).await?;
    let mut memberships: HashMap<_, _> = memberships.into_iter().map(|general| (general.user_id, general)).collect();
    Ok(Some(Box::new(move |memory| {
        for (user, Arrival { session, reply, .. }) in users.into_iter().zip(arrivals) {
            let created = user.and_then(|user| {
                let general = memberships.remove(&user.id)?;
                let new = NewUser { general_seq: general.since_seq, cursor: memory.hub.cursor_at_newest() };
                let inbox = memory.inbox(user.id, vec![general]);
                Some((memory.sessions.add(session.id, user, inbox), new))
            });
            answer(reply, created);
        }
    })))
}

/// Looks sessions up. It is done after everything else of the transaction but messages is written, and what follows from
/// it comes after what follows from that, so that it finds whoever signed out, joined or left in it.
pub(super) async fn look_up(
    lookups: Vec<LookUp>,
    transaction: &mut Transaction,
    memory: &Memory,
) -> Result<Option<AfterCommit>, StoreError> {
    if lookups.is_empty() {
        return Ok(None);
    }
    let ids: Vec<_> = lookups.iter().map(|lookup| lookup.id.as_str()).collect();
    let users = transaction.list_session_users(&ids).await?;
    let mut memberships = memberships(users.values().map(|user| user.id).collect(), transaction, memory).await?;
    Ok(Some(Box::new(move |memory| {
        for LookUp { id, reply } in lookups {
            let session = users.get(&id).map(|user| {
                let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
                memory.sessions.add(id, user.clone(), inbox)
            });
            answer(reply, session);
        }
    })))
}

/// What the database says of those of the users who are not around; nothing needs to be asked of who is.
pub(super) async fn memberships(
    mut users: Vec<UserId>,
    transaction: &mut Transaction,
    memory: &Memory,
) -> Result<HashMap<UserId, Vec<Membership>>, StoreError> {
    users.retain(|&user| memory.hub.find_inbox(user).is_none());
    let mut by_user: HashMap<_, Vec<_>> = HashMap::new();
    if !users.is_empty() {
        for membership in transaction.list_memberships_of(&users).await? {
            by_user.entry(membership.user_id).or_default().push(membership);
        }
    }
    Ok(by_user)
}
