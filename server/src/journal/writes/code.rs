//! Codes: made, revoked and used. Whether a code works is decided in the transaction that takes a use of it, so a code
//! with one use lets one user in, on whichever nodes it is shown.

use std::sync::Arc;

use super::Single;
use super::room::{conversation_event, membership_event};
use super::sign_up::{NewSession, NewUser};
use crate::domain::clock;
use crate::domain::ids::{CodeId, RoomId, UserId};
use crate::domain::right::Role;
use crate::journal::memory::{AfterCommit, Memory};
use crate::sessions::Session;
use crate::store::{
    Began, Bulletin, CodeKind, NewCode, Newcomer, Rank, Renewal, SignUpKey, StoreError, StoredCode, Transaction, User,
};

/// Why a code was not made or not used.
#[derive(Debug)]
pub(crate) enum CodeError {
    /// It is unknown, used up, expired or revoked, or does not fit.
    NotValid,
    /// The name of the user to be made is taken.
    NameTaken,
    /// The user may not make such an invitation.
    NotAllowed,
    /// The maker is no administrator any more.
    NotAdmin,
    /// The maker's session has ended: a code would outlive it.
    SignedOut,
    /// There is no such room, user or invitation, or none that the user may see.
    NotFound,
    /// The user is in as many rooms as a user may be.
    JoinedTooMany,
    Store(StoreError),
}

impl From<StoreError> for CodeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

fn refuse<T: Send + 'static>(error: CodeError) -> Result<AfterCommit<Result<T, CodeError>>, StoreError> {
    Ok(Box::new(|_| Err(error)))
}

/// Finds a code that works at this moment.
async fn find_working(transaction: &mut Transaction, hash: &str) -> Result<Option<StoredCode>, StoreError> {
    let code = transaction.find_code(hash).await?;
    Ok(code.filter(|code| code.uses_left > 0 && code.expires_at > clock::now_ms()))
}

/// An invitation to be stored. Answers its id.
pub(crate) struct MakeInvitation {
    pub(crate) code: NewCode,
    /// The names of the rooms that it leads to.
    pub(crate) rooms: Vec<String>,
    /// Whether users other than administrators may invite.
    pub(crate) members_may: bool,
}

impl Single for MakeInvitation {
    type Answer = Result<CodeId, CodeError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { code, rooms, members_may } = self;
        if let Some(user) = code.created_by {
            let may = |rank: Rank| rank.admin || members_may && !rank.guest;
            if !transaction.find_rank(user).await?.is_some_and(may) {
                return refuse(CodeError::NotAllowed);
            }
        }
        let mut ids: Vec<RoomId> = Vec::new();
        if !rooms.is_empty() {
            let found = transaction.list_rooms_to_invite_into(&rooms, code.created_by).await?;
            if found.len() < rooms.len() {
                return refuse(CodeError::NotFound);
            }
            if !found.iter().all(|&(_, may)| may) {
                return refuse(CodeError::NotAllowed);
            }
            ids.extend(found.iter().map(|&(id, _)| id));
        }
        let id = transaction.insert_code(&code, &ids).await?;
        Ok(Box::new(move |_| Ok(id)))
    }
}

/// A code that signs in one user, to be stored.
pub(crate) struct MakeOwnCode {
    pub(crate) code: NewCode,
    /// The session that makes it for another device of its user.
    pub(crate) session: Option<String>,
}

impl Single for MakeOwnCode {
    type Answer = Result<(), CodeError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { code, session } = self;
        if let Some(session) = session
            && !transaction.has_session(&session).await?
        {
            return refuse(CodeError::SignedOut);
        }
        let for_another = code.kind == CodeKind::Recovery;
        if let Some(maker) = code.created_by.filter(|_| for_another)
            && !transaction.find_rank(maker).await?.is_some_and(|rank| rank.admin)
        {
            return refuse(CodeError::NotAdmin);
        }
        transaction.insert_code(&code, &[]).await?;
        Ok(Box::new(|_| Ok(())))
    }
}

