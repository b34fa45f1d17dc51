//! Reading on from a cursor, and waiting for what comes: the heart of `/poll`.
//!
//! A place in the tail is read from memory; an older one costs one query. Answering moves nothing: only
//! asking again with the answer's cursor says that it arrived.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::page::{Page, Space};
use super::tail::{Entry, Marked};
use super::{Hub, Inbox, wait};
use crate::cursor::Cursor;
use crate::ids::{ConversationId, MessageId, Seq};
use crate::store::StoreError;

/// What a request wants to read.
pub(crate) struct Ask<'a> {
    pub(crate) inbox: &'a Arc<Inbox>,
    pub(crate) scope: Scope,
    pub(crate) begin: Begin,
    /// Asking with a cursor says that its user has read everything up to it.
    pub(crate) acknowledges: bool,
    /// At most so many messages.
    pub(crate) limit: usize,
}

/// Which conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything that the user has joined, and all direct conversations.
    Joined,
    /// All direct conversations.
    Directs,
    /// One room, joined or not.
    Room(ConversationId),
}

/// Where to begin.
#[derive(Debug, Clone)]
pub(crate) enum Begin {
    /// After everything that a client has.
    Cursor(Cursor),
    /// At the stored last-read positions.
    LastRead,
    /// Now.
    Newest,
}

/// How long to wait if there is nothing, and what else ends the waiting.
pub(crate) struct Wait<F> {
    pub(crate) until: Instant,
    pub(crate) stop: F,
}

/// What was read.
pub(crate) struct Reading {
    /// Oldest first; empty when nothing came.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// The page was full.
    pub(crate) more: bool,
    /// Everything up to here has been read. When nothing came, where the reading began.
    pub(crate) cursor: Cursor,
}

/// Why there is no reading.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// This database never issued that cursor.
    CursorReset,
    Store(StoreError),
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Where a reader stands: a place on the number line, and in some conversations further on.
struct Standing {
    after: MessageId,
    read_ahead: HashMap<ConversationId, Seq>,
}

/// What a look into the tail found.
enum Look {
    /// A page, and the newest message when it was made.
    Page(Page, Marked),
    /// Nothing, up to the newest message.
    Nothing(Marked),
    /// The reader stands before the tail.
    Behind,
}

impl Hub {
    /// Reads what there is, at once.
    pub(crate) async fn read(&self, ask: Ask<'_>) -> Result<Reading, ReadError> {
        let (begin, mut standing) = self.stand(&ask).await?;
        let page = match self.look(&ask, &standing) {
            Look::Page(page, newest) => Some((page, newest)),
            Look::Nothing(_) => None,
            Look::Behind => self.look_up(&ask, &mut standing).await?,
        };
        match page {
            Some((page, newest)) => self.turn(page, newest, standing).await,
            None => Ok(Reading::nothing(begin)),
        }
    }

