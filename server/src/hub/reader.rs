//! Reading on from a cursor, and waiting for what comes: the heart of `/poll`.
//!
//! A place in the tail is read from memory; an older one costs one query. Reading moves no position: only
//! asking again with what was answered says that it arrived.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::page::Page;
use super::reading::{Ask, Begin, ReadError, Reading, Scope};
use super::tail::{Event, Place};
use super::{Hub, wait};
use crate::domain::cursor::Cursor;
use crate::domain::ids::{ConversationId, EventId, Seq};

/// Somebody who reads on from where they stand, however often.
pub(crate) struct Reader<'h> {
    hub: &'h Hub,
    ask: Ask,
    /// Where the reading began, as a cursor.
    begin: Cursor,
    standing: Standing,
    /// Rings for a room's messages; without it the inbox's own bell rings.
    watchers: Option<Arc<Notify>>,
}

/// Where a reader stands: a place on the number line, and in some conversations further on.
struct Standing {
    after: EventId,
    read_ahead: HashMap<ConversationId, Seq>,
}

/// What came of waiting.
pub(crate) enum Waited {
    Read(Reading),
    /// Nothing, and the time is over.
    Over,
    /// Nothing, and the server is stopping.
    Closed,
}

/// What a look into the tail found.
enum Look {
    /// A page, and the newest message when it was made.
    Page(Page, Place),
    /// Nothing, up to the newest message.
    Nothing(Place),
    /// The reader stands before the tail.
    Behind,
    /// Nothing, and nothing more will be waited for.
    Closed,
}