/// The end of an invitation. An administrator ends any, and so does the shell, which is no user.
pub(crate) struct RevokeInvitation {
    pub(crate) id: CodeId,
    pub(crate) by: Option<UserId>,
}

impl Single for RevokeInvitation {
    type Answer = Result<(), CodeError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { id, by } = self;
        let is_admin = match by {
            Some(user) => transaction.find_rank(user).await?.is_some_and(|rank| rank.admin),
            None => true,
        };
        let revoked = transaction.revoke_invitation(id, by.filter(|_| !is_admin)).await?;
        Ok(Box::new(move |_| if revoked { Ok(()) } else { Err(CodeError::NotFound) }))
    }
}

/// A new user who was invited, with a first session.
pub(crate) struct Invited {
    pub(crate) hash: String,
    pub(crate) newcomer: Newcomer,
    pub(crate) session: NewSession,
    /// The network that an account comes from, to be remembered.
    pub(crate) network: Option<String>,
    pub(crate) key: Option<SignUpKey>,
}

impl Single for Invited {
    type Answer = Result<(Arc<Session>, NewUser), CodeError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        _: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { hash, newcomer, session, network, key } = self;
        let is_guest = newcomer.password_hash.is_none();
        // Like any account, one with a key has to prove its password again.
        let guests_key: Vec<_> = key.iter().filter(|_| is_guest).cloned().collect();
        if let Some((_, user, began)) = transaction.list_signed_up_guests(&guests_key).await?.pop() {
            open_session(transaction, user.id, &session).await?;
            let mut memberships = memory.read_memberships(vec![user.id], transaction).await?;
            return Ok(Box::new(move |memory| {
                let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
                let session = memory.sessions.add(session.id, user, inbox, Renewal::default());
                Ok((session, NewUser::Earlier(began)))
            }));
        }
        if let Some(key) = &key
            && transaction.find_sign_up(key).await?.is_some()
        {
            // The guest has become an account, or is shut out.
            return refuse(if is_guest { CodeError::NotValid } else { CodeError::NameTaken });
        }
        let code = find_working(transaction, &hash).await?;
        let fits = |code: &StoredCode| {
            code.kind == CodeKind::Invitation && (is_guest && !code.admin || !is_guest && !code.guest)
        };
        let Some(code) = code.filter(fits) else { return refuse(CodeError::NotValid) };
        let now_ms = clock::now_ms();
        let Some(user) = transaction.insert_users(&[newcomer], now_ms).await?.pop().flatten() else {
            return refuse(CodeError::NameTaken);
        };
        transaction.take_use(code.id).await?;
        if code.admin {
            transaction.set_admin(user.id, true).await?;
        }
        let is_limited = is_guest && transaction.insert_guest_rooms(user.id, code.id).await?;
        let mut general_seq = 0;
        if !is_limited {
            let general = transaction.insert_first_memberships(&[user.id]).await?;
            general_seq = general.first().map_or(0, |general| general.since_seq);
        }
        let mut told = Vec::new();
        for room in transaction.list_rooms_to_enter(code.id, user.id).await? {
            transaction.insert_membership(user.id, room, 0).await?;
            told.extend(transaction.insert_members_change(room).await?.map(|told| (room, told)));
        }
        open_session(transaction, user.id, &session).await?;
        let network: Vec<_> = network.map(|network| (user.id, network)).into_iter().collect();
        transaction.remember_networks(&network, now_ms).await?;
        let began = Began { user_id: user.id, general_seq, event_id: transaction.before().event };
        let key: Vec<_> = key.map(|key| (key, began)).into_iter().collect();
        transaction.insert_sign_up_keys(&key, now_ms).await?;
        let memberships = transaction.list_memberships_of(&[user.id]).await?;
        Ok(Box::new(move |memory| {
            let cursor = memory.hub.cursor_at_newest();
            let inbox = memory.inbox(user.id, memberships);
            let session = memory.sessions.add(session.id, user, inbox, Renewal::default());
            told.into_iter().for_each(|(room, told)| memory.show(&conversation_event(room, told)));
            Ok((session, NewUser::Now { general_seq, cursor }))
        }))
    }
}