    /// Reads what there is; if there is nothing, waits for it.
    pub(crate) async fn read_or_wait<F>(&self, ask: Ask<'_>, wait: Wait<F>) -> Result<Reading, ReadError>
    where
        F: Future<Output = ()>,
    {
        let _held = ask.inbox.hold();
        let (begin, mut standing) = self.stand(&ask).await?;
        let watchers = match ask.scope {
            Scope::Room(conversation) => Some(self.watchers(conversation)),
            Scope::Joined | Scope::Directs => None,
        };
        let bell = watchers.as_deref().unwrap_or(&ask.inbox.arrival);
        let mut stop = std::pin::pin!(wait.stop);
        let mut timer = std::pin::pin!(tokio::time::sleep_until(wait.until));
        loop {
            let look = || match self.look(&ask, &standing) {
                Look::Nothing(newest) => {
                    // The next look begins where this one ended.
                    standing.after = newest.id;
                    None
                }
                found => Some(found),
            };
            let found = tokio::select! {
                biased;
                found = wait::until(bell, look) => found,
                () = &mut stop => return Ok(Reading::nothing(begin)),
                () = &mut timer => return Ok(Reading::nothing(begin)),
            };
            let page = match found {
                Look::Page(page, newest) => Some((page, newest)),
                Look::Nothing(_) | Look::Behind => self.look_up(&ask, &mut standing).await?,
            };
            if let Some((page, newest)) = page {
                return self.turn(page, newest, standing).await;
            }
        }
    }

    /// Whether it asks to begin beyond the newest message here.
    pub(crate) fn is_ahead(&self, ask: &Ask<'_>) -> bool {
        matches!(&ask.begin, Begin::Cursor(cursor) if cursor.after > self.newest().id)
    }

    /// Where the reading begins: where the reader stands, and a cursor that says so if nothing comes.
    async fn stand(&self, ask: &Ask<'_>) -> Result<(Cursor, Standing), ReadError> {
        match &ask.begin {
            Begin::Cursor(cursor) => {
                self.check(cursor).await?;
                if ask.acknowledges {
                    self.acknowledge(ask.inbox, cursor.after).await?;
                }
                let read_ahead = match cursor.read_ahead.is_empty() {
                    true => HashMap::new(),
                    false => self.store.list_positions_of(&cursor.read_ahead).await?.into_iter().collect(),
                };
                Ok((cursor.clone(), Standing { after: cursor.after, read_ahead }))
            }
            // The cursor is only used if a look, which comes later, finds nothing unread up to it.
            Begin::LastRead => {
                let (after, read_ahead) = ask.inbox.positions();
                Ok((self.cursor_at_newest(), Standing { after, read_ahead }))
            }
            Begin::Newest => {
                let cursor = self.cursor_at_newest();
                let standing = Standing { after: cursor.after, read_ahead: HashMap::new() };
                Ok((cursor, standing))
            }
        }
    }

    /// Whether this database issued a cursor: it carries its seal, and the message exists and is the same.
    async fn check(&self, cursor: &Cursor) -> Result<(), ReadError> {
        let is_ours = cursor.epoch == self.epoch && cursor.is_sealed_with(&self.cursor_key);
        if !is_ours || cursor.after > self.newest().id {
            return Err(ReadError::CursorReset);
        }
        let in_tail = self.tail.read().mark_at(cursor.after);
        let mark = match in_tail {
            Some(mark) => Some(mark),
            None if cursor.after == 0 => Some(0),
            None => self.store.find_sent_at(cursor.after).await?.map(|ms| Cursor::mark_of(cursor.after, ms)),
        };
        if mark == Some(cursor.mark) { Ok(()) } else { Err(ReadError::CursorReset) }
    }

    /// Looks into the tail.
    fn look(&self, ask: &Ask<'_>, standing: &Standing) -> Look {
        let look = |reaches: &dyn Fn(&Entry) -> bool| {
            let tail = self.tail.read();
            let newest = tail.newest();
            let Some(entries) = tail.after(standing.after) else {
                return Look::Behind;
            };
            let wanted = entries.filter(|entry| reaches(entry) && !standing.has_read(entry));
            let page = Page::fill(wanted.cloned(), &mut Space::of_page(ask.limit));
            if page.entries.is_empty() { Look::Nothing(newest) } else { Look::Page(page, newest) }
        };
        match ask.scope {
            Scope::Room(conversation) => look(&|entry| entry.conversation_id == conversation),
            Scope::Joined => ask.inbox.with_filter(false, look),
            Scope::Directs => ask.inbox.with_filter(true, look),
        }
    }

    /// Asks the store for what lies before the tail. If there is nothing, the reader stands at the newest
    /// message now, which is in the tail.
    async fn look_up(&self, ask: &Ask<'_>, standing: &mut Standing) -> Result<Option<(Page, Marked)>, ReadError> {
        // In this order: whatever is published by now, the inbox knows the conversation of.
        let newest = self.newest();
        let mut floors = match ask.scope {
            Scope::Room(conversation) => vec![(conversation, 0)],
            Scope::Joined => ask.inbox.floors(false),
            Scope::Directs => ask.inbox.floors(true),
        };
        for (conversation, floor) in &mut floors {
            *floor = standing.read_ahead.get(conversation).copied().unwrap_or(0).max(*floor);
        }
        let messages = self.store.list_messages_after(standing.after, newest.id, &floors, ask.limit + 1).await?;
        let page =
            Page::fill(messages.iter().map(|stored| Arc::new(Entry::from(stored))), &mut Space::of_page(ask.limit));
        if page.entries.is_empty() {
            standing.after = newest.id;
            return Ok(None);
        }
        Ok(Some((page, newest)))
    }

    /// Turns a page into an answer. While there is more, the cursor carries on what was read ahead.
    async fn turn(&self, page: Page, newest: Marked, standing: Standing) -> Result<Reading, ReadError> {
        let Page { entries, more } = page;
        let cursor = match entries.last().filter(|_| more) {
            None => self.cursor(newest, Vec::new()),
            Some(last) => {
                let read: Vec<_> = standing.read_ahead.into_iter().filter(|&(_, seq)| seq > 0).collect();
                let beyond = match read.is_empty() {
                    true => Vec::new(),
                    false => self.store.list_ids_beyond(last.id, &read).await?,
                };
                self.cursor(Marked { id: last.id, mark: last.mark }, beyond)
            }
        };
        Ok(Reading { entries, more, cursor })
    }
}

impl Reading {
    fn nothing(begin: Cursor) -> Self {
        Self { entries: Vec::new(), more: false, cursor: begin }
    }
}

impl Standing {
    fn has_read(&self, entry: &Entry) -> bool {
        self.read_ahead.get(&entry.conversation_id).is_some_and(|&seq| entry.seq <= seq)
    }
}
