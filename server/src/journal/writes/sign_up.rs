//! New accounts, created together for a batch. When a server is new, everyone signs up at the same moment, and separate
//! statements for each of them would keep the journal busy for seconds.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Reply, answer};
use crate::domain::clock;
use crate::domain::cursor::Cursor;
use crate::domain::ids::{Seq, UserId};
use crate::journal::memory::{AfterCommit, Memory};
use crate::sessions::Session;
use crate::store::{Began, Newcomer, OpenSession, Renewal, SignUpKey, StoreError, Transaction, User};

/// A new user who joins `general`, with a first session. Answers `None` if the name is taken. A guest with a key that
/// was used before is that guest again.
pub(in crate::journal) struct SignUp {
    pub(in crate::journal) newcomer: Newcomer,
    pub(in crate::journal) session: NewSession,
    /// The network that an account comes from, to be remembered.
    pub(in crate::journal) network: Option<String>,
    pub(in crate::journal) key: Option<SignUpKey>,
    pub(in crate::journal) reply: Reply<Option<(Arc<Session>, NewUser)>>,
}

/// A session to be opened.
#[derive(Clone)]
pub(crate) struct NewSession {
    pub(crate) id: String,
    pub(crate) issued_ms: i64,
    pub(crate) expires_ms: i64,
    /// The client's name and address, as its user is told.
    pub(crate) client: String,
    pub(crate) address: String,
}

impl NewSession {
    /// Returns the row of a session of this user.
    pub(in crate::journal) fn row(&self, user: UserId) -> OpenSession {
        let Self { id, issued_ms, expires_ms, client, address } = self.clone();
        OpenSession { id, user, issued_ms, expires_ms, client, address }
    }
}

/// The place where a new user begins.
pub(crate) enum NewUser {
    Now {
        /// The newest seq of `general` at that moment.
        general_seq: Seq,
        /// The place of the newest event at that moment.
        cursor: Cursor,
    },
    /// The sign-up is repeated.
    Earlier(Began),
}

/// What to do with a sign-up.
enum Plan {
    /// Creates the newcomer of this index.
    New(usize),
    /// Repeats an earlier sign-up of the same batch, which creates the newcomer of this index.
    RepeatsNew(usize),
    Repeats(User, Began),
}

/// Creates the accounts of a batch with their first sessions.
pub(in crate::journal) async fn create(
    sign_ups: Vec<SignUp>,
    transaction: &mut Transaction,
    memory: &Memory,
) -> Result<Option<AfterCommit>, StoreError> {
    if sign_ups.is_empty() {
        return Ok(None);
    }
    let now_ms = clock::now_ms();
    let plans = plan(&sign_ups, transaction).await?;
    let is_new = |plan: &Plan| matches!(plan, Plan::New(_));
    let newcomers = plans.iter().zip(&sign_ups).filter(|(plan, _)| is_new(plan));
    let newcomers: Vec<_> = newcomers.map(|(_, sign_up)| sign_up.newcomer.clone()).collect();
    let created = transaction.insert_users(&newcomers, now_ms).await?;
    let ids: Vec<_> = created.iter().flatten().map(|user| user.id).collect();
    let memberships = transaction.insert_first_memberships(&ids).await?;
    let mut memberships: HashMap<_, _> = memberships.into_iter().map(|general| (general.user_id, general)).collect();
    let event_id = transaction.before().event;
    let begins = |user: &User| {
        let general_seq = memberships.get(&user.id).map_or(0, |general| general.since_seq);
        Began { user_id: user.id, general_seq, event_id }
    };

    let (mut sessions, mut networks, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    let mut users = Vec::with_capacity(sign_ups.len());
    for (plan, sign_up) in plans.into_iter().zip(&sign_ups) {
        let (user, began) = match plan {
            Plan::New(at) => (created[at].clone(), None),
            Plan::RepeatsNew(at) => (created[at].clone(), created[at].as_ref().map(&begins)),
            Plan::Repeats(user, began) => (Some(user), Some(began)),
        };
        if let Some(user) = &user {
            sessions.push(sign_up.session.row(user.id));
            if began.is_none() {
                networks.extend(sign_up.network.clone().map(|network| (user.id, network)));
                keys.extend(sign_up.key.clone().map(|key| (key, begins(user))));
            }
        }
        users.push((user, began));
    }
    transaction.insert_sessions(&sessions).await?;
    transaction.remember_networks(&networks, now_ms).await?;
    transaction.insert_sign_up_keys(&keys, now_ms).await?;
    let repeated = users.iter().filter_map(|(user, began)| began.as_ref().and(user.as_ref())).map(|user| user.id);
    let mut of_repeated = memory.read_memberships(repeated.collect(), transaction).await?;
    Ok(Some(Box::new(move |memory| {
        for ((user, began), SignUp { session, reply, .. }) in users.into_iter().zip(sign_ups) {
            let entered = user.and_then(|user| {
                let (new, joined) = match began {
                    None => {
                        let general = memberships.remove(&user.id)?;
                        let (general_seq, cursor) = (general.since_seq, memory.hub.cursor_at_newest());
                        (NewUser::Now { general_seq, cursor }, vec![general])
                    }
                    Some(began) => (NewUser::Earlier(began), of_repeated.remove(&user.id).unwrap_or_default()),
                };
                let inbox = memory.inbox(user.id, joined);
                // Who comes without an invitation sees every public room.
                inbox.visible.set(Vec::new());
                Some((memory.sessions.add(session.id, user, inbox, Renewal::default()), new))
            });
            answer(reply, entered);
        }
    })))
}

/// Decides what to do with each sign-up of a batch. Queries the database only if guests have keys. An account with a
/// key is created like any other, because a client that repeats it has to prove that it knows the password.
async fn plan(sign_ups: &[SignUp], transaction: &mut Transaction) -> Result<Vec<Plan>, StoreError> {
    let of_guest = |sign_up: &SignUp| sign_up.key.clone().filter(|_| sign_up.newcomer.password_hash.is_none());
    let keys: Vec<_> = sign_ups.iter().filter_map(of_guest).collect();
    let found = transaction.list_signed_up_guests(&keys).await?;
    let mut known: HashMap<_, _> =
        found.into_iter().map(|(key, user, began)| (key, Plan::Repeats(user, began))).collect();
    let mut newcomers = 0;
    let mut plans = Vec::with_capacity(sign_ups.len());
    for sign_up in sign_ups {
        let key = of_guest(sign_up);
        plans.push(match key.as_ref().and_then(|key| known.get(key)) {
            Some(Plan::Repeats(user, began)) => Plan::Repeats(user.clone(), *began),
            Some(&(Plan::New(at) | Plan::RepeatsNew(at))) => Plan::RepeatsNew(at),
            None => {
                known.extend(key.map(|key| (key, Plan::New(newcomers))));
                newcomers += 1;
                Plan::New(newcomers - 1)
            }
        });
    }
    Ok(plans)
}
