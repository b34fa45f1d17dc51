//! The hub: recent messages and users' inboxes in memory, where requests read and wait. Knows no SQL and no HTTP.
//!
//! The journal tells the hub what it has committed. In reading order: [`tail`] holds the newest messages, [`inbox`] one
//! user's conversations and positions, [`users`] all inboxes and the conversations that wake them, [`positions`] moves
//! last-read positions, [`wait`] waits without missing anything, [`page`] limits how much an answer holds, [`reading`]
//! holds requests to read and their results, [`rooms`] holds all rooms, [`standing`] is a reader's place, [`states`]
//! are what clients are told of conversations, [`telling`] chooses them, and a [`reader`] puts them together.

mod inbox;
mod page;
mod positions;
mod reader;
mod reading;
mod rooms;
mod standing;
mod states;
mod tail;
mod telling;
mod users;
mod wait;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use parking_lot::{Mutex, RwLock};

pub(crate) use inbox::Inbox;
pub(crate) use page::{MAX_PAGE_MESSAGES, Page, Space};
pub(crate) use positions::LastRead;
pub(crate) use reader::{Reader, Waited};
pub(crate) use reading::{Ask, Begin, ReadError, Reading, Scope};
pub(crate) use rooms::Room;
use rooms::Rooms;
pub(crate) use states::{ConversationState, JoinedState};
pub(crate) use tail::{Event, TailSize};
use tail::{Place, Tail, What};
use wait::Bells;

use crate::domain::cursor::{Cursor, CursorKey, Told};
use crate::domain::ids::{ConversationId, EventId, UserId};
use crate::metrics::Metrics;
use crate::store::{CURSOR_KEY_BYTES, Identity, Store, StoreError, StoredEvent, StoredMessage};

/// Tells the sessions of one user apart, on one node.
pub(crate) type SessionKey = u64;

/// Where readers and events meet.
///
/// Locks are taken in the order of the fields: `inboxes`, `channels`, then the lock inside one [`Inbox`], then `tail`.
/// `rooms` and `unsaved` are never held with another. None is held across an await.
pub(crate) struct Hub {
    store: Store,
    epoch: u32,
    cursor_key: CursorKey,
    /// The users in memory. Only the journal adds and removes them, so a user never has two inboxes.
    inboxes: RwLock<HashMap<UserId, Arc<Inbox>>>,
    channels: RwLock<HashMap<ConversationId, Channel>>,
    /// Every room, seen by whom it may be.
    rooms: RwLock<Rooms>,
    /// The newest events. Only the journal appends, after each commit.
    tail: RwLock<Tail>,
    /// Inboxes with positions that the database does not have yet, until the journal takes them. One may be listed
    /// twice; the second time it has nothing left to save.
    unsaved: Mutex<Vec<Arc<Inbox>>>,
    /// Set once, when the server stops. From then on no request waits.
    is_closing: AtomicBool,
    metrics: Arc<Metrics>,
}

/// The inboxes and requests that a conversation's messages wake.
#[derive(Default)]
struct Channel {
    members: HashMap<UserId, Arc<Inbox>>,
    /// Wake requests that read this room alone, from members or not.
    watchers: Option<Arc<Bells>>,
    /// The newest seq, while a member is in memory.
    newest_seq: AtomicI64,
}

impl Channel {
    fn bells(&self) -> impl Iterator<Item = &Bells> {
        self.members.values().map(|inbox| &inbox.bells).chain(self.watchers.as_deref())
    }
}

impl Hub {
    /// Opens the hub, fills its tail with the newest events up to `upto`, which is committed, and reads all rooms.
    pub(crate) async fn open(
        store: Store,
        upto: EventId,
        tail_bytes: usize,
        metrics: Arc<Metrics>,
    ) -> Result<Self, StoreError> {
        let (newest, reaches_the_start) = list_newest_events(&store, upto, tail_bytes).await?;
        let Identity { epoch, cursor_key } = store.find_identity().await?;
        let cursor_key: [u8; CURSOR_KEY_BYTES] =
            cursor_key.try_into().expect("the table accepts only keys of this length");
        let mut rooms = Rooms::default();
        for facts in store.list_all_room_facts().await? {
            rooms.put(facts);
        }
        Ok(Self {
            epoch,
            cursor_key: CursorKey::new(&cursor_key),
            tail: RwLock::new(Tail::new(tail_bytes, &newest, reaches_the_start)),
            store,
            inboxes: RwLock::default(),
            channels: RwLock::default(),
            rooms: RwLock::new(rooms),
            unsaved: Mutex::default(),
            is_closing: AtomicBool::new(false),
            metrics,
        })
    }

    /// Adds committed events to the tail, in id order. Readers that look from now on find them.
    pub(crate) fn show(&self, events: &[Arc<Event>]) {
        {
            let channels = self.channels.read();
            for event in events.iter().filter(|event| event.is_message()) {
                if let Some(channel) = channels.get(&event.conversation_id) {
                    channel.newest_seq.fetch_max(event.seq, Ordering::Relaxed);
                }
            }
        }
        let mut tail = self.tail.write();
        events.iter().for_each(|event| tail.push(Arc::clone(event)));
    }

