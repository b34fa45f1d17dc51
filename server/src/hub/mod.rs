//! Who waits for what, and the tail of recent messages. Carries no SQL and no HTTP.
//!
//! The journal tells the hub what it has committed; requests read, and wait, here. In reading order:
//! [`tail`] holds the newest messages, [`inbox`] what one user gets and has read, [`wait`] how to wait
//! without missing anything, [`page`] how much an answer holds, [`reading`] what is asked and answered; a
//! [`reader`] puts them together.

mod inbox;
mod page;
mod reader;
mod reading;
mod tail;
mod wait;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use inbox::Advanced;
pub(crate) use inbox::Inbox;
pub(crate) use page::{MAX_PAGE_MESSAGES, Page, Space};
pub(crate) use reader::{Reader, Waited};
pub(crate) use reading::{Ask, Begin, ReadError, Reading, Scope};
pub(crate) use tail::{Event, TailSize};
use tail::{Place, Tail};

use crate::domain::cursor::{Cursor, CursorKey};
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};
use crate::metrics::Metrics;
use crate::store::{CURSOR_KEY_BYTES, Identity, Membership, Position, Store, StoreError, StoredMessage};

/// The meeting place of everybody who is around.
pub(crate) struct Hub {
    store: Store,
    epoch: u32,
    cursor_key: CursorKey,
    tail: RwLock<Tail>,
    /// Users who are around. Only the journal adds and removes any, so two inboxes of one user never
    /// exist side by side.
    inboxes: RwLock<HashMap<UserId, Arc<Inbox>>>,
    channels: RwLock<HashMap<ConversationId, Channel>>,
    /// Inboxes with positions that the database does not have yet.
    unsaved: Mutex<Vec<Arc<Inbox>>>,
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

    /// The user's own message counts as read by them if nothing before it was unread.
    pub(crate) fn read_own(&self, sender: &Arc<Inbox>, event: &Event) {
        if sender.read_own(event.conversation_id, event.seq) {
            self.unsaved.lock().push(Arc::clone(sender));
        }
    }

    /// Shows committed messages, in the order of their ids: whoever looks from now on finds them.
    pub(crate) fn show(&self, messages: &[Arc<Event>]) {
        let mut tail = self.tail.write();
        messages.iter().for_each(|event| tail.push(Arc::clone(event)));
    }

