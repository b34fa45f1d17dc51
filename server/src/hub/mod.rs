//! Who waits for what, and the tail of recent messages. Carries no SQL and no HTTP.
//!
//! The journal tells the hub what it has committed; requests read, and wait, here. In reading order:
//! [`tail`] holds the newest messages, [`inbox`] what one user gets and has read, [`wait`] how to wait
//! without missing anything, [`page`] how much an answer holds, [`reading`] what is asked and answered; a
//! [`reader`] puts them together.

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
    /// The users in memory. Only the journal adds and removes any, so a user never has two inboxes.
    inboxes: RwLock<HashMap<UserId, Arc<Inbox>>>,
    channels: RwLock<HashMap<ConversationId, Channel>>,
    /// The newest events. The journal alone appends, after its commit.
    tail: RwLock<Tail>,
    /// Inboxes with positions that the database does not have yet, each listed once until the journal takes them.
    unsaved: Mutex<Vec<Arc<Inbox>>>,
    /// Set once, when the server stops: no request waits any longer.
    is_closing: AtomicBool,
    metrics: Arc<Metrics>,
}

/// Whom a conversation's messages wake.
#[derive(Default)]
struct Channel {
    members: HashMap<UserId, Arc<Inbox>>,
    /// Requests for this room alone, from members or not.
    watchers: Option<Arc<Notify>>,
}

impl Hub {
    /// Opens the hub on what the database holds.
    pub(crate) async fn open(store: Store, tail_bytes: usize, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let (newest, reaches_the_start) = list_newest_messages(&store, tail_bytes).await?;
        let Identity { epoch, cursor_key } = store.find_identity().await?;
        let cursor_key: [u8; CURSOR_KEY_BYTES] =
            cursor_key.try_into().expect("the table takes no key of another length");
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

    /// Shows committed messages, in the order of their ids: whoever looks from now on finds them.
    pub(crate) fn show(&self, messages: &[Arc<Event>]) {
        let mut tail = self.tail.write();
        messages.iter().for_each(|event| tail.push(Arc::clone(event)));
    }

    /// Wakes who waits for messages that have been shown.
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

    /// Lets nobody wait any longer, now or later. One flag and one round of the bells, which everybody who waits
    /// hears anyway: a waiter of its own on the shutdown would cost each of them memory and time.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        self.inboxes.read().values().for_each(|inbox| inbox.arrival.notify_waiters());
        let channels = self.channels.read();
        channels.values().flat_map(|channel| &channel.watchers).for_each(|watchers| watchers.notify_waiters());
    }

    /// Whether the server is stopping. Set before the first held request is told.
    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }

    /// The newest message that has been published.
    fn newest(&self) -> Place {
        self.tail.read().newest()
    }

    /// How much is in memory.
    pub(crate) fn tail_size(&self) -> TailSize {
        self.tail.read().size()
    }

    /// How far the messages have come here; other nodes may have committed newer ones.
    pub(crate) fn newest_id(&self) -> EventId {
        self.newest().id
    }

    /// The cursor of a reader who has everything up to a message that is the newest now.
    pub(crate) fn cursor_at_newest(&self) -> Cursor {
        self.cursor(self.newest(), Vec::new())
    }

    fn cursor(&self, at: Place, read_ahead: Vec<EventId>) -> Cursor {
        Cursor::new(&self.cursor_key, self.epoch, at.id, at.fingerprint, read_ahead)
    }
}

/// As many of the newest messages as a tail may hold, newest first, and whether these are all there are. Page by
/// page: no single query takes long.
async fn list_newest_messages(store: &Store, tail_bytes: usize) -> Result<(Vec<StoredMessage>, bool), StoreError> {
    const PAGE: usize = 2000;
    // Of the shortest messages more would fit into the tail, but hardly that many wait to be read.
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
