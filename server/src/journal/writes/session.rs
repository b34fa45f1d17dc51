//! Sessions: opened, looked up, renewed and closed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::sign_up::NewSession;
use super::{Reply, Single, answer};
use crate::journal::memory::{AfterCommit, Memory};
use crate::sessions::Session;
use crate::store::{Bulletin, Renewal, SignInProof, StoreError, Transaction, User};

/// Another session for a user.
pub(in crate::journal) struct SignIn {
    pub(in crate::journal) user: User,
    pub(in crate::journal) proof: SignInProof,
    pub(in crate::journal) session: NewSession,
    /// A network to remember.
    pub(in crate::journal) network: Option<String>,
}

/// Why a session was not opened.
#[derive(Debug)]
pub(crate) enum SignInError {
    /// The account is disabled, or gone.
    Disabled,
    /// The password was changed, or the session has ended, since it was checked.
    Unproven,
    Store(StoreError),
}

impl From<StoreError> for SignInError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Single for SignIn {
    type Answer = Result<Arc<Session>, SignInError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { user, proof, session, network } = self;
        let user = match transaction.find_user_to_sign_in(user.id, &proof).await? {
            None => return Ok(Box::new(|_| Err(SignInError::Disabled))),
            Some((_, false)) => return Ok(Box::new(|_| Err(SignInError::Unproven))),
            Some((user, true)) => user,
        };
        transaction.insert_sessions(&[session.row(user.id)]).await?;
        let NewSession { id, issued_ms, .. } = session;
        let network: Vec<_> = network.map(|network| (user.id, network)).into_iter().collect();
        transaction.remember_networks(&network, issued_ms).await?;
        let mut memberships = memory.read_memberships(vec![user.id], transaction).await?;
        Ok(Box::new(move |memory| {
            let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
            Ok(memory.sessions.add(id, user, inbox, Renewal::default()))
        }))
    }
}

/// A write about sessions that comes in crowds, or a look-up that has to be in order with them.
pub(in crate::journal) enum SessionWrite {
    /// Looks up a session that is not in memory. Answers `None` if it was signed out.
    Find { id: String, reply: Reply<Option<Arc<Session>>> },
    /// Records that a token of this generation was used.
    Use { id: String, generation: i64, reply: Reply<()> },
    /// Renews the token of a session. Answers `None` if the session was signed out, or if the token is too old.
    Renew { token: TokenToRenew, reply: Reply<Option<Renewal>> },
    /// Ends a session, on every node.
    SignOut { id: String, reply: Reply<()> },
}

/// A token that is to be renewed.
pub(crate) struct TokenToRenew {
    pub(crate) id: String,
    pub(crate) generation: i64,
    /// Whether its minute after a renewal is over. It can then be renewed only if the newer token was never used.
    pub(crate) is_late: bool,
    pub(crate) now_ms: i64,
    pub(crate) expires_ms: i64,
}

impl SessionWrite {
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Find { reply, .. } => reply.is_closed(),
            Self::Use { reply, .. } | Self::SignOut { reply, .. } => reply.is_closed(),
            Self::Renew { reply, .. } => reply.is_closed(),
        }
    }
}

/// Runs the writes of a batch, with one statement or two for each kind. The look-ups come after every change to
/// sessions and memberships in the transaction, and memory is updated in the same order, so a look-up sees each
/// sign-out, join and leave of its batch.
pub(in crate::journal) async fn write(
    writes: Vec<SessionWrite>,
    transaction: &mut Transaction,
    memory: &Memory,
    bulletin: &mut Bulletin,
) -> Result<Vec<AfterCommit>, StoreError> {
    let (mut used, mut renewed, mut ended, mut lookups) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for write in writes {
        match write {
            SessionWrite::Find { id, reply } => lookups.push((id, reply)),
            SessionWrite::Use { id, generation, reply } => used.push((id, generation, reply)),
            SessionWrite::Renew { token, reply } => renewed.push((token, reply)),
            SessionWrite::SignOut { id, reply } => ended.push((id, reply)),
        }
    }
    let mut after = Vec::new();
    // First, so that no earlier token is renewed beside a newer one that was used.
    after.extend(record_used(used, transaction).await?);
    after.extend(renew(renewed, transaction, bulletin).await?);
    after.extend(sign_out(ended, transaction, bulletin).await?);
    after.extend(look_up(lookups, transaction, memory).await?);
    Ok(after)
}