    /// Returns the events of stored messages. Those that are in the tail are shared with it, unless only one of the two
    /// is as the message is now.
    pub(crate) fn share(&self, messages: &[StoredMessage]) -> Vec<Arc<Event>> {
        let shared: Vec<_> = {
            let tail = self.tail.read();
            messages.iter().map(|stored| tail.find(stored.message.id)).collect()
        };
        let is_newer = |event: &Arc<Event>, stored: &StoredMessage| event.revision() >= stored.revision();
        let shared = shared.into_iter().zip(messages);
        let event = |(event, stored): (Option<Arc<Event>>, &StoredMessage)| {
            event.filter(|event| is_newer(event, stored)).unwrap_or_else(|| Arc::new(Event::from(stored)))
        };
        shared.map(event).collect()
    }

    /// Wakes the requests that wait for these events, which must have been shown before.
    pub(crate) fn wake(&self, events: &[Arc<Event>]) {
        let mut touched: Vec<(ConversationId, bool)> = Vec::new();
        for event in events {
            match event.what {
                What::Message { .. } => touched.push((event.conversation_id, true)),
                What::Changed { .. } | What::Erased | What::Conversation => {
                    touched.push((event.conversation_id, false));
                }
                What::Membership { user } => {
                    self.find_inbox(user).into_iter().for_each(|inbox| inbox.bells.ring_for_change());
                }
                What::Superseded => {}
            }
        }
        touched.sort_unstable_by_key(|&(conversation, has_message)| (conversation, !has_message));
        touched.dedup_by_key(|(conversation, _)| *conversation);
        let channels = self.channels.read();
        for (conversation, has_message) in touched {
            let Some(channel) = channels.get(&conversation) else { continue };
            match has_message {
                true => channel.bells().for_each(Bells::ring_for_message),
                false => channel.bells().for_each(Bells::ring_for_change),
            }
        }
    }

    /// Ends all waiting, now and later: sets a flag and wakes every waiting request once. A shutdown signal of its own
    /// would cost every request memory and time.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        self.inboxes.read().values().for_each(|inbox| inbox.bells.ring_for_message());
        let channels = self.channels.read();
        channels.values().flat_map(|channel| &channel.watchers).for_each(|watchers| watchers.ring_for_message());
    }

    /// Returns whether the server is stopping. True before the first waiting request is woken for it.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }

    /// Returns the place of the newest published event.
    fn newest(&self) -> Place {
        self.tail.read().newest()
    }

    /// Returns how much the tail holds.
    pub(crate) fn tail_size(&self) -> TailSize {
        self.tail.read().size()
    }

    /// Returns the place just before the oldest event in memory.
    pub(crate) fn tail_base(&self) -> EventId {
        self.tail.read().base().id
    }

    /// Replaces messages in memory by what they are now, although they have no newer change.
    pub(crate) fn replace(&self, messages: &[StoredMessage]) {
        let mut tail = self.tail.write();
        messages.iter().for_each(|stored| tail.refresh(stored));
    }

    /// Returns the newest event in memory. Other nodes may have committed newer ones.
    pub(crate) fn newest_id(&self) -> EventId {
        self.newest().id
    }

    /// Returns the cursor of a reader that has everything up to the newest event.
    pub(crate) fn cursor_at_newest(&self) -> Cursor {
        self.cursor(self.newest(), Vec::new(), None)
    }

    /// Returns the same cursor for a client that is told the user's last-read positions.
    pub(crate) fn with_positions(&self, cursor: Cursor, inbox: &Inbox) -> Cursor {
        let Cursor { after, fingerprint, read_ahead, .. } = cursor;
        self.cursor(Place { id: after, fingerprint }, read_ahead, Some(inbox.stamp().as_told()))
    }

    fn cursor(&self, at: Place, read_ahead: Vec<EventId>, told: Option<Told>) -> Cursor {
        Cursor::new(&self.cursor_key, self.epoch, at.id, at.fingerprint, read_ahead, told)
    }
}

/// Lists as many of the newest events up to `upto` as a tail may hold, newest first, and whether these are all there
/// are. Reads page by page, so that no single query takes long.
///
/// Messages and changes are read one after the other. Without an upper end, messages that another node commits in
/// between would be missing below a newer change, and nothing would ever read them.
async fn list_newest_events(
    store: &Store,
    upto: EventId,
    tail_bytes: usize,
) -> Result<(Vec<StoredEvent>, bool), StoreError> {
    const PAGE: usize = 2000;
    // More of the shortest messages would fit into the tail, but hardly as many are still unread.
    const MOST: usize = 20_000;
    let mut newest: Vec<StoredEvent> = Vec::new();
    let mut bytes = 0;
    while newest.len() < MOST && bytes <= tail_bytes {
        let before = newest.last().map_or(upto + 1, StoredEvent::id);
        let page = store.list_newest_events(before, PAGE).await?;
        let is_last = page.len() < PAGE;
        bytes += page.iter().map(StoredEvent::text_bytes).sum::<usize>();
        newest.extend(page);
        if is_last {
            return Ok((newest, true));
        }
    }
    Ok((newest, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{draft, guest, on_sqlite, post};

    #[tokio::test]
    async fn the_tail_of_a_start_ends_where_the_start_began_to_read() {
        let (store, _folder) = on_sqlite().await;
        let alice = guest(&store, "alice").await;
        for (text, newest) in [("one", 1), ("two", 2)] {
            let before = store.find_heads().await.unwrap().event;
            post(&store, &[draft(1, &alice, text)]).await;
            let open = async |upto| Hub::open(store.clone(), upto, 1 << 20, Arc::new(Metrics::new([]))).await.unwrap();
            assert_eq!((open(before).await.newest_id(), open(newest).await.newest_id()), (before, newest));
        }
    }
}
