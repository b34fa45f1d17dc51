//! The journal: the only way to write. Queues writes, commits them in batches, and assigns ids in commit order. Knows
//! no HTTP and no SQL.
//!
//! While one transaction is synced to disk, new writes queue up and go into the next one; no timer is involved. A
//! caller is answered after the commit, once memory has followed. Only the journal changes sessions and inboxes and
//! publishes messages, all in commit order. Sessions are looked up through the journal for the same reason: no
//! sign-out, join or leave can come between a look-up and its effect.
//!
//! Every node on the same database has a journal, and only one of them writes at a time. Before a node applies its own
//! changes to memory, it follows the other nodes' ([`follow`]); [`wire`] tells it when there are any.

mod batch;
mod condition;
mod finish;
mod follow;
mod memory;
mod presence;
mod shares;
mod sweep;
mod wire;
mod writer;
mod writes;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use follow::Follower;
use writer::Writer;
use writes::change::ChangeMessage;
use writes::member::{Join, Leave, SetMember};
use writes::position::SetLastRead;
use writes::post::{PendingPost, Post};
use writes::room::{ChangeRoom, CreateRoom, OpenDirect};
use writes::session::{SessionWrite, SignIn};
use writes::sign_up::SignUp;
use writes::{Reply, Single, Write};

pub(crate) use writes::account::{NewPassword, PasswordSet, Proof, Which};
pub(crate) use writes::change::{Change, ChangeError};
pub(crate) use writes::code::{
    AcceptInvitation, CodeError, Invited, MakeInvitation, MakeOwnCode, OwnCode, RevokeInvitation,
};
pub(crate) use writes::leaving::{DeleteUser, DeletedBy};
pub(crate) use writes::post::PostError;
pub(crate) use writes::room::{NewRoom, RoomError};
pub(crate) use writes::session::{SignInError, TokenToRenew};
pub(crate) use writes::sign_up::{NewSession, NewUser};
pub(crate) use writes::user::UserError;

use crate::domain::ids::{CodeId, ConversationId, NO_USER, RoomId, Seq, UserId};
use crate::domain::right::Role;
use crate::hub::{self, Hub, LastRead, Room};
use crate::metrics::Metrics;
use crate::sessions::{Session, Sessions};
use crate::store::{
    Draft, Heads, Newcomer, Renewal, RoomChange, RoomCounts, SignInProof, SignUpKey, Store, StoreError, User,
};

/// How many writes may be queued. Beyond that, callers wait for a free slot.
const QUEUE_CAPACITY: usize = 4096;

/// How long a caller waits for a commit before it is told that the database is away. A write that has not begun by then
/// is dropped. One that has begun may still be committed, which is why clients retry with idempotency keys.
const COMMIT_TIMEOUT: Duration = Duration::from_millis(2800);

/// How long a caller waits for the end of a user, which may have written much.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(25);

/// How long closing may take. The writer gives up a little earlier; see [`finish`].
const CLOSE_TIMEOUT: Duration = Duration::from_secs(25);

/// A handle to the journal's queue. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    queue: mpsc::Sender<Write>,
}

impl Journal {
    /// Starts the writer, in a thread of its own, and the wire. Memory holds what the database held at `heads`, or
    /// later. Guests who are gone for `guest_days` are retired; 0 means never. Also returns a future that ends with a
    /// name when one of the two has ended, which before [`Journal::close`] means that it has panicked.
    ///
    /// A transaction takes several round trips. On the server's own runtime the writer would wait for its turn after
    /// each of them, behind whole requests.
    ///
    /// # Errors
    /// If the operating system provides no thread.
    pub(crate) fn start(
        store: Store,
        hub: Arc<Hub>,
        sessions: Arc<Sessions>,
        heads: Heads,
        metrics: Arc<Metrics>,
        guest_days: u32,
    ) -> io::Result<(Self, impl Future<Output = &'static str> + Send + 'static)> {
        let (queue, writes) = mpsc::channel(QUEUE_CAPACITY);
        let (heard, news) = watch::channel(heads);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let follower = Follower::new(store.for_journal(), hub, sessions, heads.bulletin);
        let mut writer = Writer::new(store.clone(), follower, writes, Arc::clone(&metrics));
        writer.sweep.retire_guests_after(guest_days);
        let (lives, writer_ended) = oneshot::channel::<()>();
        thread::Builder::new().name("journal".to_owned()).spawn(move || {
            // Dropped when the thread ends, even by a panic.
            let _lives = lives;
            runtime.block_on(writer.run(news));
        })?;
        let wire = tokio::spawn(wire::listen(store, heard, metrics));
        let ended = async {
            tokio::select! {
                _ = writer_ended => "the journal",
                // Without a writer it ends by itself.
                Err(_) = wire => "the wire between nodes",
            }
        };
        Ok((Self { queue }, ended))
    }

