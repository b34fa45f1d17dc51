//! The hub: recent messages and users' inboxes in memory, where requests read and wait. Knows no SQL and no HTTP.
//!
//! The journal tells the hub what it has committed. In reading order: [`tail`] holds the newest messages, [`inbox`] one
//! user's conversations and positions, [`users`] all inboxes and the conversations that wake them, [`positions`] moves
//! last-read positions, [`wait`] waits without missing anything, [`page`] limits how much an answer holds, [`reading`]
//! holds requests to read and their results, and a [`reader`] puts them together.

mod inbox;
mod page;
mod positions;
mod reader;
mod reading;
mod tail;
mod users;
mod wait;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

pub(crate) use inbox::Inbox;
pub(crate) use page::{MAX_PAGE_MESSAGES, Page, Space};
pub(crate) use positions::LastRead;
pub(crate) use reader::{Reader, Waited};
pub(crate) use reading::{Ask, Begin, ReadError, Reading, Scope};
pub(crate) use tail::{Event, TailSize};
use tail::{Place, Tail};

use crate::domain::cursor::{Cursor, CursorKey};
use crate::domain::ids::{ConversationId, EventId, UserId};
use crate::metrics::Metrics;
use crate::store::{CURSOR_KEY_BYTES, Identity, Store, StoreError, StoredMessage};

/// Where readers and events meet.
///
/// Locks are taken in the order of the fields: `inboxes`, `channels`, then the lock inside one [`Inbox`], then `tail`.
/// `unsaved` is never held with another. None is held across an await.
pub(crate) struct Hub {
    store: Store,
    epoch: u32,
    cursor_key: CursorKey,
    /// The users in memory. Only the journal adds and removes them, so a user never has two inboxes.
    inboxes: RwLock<HashMap<UserId, Arc<Inbox>>>,
    channels: RwLock<HashMap<ConversationId, Channel>>,
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
    /// Wakes requests that read this room alone, from members or not.
    watchers: Option<Arc<Notify>>,
}

impl Hub {
    /// Opens the hub and fills its tail with the newest messages of the database.
    pub(crate) async fn open(store: Store, tail_bytes: usize, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let (newest, reaches_the_start) = list_newest_messages(&store, tail_bytes).await?;
        let Identity { epoch, cursor_key } = store.find_identity().await?;
        let cursor_key: [u8; CURSOR_KEY_BYTES] =
            cursor_key.try_into().expect("the table accepts only keys of this length");
        Ok(Self {
            epoch,
            cursor_key: CursorKey::new(&cursor_key),
            tail: RwLock::new(Tail::new(tail_bytes, &newest, reaches_the_start)),
            store,
            inboxes: RwLock::default(),
            channels: RwLock::default(),
            unsaved: Mutex::default(),
            is_closing: AtomicBool::new(false),
            metrics,
        })
    }

    /// Adds committed messages to the tail, in id order. Readers that look from now on find them.
    pub(crate) fn show(&self, messages: &[Arc<Event>]) {
        let mut tail = self.tail.write();
        messages.iter().for_each(|event| tail.push(Arc::clone(event)));
    }

    /// Returns the events of stored messages. Those that are in the tail are shared with it.
    pub(crate) fn share(&self, messages: &[StoredMessage]) -> Vec<Arc<Event>> {
        let shared: Vec<_> = {
            let tail = self.tail.read();
            messages.iter().map(|stored| tail.find(stored.message.id)).collect()
        };
        let new = |stored| Arc::new(Event::from(stored));
        shared.into_iter().zip(messages).map(|(event, stored)| event.unwrap_or_else(|| new(stored))).collect()
    }

    /// Wakes the requests that wait for messages of these conversations. The messages must have been shown before.
    pub(crate) fn wake(&self, messages: &[Arc<Event>]) {
        let mut touched: Vec<ConversationId> = messages.iter().map(|event| event.conversation_id).collect();
        touched.sort_unstable();
        touched.dedup();
        let channels = self.channels.read();
        for channel in touched.iter().filter_map(|conversation| channels.get(conversation)) {
            channel.members.values().for_each(|inbox| inbox.arrival.notify_waiters());
            channel.watchers.iter().for_each(|watchers| watchers.notify_waiters());
        }
    }

    /// Ends all waiting, now and later: sets a flag and wakes every waiting request once. A shutdown signal of its own
    /// would cost every request memory and time.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        self.inboxes.read().values().for_each(|inbox| inbox.arrival.notify_waiters());
        let channels = self.channels.read();
        channels.values().flat_map(|channel| &channel.watchers).for_each(|watchers| watchers.notify_waiters());
    }

    /// Returns whether the server is stopping. True before the first waiting request is woken for it.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }

    /// Returns the newest published message.
    fn newest(&self) -> Place {
        self.tail.read().newest()
    }

    /// Returns how much the tail holds.
    pub(crate) fn tail_size(&self) -> TailSize {
        self.tail.read().size()
    }

    /// Returns the newest event in memory. Other nodes may have committed newer ones.
    pub(crate) fn newest_id(&self) -> EventId {
        self.newest().id
    }

    /// Returns the cursor of a reader that has everything up to the newest message.
    pub(crate) fn cursor_at_newest(&self) -> Cursor {
        self.cursor(self.newest(), Vec::new())
    }

    fn cursor(&self, at: Place, read_ahead: Vec<EventId>) -> Cursor {
        Cursor::new(&self.cursor_key, self.epoch, at.id, at.fingerprint, read_ahead)
    }
}

/// Lists as many of the newest messages as a tail may hold, newest first, and whether these are all there are. Reads
/// page by page, so that no single query takes long.
async fn list_newest_messages(store: &Store, tail_bytes: usize) -> Result<(Vec<StoredMessage>, bool), StoreError> {
    const PAGE: usize = 2000;
    // More of the shortest messages would fit into the tail, but hardly as many are still unread.
    const MOST: usize = 20_000;
    let mut newest: Vec<StoredMessage> = Vec::new();
    let mut bytes = 0;
    while newest.len() < MOST && bytes <= tail_bytes {
        let before = newest.last().map_or(EventId::MAX, |oldest| oldest.message.id);
        let page = store.list_newest_messages(before, PAGE).await?;
        let is_last = page.len() < PAGE;
        bytes += page.iter().map(|stored| stored.message.text.len()).sum::<usize>();
        newest.extend(page);
        if is_last {
            return Ok((newest, true));
        }
    }
    Ok((newest, false))
}