impl Hub {
    /// Checks where somebody wants to begin, and acknowledges that they have come so far.
    pub(crate) async fn open_reader(&self, ask: Ask) -> Result<Reader<'_>, ReadError> {
        let (begin, standing) = self.stand(&ask).await?;
        Ok(Reader { hub: self, ask, begin, standing, watchers: None })
    }

    /// Whether it asks to begin beyond the newest message here.
    pub(crate) fn is_ahead(&self, ask: &Ask) -> bool {
        matches!(&ask.begin, Begin::Cursor(cursor) if cursor.after > self.newest().id)
    }

    /// Where the reading begins: where the reader stands, and a cursor that says so if nothing comes.
    async fn stand(&self, ask: &Ask) -> Result<(Cursor, Standing), ReadError> {
        match &ask.begin {
            Begin::Cursor(cursor) => {
                self.check(cursor).await?;
                if ask.acknowledges {
                    self.acknowledge(&ask.inbox, cursor.after).await?;
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
        let in_tail = self.tail.read().fingerprint_at(cursor.after);
        let fingerprint = match in_tail {
            Some(fingerprint) => Some(fingerprint),
            None if cursor.after == 0 => Some(0),
            None => self.store.find_sent_at(cursor.after).await?.map(|ms| Cursor::fingerprint_of(cursor.after, ms)),
        };
        if fingerprint == Some(cursor.fingerprint) { Ok(()) } else { Err(ReadError::CursorReset) }
    }
}

impl Reader<'_> {
    /// Where the reading began, for who has read nothing.
    pub(crate) fn beginning(&self) -> &Cursor {
        &self.begin
    }

    /// See [`Self::begin`].
    pub(crate) fn into_beginning(self) -> Cursor {
        self.begin
    }

    /// Reads what there is, at once.
    pub(crate) async fn read(&mut self) -> Result<Option<Reading>, ReadError> {
        match self.look() {
            Look::Page(page, newest) => self.turn(page, newest).await.map(Some),
            Look::Nothing(_) | Look::Closed => Ok(None),
            Look::Behind => self.look_up().await,
        }
    }

    /// Reads what there is; if there is nothing, waits for it.
    pub(crate) async fn read_or_wait(&mut self, until: Instant) -> Result<Waited, ReadError> {
        if let Scope::Room(conversation) = self.ask.scope {
            self.watchers.get_or_insert_with(|| self.hub.watchers(conversation));
        }
        let inbox = Arc::clone(&self.ask.inbox);
        let _held = inbox.hold();
        let watchers = self.watchers.clone();
        let bell = watchers.as_deref().unwrap_or(&inbox.arrival);
        let mut timer = std::pin::pin!(sleep_until(until));
        loop {
            let look = || match self.look() {
                Look::Nothing(_) if self.hub.is_closing() => Some(Look::Closed),
                Look::Nothing(newest) => {
                    // The next look begins where this one ended.
                    self.standing.after = newest.id;
                    None
                }
                found => Some(found),
            };
            let found = tokio::select! {
                biased;
                found = wait::until(bell, look) => found,
                () = &mut timer => return Ok(Waited::Over),
            };
            let reading = match found {
                Look::Page(page, newest) => Some(self.turn(page, newest).await?),
                Look::Nothing(_) | Look::Behind => self.look_up().await?,
                Look::Closed => return Ok(Waited::Closed),
            };
            if let Some(reading) = reading {
                return Ok(Waited::Read(reading));
            }
        }
    }

    /// Looks into the tail.
    fn look(&self) -> Look {
        let look = |reaches: &dyn Fn(&Event) -> bool| {
            let tail = self.hub.tail.read();
            let newest = tail.newest();
            let Some(events) = tail.after(self.standing.after) else {
                return Look::Behind;
            };
            let wanted = events.filter(|event| reaches(event) && !self.standing.has_read(event));
            let page = Page::fill(wanted.cloned(), &mut self.ask.space.clone());
            if page.events.is_empty() { Look::Nothing(newest) } else { Look::Page(page, newest) }
        };
        match self.ask.scope {
            Scope::Room(conversation) => look(&|event| event.conversation_id == conversation),
            Scope::Joined => self.ask.inbox.with_filter(false, look),
            Scope::Directs => self.ask.inbox.with_filter(true, look),
        }
    }

    /// Asks the store for what lies before the tail. If there is nothing, the reader stands at the newest
    /// message now, which is in the tail.
    async fn look_up(&mut self) -> Result<Option<Reading>, ReadError> {
        self.hub.metrics.tail_misses.inc();
        // In this order: whatever is published by now, the inbox knows the conversation of.
        let newest = self.hub.newest();
        let mut floors = match self.ask.scope {
            Scope::Room(conversation) => vec![(conversation, 0)],
            Scope::Joined => self.ask.inbox.floors(false),
            Scope::Directs => self.ask.inbox.floors(true),
        };
        for (conversation, floor) in &mut floors {
            *floor = self.standing.read_ahead.get(conversation).copied().unwrap_or(0).max(*floor);
        }
        let mut space = self.ask.space.of_one_query();
        let one_more = space.messages() + 1;
        let messages = self.hub.store.list_messages_after(self.standing.after, newest.id, &floors, one_more).await?;
        let events = messages.iter().map(|stored| Arc::new(Event::from(stored)));
        let page = Page::fill(events, &mut space);
        if page.events.is_empty() {
            self.standing.after = newest.id;
            return Ok(None);
        }
        self.turn(page, newest).await.map(Some)
    }

    /// Turns a page into a reading, and stands behind it. While there is more, the cursor carries on what was
    /// read ahead.
    async fn turn(&mut self, page: Page, newest: Place) -> Result<Reading, ReadError> {
        let Page { events, more } = page;
        self.hub.metrics.count_delivery(events.len());
        let Standing { after, read_ahead } = &mut self.standing;
        let cursor = match events.last().filter(|_| more) {
            None => {
                *after = newest.id;
                read_ahead.clear();
                self.hub.cursor(newest, Vec::new())
            }
            Some(last) => {
                let read: Vec<_> =
                    read_ahead.iter().filter(|&(_, &seq)| seq > 0).map(|(&id, &seq)| (id, seq)).collect();
                let beyond = match read.is_empty() {
                    true => Vec::new(),
                    false => self.hub.store.list_ids_beyond(last.id, &read).await?,
                };
                *after = last.id;
                self.hub.cursor(Place { id: last.id, fingerprint: last.fingerprint }, beyond)
            }
        };
        Ok(Reading { events, more, cursor })
    }
}

impl Standing {
    fn has_read(&self, event: &Event) -> bool {
        self.read_ahead.get(&event.conversation_id).is_some_and(|&seq| event.seq <= seq)
    }
}
