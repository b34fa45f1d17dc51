//! Reading on from a cursor, and waiting for new messages: the heart of `/poll`.
//!
//! A place in the tail is read from memory; an older place costs one query. Reading moves no position: only the next
//! request, with the cursor of the last answer, proves that the answer arrived.

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

/// A reader that reads on from its place, as often as needed.
pub(crate) struct Reader<'h> {
    hub: &'h Hub,
    ask: Ask,
    /// The cursor where reading began.
    begin: Cursor,
    standing: Standing,
    /// Wakes this reader for messages of a single room. Without it, the inbox wakes it.
    watchers: Option<Arc<Notify>>,
}

/// A reader's place: an event on the line, and later positions in some conversations.
struct Standing {
    after: EventId,
    read_ahead: HashMap<ConversationId, Seq>,
}

/// The outcome of waiting.
pub(crate) enum Waited {
    Read(Reading),
    /// Nothing came in time.
    Over,
    /// Nothing came, and the server is stopping.
    Closed,
}

/// The outcome of a look into the tail.
enum Look {
    /// A page, and the newest message when it was made.
    Page(Page, Place),
    /// There is nothing to read, up to the newest message.
    Nothing(Place),
    /// The reader's place lies before the tail.
    Behind,
    /// There is nothing to read, and the server is stopping.
    Closed,
}

impl Hub {
    /// Checks where the request begins, and acknowledges its cursor if it says so.
    pub(crate) async fn open_reader(&self, ask: Ask) -> Result<Reader<'_>, ReadError> {
        let (begin, standing) = self.stand(&ask).await?;
        Ok(Reader { hub: self, ask, begin, standing, watchers: None })
    }

    /// Returns whether the request begins beyond the newest message here. Another node may have issued its cursor.
    pub(crate) fn is_ahead(&self, ask: &Ask) -> bool {
        matches!(&ask.begin, Begin::Cursor(cursor) if cursor.after > self.newest().id)
    }

    /// Finds the place to begin at, and the cursor to answer with if nothing comes.
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
            // This cursor is only used if a later look finds nothing unread up to it.
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

    /// Checks that this database issued a cursor: it has a valid seal, and its message exists and is still the same.
    async fn check(&self, cursor: &Cursor) -> Result<(), ReadError> {
        let is_ours = cursor.epoch == self.epoch && cursor.is_sealed_with(&self.cursor_key);
        if !is_ours || cursor.after > self.newest().id {
            return Err(ReadError::CursorReset);
        }
        let fingerprint = self.find_fingerprint(cursor.after).await?;
        if fingerprint == Some(cursor.fingerprint) { Ok(()) } else { Err(ReadError::CursorReset) }
    }

    /// Returns the fingerprint of an event, or `None` if there is no such event.
    async fn find_fingerprint(&self, event: EventId) -> Result<Option<u16>, ReadError> {
        let in_tail = self.tail.read().fingerprint_at(event);
        match in_tail {
            Some(fingerprint) => Ok(Some(fingerprint)),
            None if event == 0 => Ok(Some(0)),
            None => Ok(self.store.find_sent_at(event).await?.map(|ms| Cursor::fingerprint_of(event, ms))),
        }
    }

    /// Returns the cursor of a reader that has read everything up to this event.
    pub(crate) async fn cursor_at(&self, event: EventId) -> Result<Cursor, ReadError> {
        let fingerprint = self.find_fingerprint(event).await?.ok_or(ReadError::CursorReset)?;
        Ok(Cursor::new(&self.cursor_key, self.epoch, event, fingerprint, Vec::new()))
    }
}

impl Reader<'_> {
    /// Returns the cursor where reading began, for a caller that has read nothing.
    pub(crate) fn beginning(&self) -> &Cursor {
        &self.begin
    }

    /// Like [`Self::beginning`], but consumes the reader.
    pub(crate) fn into_beginning(self) -> Cursor {
        self.begin
    }

    /// Reads what there is, without waiting. Returns `None` if there is nothing.
    pub(crate) async fn read(&mut self) -> Result<Option<Reading>, ReadError> {
        match self.look() {
            Look::Page(page, newest) => self.turn(page, newest).await.map(Some),
            Look::Nothing(_) | Look::Closed => Ok(None),
            Look::Behind => self.look_up().await,
        }
    }

    /// Reads what there is. If there is nothing, waits for it until `until`.
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

    /// Reads what lies before the tail from the store. If there is nothing, moves on to the newest message, which is in
    /// the tail, and returns `None`.
    async fn look_up(&mut self) -> Result<Option<Reading>, ReadError> {
        self.hub.metrics.tail_misses.inc();
        // In this order, because the inbox knows the conversations of all messages published so far.
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
        let page = Page::fill(self.hub.share(&messages).into_iter(), &mut space);
        if page.events.is_empty() {
            self.standing.after = newest.id;
            return Ok(None);
        }
        self.turn(page, newest).await.map(Some)
    }

    /// Turns a page into a reading, and moves on behind it. While there is more, the new cursor keeps the positions
    /// that were read ahead.
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