    /// Returns how many writes are queued, and how many may be.
    pub(crate) fn queue_size(&self) -> (usize, usize) {
        let capacity = self.queue.max_capacity();
        (capacity - self.queue.capacity(), capacity)
    }

    /// Checks that writing works: that the last write reached the disk, and a small one if that was a while ago.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.enter(Write::Check).await
    }

    /// Returns once memory has followed everything that other nodes have committed until now.
    pub(crate) async fn follow(&self) -> Result<(), StoreError> {
        self.enter(Write::Follow).await
    }

    /// Sets a user's last-read position. Returns once it is on disk; false if the conversation is not joined.
    pub(crate) async fn set_last_read(
        &self,
        reader: &Session,
        conversation: ConversationId,
        to: LastRead,
    ) -> Result<bool, StoreError> {
        let (reader, session) = (Arc::clone(&reader.inbox), reader.key);
        self.enter(|reply| Write::SetLastRead(SetLastRead { reader, session, conversation, to, reply })).await
    }

    /// Writes everything that is still queued, last-read positions included, and stops the writer. Unlike a request, it
    /// waits for a database that is locked or away for a while, because what is not written now is lost.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.enter_for(CLOSE_TIMEOUT, Write::Stop).await?
    }

    /// Writes a message, and counts it as read by its sender if nothing before it is unread. Returns once the message
    /// is on disk and published.
    pub(crate) async fn post(&self, draft: Draft, sender: &Session) -> Result<Arc<hub::Event>, PostError> {
        let (sender, session) = (Arc::clone(&sender.inbox), sender.key);
        self.enter(|reply| Write::Post(Post { draft, pending: PendingPost { sender, session, reply } })).await?
    }

    /// Changes a message. Returns it as it is then, and whether this has changed it.
    pub(crate) async fn change_message(
        &self,
        user: User,
        conversation: ConversationId,
        seq: Seq,
        change: Change,
    ) -> Result<(Arc<hub::Event>, bool), ChangeError> {
        self.enter_single(user.id, ChangeMessage { user, conversation, seq, change }).await?
    }

    /// Creates a user who joins `general`, with a first session, and remembers the network if one is given. Returns
    /// `None` if the name is taken. A guest with a key that was used before is that guest again.
    pub(crate) async fn create_user(
        &self,
        newcomer: Newcomer,
        session: NewSession,
        network: Option<String>,
        key: Option<SignUpKey>,
    ) -> Result<Option<(Arc<Session>, NewUser)>, StoreError> {
        self.enter(|reply| Write::SignUp(SignUp { newcomer, session, network, key, reply })).await
    }

    /// Opens another session for a user, if the proof still holds. With a `network`, remembers it as one that the user
    /// signs in from.
    pub(crate) async fn open_session(
        &self,
        user: User,
        proof: SignInProof,
        session: NewSession,
        network: Option<String>,
    ) -> Result<Arc<Session>, SignInError> {
        self.enter_single(user.id, SignIn { user, proof, session, network }).await?
    }

    /// Finds a session and adds it to memory. Returns `None` if it was signed out.
    pub(crate) async fn find_session(&self, id: String) -> Result<Option<Arc<Session>>, StoreError> {
        self.enter(|reply| Write::Session(SessionWrite::Find { id, reply })).await
    }

    /// Records that a session's token of this generation was used.
    pub(crate) async fn use_token(&self, id: String, generation: i64) -> Result<(), StoreError> {
        self.enter(|reply| Write::Session(SessionWrite::Use { id, generation, reply })).await
    }

    /// Renews a session's token. Returns `None` if the session was signed out, or if the token is too old.
    pub(crate) async fn renew_session(&self, token: TokenToRenew) -> Result<Option<Renewal>, StoreError> {
        self.enter(|reply| Write::Session(SessionWrite::Renew { token, reply })).await
    }

    /// Signs a session out.
    pub(crate) async fn close_session(&self, id: String) -> Result<(), StoreError> {
        self.enter(|reply| Write::Session(SessionWrite::SignOut { id, reply })).await
    }

    /// Creates a room that its creator owns, unless the creator has `most` rooms already. Returns it, or the room that
    /// was created with the same key, and whether it is new.
    pub(crate) async fn create_room(
        &self,
        room: NewRoom,
        creator: UserId,
        key: Option<String>,
        most: RoomCounts,
    ) -> Result<(RoomId, bool), RoomError> {
        self.enter_single(creator, CreateRoom { room, creator, key, most }).await?
    }

    /// Changes a room.
    pub(crate) async fn change_room(
        &self,
        user: Option<UserId>,
        room: Arc<Room>,
        change: RoomChange,
    ) -> Result<bool, RoomError> {
        self.enter_single(user.unwrap_or(NO_USER), ChangeRoom { user, room, change }).await?
    }

    /// Joins a room at its newest message, unless the user is in `most` rooms already; 0 means any number. A no-op for
    /// a member.
    pub(crate) async fn join(&self, user: UserId, room: Arc<Room>, most: i64) -> Result<(), RoomError> {
        self.enter_single(user, Join { user, room, most }).await?
    }

    /// Leaves a room. A no-op for a user who is not in it.
    pub(crate) async fn leave(&self, user: UserId, room: Arc<Room>) -> Result<(), RoomError> {
        self.enter_single(user, Leave { user, room }).await?
    }

    /// Gives a user a role in a room, or with `None` removes the user. `by` is the user who does that.
    pub(crate) async fn set_member(
        &self,
        by: UserId,
        room: Arc<Room>,
        user: UserId,
        role: Option<Role>,
    ) -> Result<bool, RoomError> {
        self.enter_single(by, SetMember { by, room, user, role }).await?
    }

    /// Returns the direct conversation of two users. Creates it if it is their first.
    pub(crate) async fn open_direct(&self, one: User, other: User) -> Result<ConversationId, StoreError> {
        self.enter_single(one.id, OpenDirect { one, other }).await
    }

    /// Stores an invitation. Returns its id.
    pub(crate) async fn make_invitation(&self, wanted: MakeInvitation) -> Result<CodeId, CodeError> {
        self.enter_single(wanted.code.created_by.unwrap_or(NO_USER), wanted).await?
    }

    /// Stores a code that signs in one user.
    pub(crate) async fn make_own_code(&self, wanted: MakeOwnCode) -> Result<(), CodeError> {
        self.enter_single(wanted.code.created_by.unwrap_or(NO_USER), wanted).await?
    }

    /// Ends an invitation.
    pub(crate) async fn revoke_invitation(&self, ended: RevokeInvitation) -> Result<(), CodeError> {
        self.enter_single(ended.by.unwrap_or(NO_USER), ended).await?
    }

    /// Creates a user by an invitation, with a first session. A guest with a key that was used before is that guest
    /// again.
    pub(crate) async fn create_invited(&self, invited: Invited) -> Result<(Arc<Session>, NewUser), CodeError> {
        self.enter_single(NO_USER, invited).await?
    }

    /// Lets a user who is here into the rooms of an invitation.
    pub(crate) async fn accept_invitation(&self, accepted: AcceptInvitation) -> Result<(), CodeError> {
        self.enter_single(accepted.user, accepted).await?
    }

    /// Signs in a user by a code of the user's own.
    pub(crate) async fn use_own_code(&self, shown: OwnCode) -> Result<Arc<Session>, CodeError> {
        self.enter_single(shown.user.id, shown).await?
    }

    async fn enter_single<S: Single>(&self, user: UserId, single: S) -> Result<S::Answer, StoreError> {
        self.enter(|reply| Write::single(user, single, reply)).await
    }

    async fn enter<T>(&self, write: impl FnOnce(Reply<T>) -> Write) -> Result<T, StoreError> {
        self.enter_for(COMMIT_TIMEOUT, write).await
    }

    async fn enter_for<T>(&self, timeout: Duration, write: impl FnOnce(Reply<T>) -> Write) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let answer = async {
            self.queue.send(write(reply)).await.map_err(|_| StoreError::NotCommitted)?;
            // The writer drops the reply when the transaction fails.
            answer.await.map_err(|_| StoreError::NotCommitted)
        };
        tokio::time::timeout(timeout, answer).await.unwrap_or(Err(StoreError::NotCommitted))
    }
}