async fn open_session(transaction: &mut Transaction, user: UserId, session: &NewSession) -> Result<(), StoreError> {
    transaction.insert_sessions(&[session.row(user)]).await
}

/// A user who is here follows an invitation, and joins its rooms. That takes a use if there is a room to join.
pub(crate) struct AcceptInvitation {
    pub(crate) user: UserId,
    pub(crate) hash: String,
    /// How many rooms a user may be in. 0 means any number.
    pub(crate) most: i64,
}

impl Single for AcceptInvitation {
    type Answer = Result<(), CodeError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        _: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { user, hash, most } = self;
        let code = transaction.find_code(&hash).await?.filter(|code| code.kind == CodeKind::Invitation);
        let Some(code) = code.filter(|code| code.expires_at > clock::now_ms()) else {
            return refuse(CodeError::NotValid);
        };
        let rooms = transaction.list_rooms_to_enter(code.id, user).await?;
        if rooms.is_empty() {
            return Ok(Box::new(|_| Ok(())));
        }
        if code.uses_left == 0 {
            return refuse(CodeError::NotValid);
        }
        let has = transaction.count_rooms_of(user).await?.joined;
        if most > 0 && has + rooms.len() as i64 > most {
            return refuse(CodeError::JoinedTooMany);
        }
        transaction.take_use(code.id).await?;
        let mut joined = Vec::with_capacity(rooms.len());
        for conversation in rooms {
            let Some(begin) = transaction.insert_membership(user, conversation, 0).await? else { continue };
            let change = transaction.insert_membership_change(user, conversation).await?;
            joined.push((conversation, begin, change, transaction.insert_members_change(conversation).await?));
        }
        bulletin.members.push(user);
        Ok(Box::new(move |memory| {
            for (conversation, begin, change, told) in joined {
                memory.hub.join(user, conversation, begin, Role::Member, None);
                memory.show(&membership_event(user, conversation, change));
                told.into_iter().for_each(|told| memory.show(&conversation_event(conversation, told)));
            }
            Ok(())
        }))
    }
}

/// A user who signs in with a code of the user's own, instead of a password.
pub(crate) struct OwnCode {
    pub(crate) hash: String,
    pub(crate) user: User,
    pub(crate) session: NewSession,
    pub(crate) key: Option<SignUpKey>,
}

impl Single for OwnCode {
    type Answer = Result<Arc<Session>, CodeError>;

    async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        bulletin: &mut Bulletin,
    ) -> Result<AfterCommit<Self::Answer>, StoreError> {
        let Self { hash, user, session, key } = self;
        let code = transaction.find_code(&hash).await?;
        let code = code.filter(|code| code.user_id == Some(user.id) && code.expires_at > clock::now_ms());
        let Some(code) = code else { return refuse(CodeError::NotValid) };
        let before = match &key {
            Some(key) => transaction.find_sign_up(key).await?,
            None => None,
        };
        let is_repeated = before.is_some_and(|began| began.user_id == user.id);
        if !is_repeated && code.uses_left == 0 {
            return refuse(CodeError::NotValid);
        }
        let mut ended = Vec::new();
        if !is_repeated {
            transaction.take_use(code.id).await?;
            let began = Began { user_id: user.id, general_seq: 0, event_id: transaction.before().event };
            let key: Vec<_> = key.map(|key| (key, began)).into_iter().collect();
            transaction.insert_sign_up_keys(&key, session.issued_ms).await?;
            if code.kind == CodeKind::Recovery {
                transaction.delete_codes_of(user.id, Some(code.id)).await?;
                ended = transaction.delete_sessions_of(user.id, None).await?;
                bulletin.ended_sessions.extend(ended.iter().cloned());
            }
        }
        open_session(transaction, user.id, &session).await?;
        if code.kind == CodeKind::Recovery {
            transaction.let_set_password(&session.id).await?;
        }
        let mut memberships = memory.read_memberships(vec![user.id], transaction).await?;
        Ok(Box::new(move |memory| {
            ended.iter().for_each(|id| memory.sessions.remove(id));
            let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
            Ok(memory.sessions.add(session.id, user, inbox, Renewal::default()))
        }))
    }
}
