//! What can be entered into the journal: each entry's part in the transaction, and what follows from it in
//! memory once that is committed.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::together::{self, Arrival, LookUp};
use super::{KeyReused, NewSession, NewUser};
use crate::clock;
use crate::hub::{self, Hub, Inbox};
use crate::ids::{ConversationId, RoomId, UserId};
use crate::sessions::{Session, Sessions};
use crate::store::{Change, Draft, Membership, Newcomer, OpenSession, StoreError, Transaction, User};

/// Answers whoever made the entry. They may have stopped waiting, which changes nothing.
pub(super) type Reply<T> = oneshot::Sender<T>;

/// What is done in memory, in the order of the entries, once the transaction is committed.
pub(super) type AfterCommit = Box<dyn FnOnce(&Memory) + Send>;

/// What follows the database: everybody who is around.
pub(super) struct Memory {
    pub(super) hub: Arc<Hub>,
    pub(super) sessions: Arc<Sessions>,
}

/// One write, or one look-up that must not have a write between itself and its effect.
pub(super) enum Entry {
    Post {
        draft: Draft,
        sender: Arc<Inbox>,
        reply: Reply<Result<Arc<hub::Entry>, KeyReused>>,
    },
    CreateUser {
        newcomer: Newcomer,
        session: NewSession,
        reply: Reply<Option<(Arc<Session>, NewUser)>>,
    },
    OpenSession {
        user: User,
        session: NewSession,
        reply: Reply<Arc<Session>>,
    },
    FindSession {
        id: String,
        reply: Reply<Option<Arc<Session>>>,
    },
    CloseSession {
        id: String,
        reply: Reply<()>,
    },
    CreateRoom {
        name: String,
        creator: UserId,
        reply: Reply<Option<RoomId>>,
    },
    Join {
        user: UserId,
        room: ConversationId,
        reply: Reply<()>,
    },
    Leave {
        user: UserId,
        room: ConversationId,
        reply: Reply<()>,
    },
    OpenDirect {
        one: User,
        other: User,
        reply: Reply<ConversationId>,
    },
    /// Nothing; answered when the transaction is committed.
    Check {
        reply: Reply<()>,
    },
    /// Positions that are unsaved go into the same transaction.
    Flush {
        reply: Reply<()>,
    },
    /// Memory follows what other nodes have committed so far; not a part of any transaction.
    Follow {
        reply: Reply<()>,
    },
    /// The writer stops when everything is written; not a part of any transaction.
    Stop {
        reply: Reply<Result<(), StoreError>>,
    },
}

/// A message on its way through the journal.
pub(super) struct Post {
    pub(super) sender: Arc<Inbox>,
    pub(super) reply: Reply<Result<Arc<hub::Entry>, KeyReused>>,
}

/// What the transaction has of an entry.
pub(super) enum Written {
    /// Its part is written.
    Done(AfterCommit),
    /// It is a message: those are written together.
    Post(Draft, Post),
    /// It makes an account: those are made together.
    Arrival(Arrival),
    /// It looks for a session: those are looked up together, and last.
    LookUp(LookUp),
}

impl Memory {
    /// The inbox of a user, taken in with these memberships unless the user is around already.
    pub(super) fn inbox(&self, user: UserId, memberships: Vec<Membership>) -> Arc<Inbox> {
        self.hub.find_inbox(user).unwrap_or_else(|| self.hub.add_inbox(user, memberships))
    }
}

impl Entry {
    /// Whether nobody waits for it any more. What has not been begun by then is not done: whoever made it was
    /// told so.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Post { reply, .. } => reply.is_closed(),
            Self::CreateUser { reply, .. } => reply.is_closed(),
            Self::OpenSession { reply, .. } => reply.is_closed(),
            Self::FindSession { reply, .. } => reply.is_closed(),
            Self::CreateRoom { reply, .. } => reply.is_closed(),
            Self::OpenDirect { reply, .. } => reply.is_closed(),
            Self::CloseSession { reply, .. }
            | Self::Join { reply, .. }
            | Self::Leave { reply, .. }
            | Self::Check { reply }
            | Self::Flush { reply }
            | Self::Follow { reply } => reply.is_closed(),
            Self::Stop { .. } => false,
        }
    }

    /// Writes this entry's part of the transaction, and into `change` what other nodes have to hear of it.
    /// Whatever may be wrong with a single entry is an answer, not an error: an error fails the whole
    /// transaction.
    pub(super) async fn write(
        self,
        transaction: &mut Transaction,
        memory: &Memory,
        change: &mut Change,
    ) -> Result<Written, StoreError> {
        let after: AfterCommit = match self {
            Self::Post { draft, sender, reply } => return Ok(Written::Post(draft, Post { sender, reply })),
            Self::CreateUser { newcomer, session, reply } => {
                return Ok(Written::Arrival(Arrival { newcomer, session, reply }));
            }
            Self::FindSession { id, reply } => return Ok(Written::LookUp(LookUp { id, reply })),
            Self::Check { reply } | Self::Flush { reply } => Box::new(move |_| answer(reply, ())),
            // Taken out before; dropping the reply says that it was not done.
            Self::Stop { .. } | Self::Follow { .. } => Box::new(|_| ()),
            Self::OpenSession { user, session, reply } => {
                let NewSession { id, issued_ms, expires_ms } = session;
                let row = OpenSession { id: id.clone(), user: user.id, issued_ms, expires_ms };
                transaction.insert_sessions(&[row]).await?;
                let mut memberships = together::memberships(vec![user.id], transaction, memory).await?;
                Box::new(move |memory| {
                    let inbox = memory.inbox(user.id, memberships.remove(&user.id).unwrap_or_default());
                    answer(reply, memory.sessions.add(id, user, inbox));
                })
            }
            Self::CloseSession { id, reply } => {
                transaction.delete_session(&id).await?;
                change.ended_sessions.push(id.clone());
                Box::new(move |memory| {
                    memory.sessions.remove(&id);
                    answer(reply, ());
                })
            }
            Self::CreateRoom { name, creator, reply } => {
                match transaction.insert_room(&name, creator, clock::now_ms()).await? {
                    None => Box::new(move |_| answer(reply, None)),
                    Some((room, conversation)) => {
                        transaction.insert_membership(creator, conversation).await?;
                        change.members.push(creator);
                        Box::new(move |memory| {
                            memory.hub.join(creator, conversation, 0, None);
                            answer(reply, Some(room));
                        })
                    }
                }
            }
            Self::Join { user, room, reply } => {
                let since = transaction.insert_membership(user, room).await?;
                change.members.extend(since.map(|_| user));
                Box::new(move |memory| {
                    since.into_iter().for_each(|since| memory.hub.join(user, room, since, None));
                    answer(reply, ());
                })
            }
            Self::Leave { user, room, reply } => {
                if transaction.delete_membership(user, room).await? {
                    change.members.push(user);
                }
                Box::new(move |memory| {
                    memory.hub.leave(user, room);
                    answer(reply, ());
                })
            }
            Self::OpenDirect { one, other, reply } => {
                let (conversation, is_new) = transaction.ensure_direct(one.id, other.id).await?;
                if is_new {
                    change.members.extend([one.id, other.id]);
                }
                Box::new(move |memory| {
                    if is_new {
                        memory.hub.join(one.id, conversation, 0, Some(other.name));
                        memory.hub.join(other.id, conversation, 0, Some(one.name));
                    }
                    answer(reply, conversation);
                })
            }
        };
        Ok(Written::Done(after))
    }
}

pub(super) fn answer<T>(reply: Reply<T>, answer: T) {
    let _ = reply.send(answer);
}