    /// Wakes who waits for messages that have been shown.
    pub(crate) fn ring(&self, messages: &[Arc<Event>]) {
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
    pub(crate) fn newest_message_id(&self) -> EventId {
        self.newest().id
    }

    /// The cursor of a reader who has everything up to a message that is the newest now.
    pub(crate) fn cursor_at_newest(&self) -> Cursor {
        self.cursor(self.newest(), Vec::new())
    }

    fn cursor(&self, at: Place, read_ahead: Vec<EventId>) -> Cursor {
        Cursor::new(&self.cursor_key, self.epoch, at.id, at.fingerprint, read_ahead)
    }

    // Users coming and going; called by the journal alone, in the order of its commits.

    /// The inbox of a user who is around.
    pub(crate) fn find_inbox(&self, user: UserId) -> Option<Arc<Inbox>> {
        self.inboxes.read().get(&user).cloned()
    }

    /// Takes in a user, with what the database holds while the journal writes nothing.
    pub(crate) fn add_inbox(&self, user: UserId, memberships: Vec<Membership>) -> Arc<Inbox> {
        let inbox = Arc::new(Inbox::new(user, memberships, self.newest().id));
        for conversation in inbox.conversations() {
            self.channels.write().entry(conversation).or_default().members.insert(user, Arc::clone(&inbox));
        }
        self.inboxes.write().insert(user, Arc::clone(&inbox));
        inbox
    }

    /// A user has joined; `other` names the other user of a direct conversation.
    pub(crate) fn join(&self, user: UserId, conversation: ConversationId, since_seq: Seq, other: Option<String>) {
        if let Some(inbox) = self.find_inbox(user) {
            inbox.join(conversation, since_seq, other);
            self.channels.write().entry(conversation).or_default().members.insert(user, inbox);
        }
    }

    /// A user has left.
    pub(crate) fn leave(&self, user: UserId, conversation: ConversationId) {
        if let Some(inbox) = self.find_inbox(user) {
            inbox.leave(conversation);
        }
        if let Some(channel) = self.channels.write().get_mut(&conversation) {
            channel.members.remove(&user);
        }
    }

    /// Follows what another node has changed, if the user is around here.
    pub(crate) fn refresh(&self, user: UserId, memberships: Vec<Membership>) {
        let Some(inbox) = self.find_inbox(user) else { return };
        let (joined, left) = inbox.refresh(memberships);
        let mut channels = self.channels.write();
        for conversation in joined {
            channels.entry(conversation).or_default().members.insert(user, Arc::clone(&inbox));
        }
        for conversation in left {
            channels.get_mut(&conversation).and_then(|channel| channel.members.remove(&user));
        }
    }

    /// The users who are around, online or not.
    pub(crate) fn list_around(&self) -> Vec<UserId> {
        self.inboxes.read().keys().copied().collect()
    }

    /// Forgets users whom nobody has heard of for long. What they have read must be saved by then.
    pub(crate) fn forget_idle(&self) {
        let mut inboxes = self.inboxes.write();
        let mut channels = self.channels.write();
        inboxes.retain(|user, inbox| {
            let joined = inbox.conversations();
            let in_use = Arc::strong_count(inbox) > 1 + joined.len();
            if in_use || !inbox.is_idle() || !inbox.is_saved() {
                return true;
            }
            for conversation in joined {
                channels.get_mut(&conversation).and_then(|channel| channel.members.remove(user));
            }
            false
        });
        channels.retain(|_, channel| {
            channel.watchers.take_if(|watchers| Arc::strong_count(watchers) == 1);
            !channel.members.is_empty() || channel.watchers.is_some()
        });
    }

    /// What rings when a conversation gets a message.
    fn watchers(&self, conversation: ConversationId) -> Arc<Notify> {
        let mut channels = self.channels.write();
        Arc::clone(channels.entry(conversation).or_default().watchers.get_or_insert_default())
    }

    // Presence.

    /// The ids of the users who are online, ascending.
    pub(crate) fn list_online(&self) -> Vec<UserId> {
        let inboxes = self.inboxes.read();
        let mut online: Vec<_> =
            inboxes.values().filter(|inbox| inbox.is_online()).map(|inbox| inbox.user_id).collect();
        online.sort_unstable();
        online
    }

    /// How many requests are held at the moment.
    pub(crate) fn held_requests(&self) -> usize {
        self.inboxes.read().values().map(|inbox| inbox.held_requests()).sum()
    }

    // Last-read positions.

    /// Everything up to `upto` is read: moves the user's positions there, never back.
    async fn acknowledge(&self, inbox: &Arc<Inbox>, upto: EventId) -> Result<(), StoreError> {
        let mut advanced = inbox.advance(upto, |from, raise| {
            let tail = self.tail.read();
            let Some(events) = tail.after(from) else { return false };
            events.take_while(|event| event.id <= upto).for_each(|event| raise(event.conversation_id, event.seq));
            true
        });
        if advanced == Advanced::Declined {
            // Older than the tail.
            let seqs = self.store.list_seqs_up_to(upto, &inbox.conversations()).await?;
            advanced = inbox.advance(upto, |_, raise| {
                seqs.iter().for_each(|&(conversation, seq)| raise(conversation, seq));
                true
            });
        }
        if advanced == Advanced::BecameUnsaved {
            self.unsaved.lock().push(Arc::clone(inbox));
        }
        Ok(())
    }

    /// Sets a last-read position, back as well as forward. False if the conversation is not joined.
    pub(crate) async fn set_last_read(
        &self,
        inbox: &Arc<Inbox>,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<bool, StoreError> {
        // Looked at first: what is published and acknowledged during the look-ups lies beyond it.
        let newest = self.newest().id;
        let seq = seq.min(self.store.newest_seq(conversation).await?);
        let first_unread = self.store.find_message_id(conversation, seq + 1).await?;
        let is_joined = inbox.set_last_read(conversation, seq, first_unread.map_or(newest, |id| id - 1));
        if is_joined {
            self.unsaved.lock().push(Arc::clone(inbox));
        }
        Ok(is_joined)
    }

    /// Moves a last-read position up, never back. False if the conversation is not joined.
    pub(crate) async fn raise_last_read(
        &self,
        inbox: &Arc<Inbox>,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<bool, StoreError> {
        let seq = seq.min(self.store.newest_seq(conversation).await?);
        let is_joined = inbox.raise_last_read(conversation, seq);
        if is_joined {
            self.unsaved.lock().push(Arc::clone(inbox));
        }
        Ok(is_joined)
    }

    /// Takes the positions that the database does not have yet, in the order in which it keeps them: that is quicker
    /// written down.
    pub(crate) fn take_unsaved(&self) -> Vec<Position> {
        let mut inboxes = std::mem::take(&mut *self.unsaved.lock());
        inboxes.sort_unstable_by_key(|inbox| inbox.user_id);
        inboxes.iter().flat_map(|inbox| inbox.take_unsaved()).collect()
    }

    /// Follows a position that another node has written down.
    pub(crate) fn learn(&self, position: &Position) {
        if let Some(inbox) = self.find_inbox(position.user_id) {
            inbox.learn(position);
        }
    }

    /// Puts back positions that could not be saved.
    pub(crate) fn put_back(&self, positions: &[Position]) {
        for position in positions {
            if let Some(inbox) = self.find_inbox(position.user_id) {
                inbox.put_back(position.conversation_id);
                self.unsaved.lock().push(inbox);
            }
        }
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