async fn record_used(
    used: Vec<(String, i64, Reply<()>)>,
    transaction: &mut Transaction,
) -> Result<Option<AfterCommit>, StoreError> {
    if used.is_empty() {
        return Ok(None);
    }
    let mut newest: HashMap<&str, i64> = HashMap::new();
    for (id, generation, _) in &used {
        let newest = newest.entry(id).or_default();
        *newest = (*newest).max(*generation);
    }
    transaction.record_used(&newest.into_iter().collect::<Vec<_>>()).await?;
    Ok(Some(Box::new(move |memory| {
        for (id, generation, reply) in used {
            memory.sessions.record_used(&id, generation);
            answer(reply, ());
        }
    })))
}

async fn renew(
    renewed: Vec<(TokenToRenew, Reply<Option<Renewal>>)>,
    transaction: &mut Transaction,
    bulletin: &mut Bulletin,
) -> Result<Option<AfterCommit>, StoreError> {
    if renewed.is_empty() {
        return Ok(None);
    }
    let ids: HashSet<_> = renewed.iter().map(|(token, _)| token.id.as_str()).collect();
    let before = transaction.list_renewals(&ids.into_iter().collect::<Vec<_>>()).await?;
    let mut sessions: HashMap<&str, (Renewal, i64)> = HashMap::new();
    let mut renewals = Vec::with_capacity(renewed.len());
    for (token, _) in &renewed {
        let id = token.id.as_str();
        let last = sessions.get(id).map(|(last, _)| *last).or_else(|| before.get(id).copied());
        let renewal = last.and_then(|last| renewal_of(token, last));
        if let Some(renewal) = renewal {
            let (last, expires_ms) = sessions.entry(id).or_default();
            (*last, *expires_ms) = (renewal, token.expires_ms.max(*expires_ms));
        }
        renewals.push(renewal);
    }
    let changed: Vec<_> = sessions.iter().map(|(&id, &(renewal, expires_ms))| (id, renewal, expires_ms)).collect();
    transaction.renew_sessions(&changed).await?;
    let is_news = |(id, renewal, _): &&(&str, Renewal, i64)| before.get(*id) != Some(renewal);
    let news = changed.iter().filter(is_news).map(|&(id, renewal, _)| (id.to_owned(), renewal));
    bulletin.renewed_sessions.extend(news);
    Ok(Some(Box::new(move |memory| {
        for ((token, reply), renewal) in renewed.into_iter().zip(renewals) {
            if let Some(renewal) = renewal {
                memory.sessions.renew(&token.id, renewal, renewal.age_ms());
            }
            answer(reply, renewal);
        }
    })))
}

/// Returns the last renewal of a session after this token was renewed, which is `last` if the token was renewed before.
/// Returns `None` if the token is too old.
fn renewal_of(token: &TokenToRenew, last: Renewal) -> Option<Renewal> {
    match last.generation - token.generation {
        // Less than 0 if the database was restored.
        ..=0 => Some(Renewal { generation: token.generation + 1, at_ms: token.now_ms, ..last }),
        1 if !token.is_late || last.used_generation < last.generation => Some(last),
        _ => None,
    }
}

async fn sign_out(
    ended: Vec<(String, Reply<()>)>,
    transaction: &mut Transaction,
    bulletin: &mut Bulletin,
) -> Result<Option<AfterCommit>, StoreError> {
    if ended.is_empty() {
        return Ok(None);
    }
    let ids: HashSet<_> = ended.iter().map(|(id, _)| id.as_str()).collect();
    bulletin.ended_sessions.extend(ids.iter().map(|&id| id.to_owned()));
    transaction.delete_sessions(&ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(Some(Box::new(move |memory| {
        for (id, reply) in ended {
            memory.sessions.remove(&id);
            answer(reply, ());
        }
    })))
}

/// Looks up the sessions of a batch. After a restart every session is looked up at once.
async fn look_up(
    lookups: Vec<(String, Reply<Option<Arc<Session>>>)>,
    transaction: &mut Transaction,
    memory: &Memory,
) -> Result<Option<AfterCommit>, StoreError> {
    if lookups.is_empty() {
        return Ok(None);
    }
    let ids: Vec<_> = lookups.iter().map(|(id, _)| id.as_str()).collect();
    let users = transaction.list_session_users(&ids).await?;
    let mut memberships =
        memory.read_memberships(users.values().map(|(user, _)| user.id).collect(), transaction).await?;
    Ok(Some(Box::new(move |memory| {
        for (id, reply) in lookups {
            let session = users.get(&id).map(|(user, renewal)| {
                let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
                memory.sessions.add(id, user.clone(), inbox, *renewal)
            });
            answer(reply, session);
        }
    })))
}
