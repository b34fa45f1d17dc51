//! Reading on from a cursor, and waiting for new messages: the heart of `/poll`.
//!
//! A place in the tail is read from memory; an older place costs one query. Reading moves no position: only the next
//! request, with the cursor of the last answer, proves that the answer arrived.
//!
//! Each page is filtered by the rooms the user is in at that moment. A client that catches up while its user is outside
//! a room therefore skips the room's changes, and if the user rejoins before the client reaches the event of leaving,
//! it would never learn that it skipped anything. So the page also tells which rooms the user has left since the last
//! one, wherever the events of leaving lie. If the user joins or leaves a room meanwhile, the page is filled again.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::Hub;
use super::page::Page;
use super::reading::{Ask, Begin, ReadError, Reading, Scope};
use super::standing::Standing;
use super::tail::{Event, Place, What};
use super::wait::{self, Bells, Either};
use crate::domain::cursor::Cursor;
use crate::domain::ids::{ConversationId, EventId, Seq};
use crate::store::StoreError;

/// A reader that reads on from its place, as often as needed.
pub(crate) struct Reader<'h> {
    pub(super) hub: &'h Hub,
    pub(super) ask: Ask,
    /// The cursor where reading began.
    begin: Cursor,
    pub(super) standing: Standing,
    /// Wakes this reader for messages of a single room. Without it, the inbox wakes it.
    watchers: Option<Arc<Bells>>,
}

/// The outcome of waiting.
pub(crate) enum Waited {
    Read(Reading),
    /// Nothing came in time.
    Over,
    /// Nothing came, and the server is stopping.
    Closed,
}

/// A page that was found. It is empty if nothing but positions have moved.
struct Found {
    page: Page,
    /// The rooms whose membership has changed after the reader's place, if the client is told of them.
    memberships: Vec<ConversationId>,
    /// The newest event when the page was filled.
    newest: Place,
    /// [`Inbox::version`](super::Inbox::version) when the page was filled.
    version: u64,
}

/// The outcome of a look into the tail.
enum Look {
    Found(Found),
    /// There is nothing to read, up to the newest event.
    Nothing(Place),
    /// The reader's place lies before the tail.
    Behind,
    /// There is nothing to read, and the server is stopping.
    Closed,
    /// The user does not see the room any more.
    Hidden,
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
}

impl Reader<'_> {
    /// Returns the cursor where reading began, for a caller that has read nothing.
    pub(crate) fn beginning(&self) -> &Cursor {
        &self.begin
    }

    /// Returns a reading of nothing, which leaves the client where it began.
    pub(crate) fn into_nothing(self) -> Reading {
        Reading::nothing(self.begin, self.ask.changes)
    }

    /// Reads what there is, without waiting. Returns `None` if there is nothing.
    pub(crate) async fn read(&mut self) -> Result<Option<Reading>, ReadError> {
        loop {
            let reading = match self.look() {
                Look::Found(found) => self.turn(found).await?,
                Look::Nothing(_) | Look::Closed => return Ok(None),
                Look::Behind => Box::pin(self.look_up()).await?,
                Look::Hidden => return Err(ReadError::Hidden),
            };
            if reading.is_some() {
                return Ok(reading);
            }
        }
    }

    /// Reads what there is. If there is nothing, waits for it until `until`.
    pub(crate) async fn read_or_wait(&mut self, until: Instant) -> Result<Waited, ReadError> {
        if let Scope::Room(room) = &self.ask.scope {
            self.watchers.get_or_insert_with(|| self.hub.watchers(room.conversation));
        }
        let (inbox, changes) = (Arc::clone(&self.ask.inbox), self.ask.changes);
        let _held = inbox.hold(self.ask.session);
        let watchers = self.watchers.clone();
        let own = inbox.bells.of(changes);
        let bell = match watchers.as_deref() {
            None => Either(own, None),
            // The user's own bell tells of positions and memberships.
            Some(watchers) => Either(watchers.of(changes), changes.then_some(own)),
        };
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
                found = wait::until(&bell, look) => found,
                () = &mut timer => return Ok(Waited::Over),
            };
            let reading = match found {
                Look::Found(found) => self.turn(found).await?,
                // Boxed, since each held poll would have room for its queries.
                Look::Nothing(_) | Look::Behind => Box::pin(self.look_up()).await?,
                Look::Closed => return Ok(Waited::Closed),
                Look::Hidden => return Err(ReadError::Hidden),
            };
            if let Some(reading) = reading {
                return Ok(Waited::Read(reading));
            }
        }
    }

    /// Looks into the tail.
    fn look(&self) -> Look {
        let changes = self.ask.changes;
        let version = self.ask.inbox.version();
        let look = |reaches: &dyn Fn(&Event) -> bool| {
            let tail = self.hub.tail.read();
            let newest = tail.newest();
            let Some(events) = tail.after(self.standing.after) else {
                return Look::Behind;
            };
            let wanted = events.filter(|event| reaches(event) && !self.standing.is_past(event));
            let page = Page::fill(wanted.cloned(), &mut self.ask.space.clone());
            if page.events.is_empty() {
                return Look::Nothing(newest);
            }
            let memberships = match self.tells_of_rooms() {
                true => {
                    tail.memberships_after(self.standing.after.max(self.standing.unchanged), self.ask.inbox.user_id)
                }
                false => Vec::new(),
            };
            Look::Found(Found { page, memberships, newest, version })
        };
        let inbox = &self.ask.inbox;
        let found = match &self.ask.scope {
            Scope::Room(room) => {
                let reaches = |event: &Event| match event.what {
                    What::Message { .. } => event.conversation_id == room.conversation,
                    What::Changed { .. } | What::Erased | What::Conversation => {
                        changes && event.conversation_id == room.conversation
                    }
                    What::Membership { user } => {
                        changes && event.conversation_id == room.conversation && user == inbox.user_id
                    }
                    What::Superseded => false,
                };
                look(&reaches)
            }
            Scope::Joined => inbox.with_filter(false, changes, look),
            Scope::Directs => inbox.with_filter(true, changes, look),
        };
        match found {
            // After the events were found: from now on the user may not be told of others.
            _ if self.is_hidden() => Look::Hidden,
            Look::Nothing(newest) if changes && self.has_moved() => {
                Look::Found(Found { page: Page::empty(), memberships: Vec::new(), newest, version })
            }
            found => found,
        }
    }

    /// Returns whether the request is about a room that the user does not see, or no longer.
    fn is_hidden(&self) -> bool {
        matches!(&self.ask.scope, Scope::Room(room) if !room.is_seen_by(&self.ask.inbox))
    }

    /// Reads what lies before the tail from the store. Returns `None` if the caller has to look again: there is
    /// nothing, and the reader has moved on to the newest event, which is in the tail, or the page is out of date.
    async fn look_up(&mut self) -> Result<Option<Reading>, ReadError> {
        self.hub.metrics.tail_misses.inc();
        // In this order, because the inbox knows the conversations of all messages published so far.
        let newest = self.hub.newest();
        let version = self.ask.inbox.version();
        let mut floors = match &self.ask.scope {
            Scope::Room(room) => vec![(room.conversation, 0)],
            Scope::Joined => self.ask.inbox.floors(false),
            Scope::Directs => self.ask.inbox.floors(true),
        };
        for (conversation, floor) in &mut floors {
            *floor = self.standing.read_ahead.get(conversation).copied().unwrap_or(0).max(*floor);
        }
        let mut space = self.ask.space.of_one_query();
        let (after, one_more) = (self.standing.after, space.messages() + 1);
        let messages = self.hub.store.list_messages_after(after, newest.id, &floors, one_more).await?;
        let mut events = self.hub.share(&messages);
        let mut memberships = Vec::new();
        if self.ask.changes {
            // No page reaches beyond as many messages.
            let full = messages.last().filter(|_| messages.len() >= one_more);
            let upto = full.map_or(newest.id, |last| last.message.id);
            events.extend(self.list_changes(after, upto, &floors, one_more).await?);
            memberships = self.list_memberships(after).await?;
            events.extend(memberships.iter().filter(|event| event.id <= upto).cloned());
            events.sort_by_key(|event| event.id);
        }
        let page = Page::fill(events.into_iter(), &mut space);
        if page.events.is_empty() && !(self.ask.changes && self.has_moved()) {
            self.standing.after = newest.id;
            return Ok(None);
        }
        let memberships = memberships.iter().map(|event| event.conversation_id).collect();
        self.turn(Found { page, memberships, newest, version }).await
    }

    /// Lists the changes that lie before the tail, but for those of the user's memberships.
    async fn list_changes(
        &self,
        after: EventId,
        upto: EventId,
        conversations: &[(ConversationId, Seq)],
        limit: usize,
    ) -> Result<Vec<Arc<Event>>, StoreError> {
        let conversations: Vec<_> = conversations.iter().map(|&(conversation, _)| conversation).collect();
        let store = &self.hub.store;
        let after = after.max(self.standing.unchanged);
        let mut changes = store.list_changed_messages(after, upto, &conversations, limit).await?;
        changes.extend(store.list_erasures(after, upto, &conversations, limit).await?);
        if !matches!(self.ask.scope, Scope::Directs) {
            changes.extend(store.list_changed_conversations(&conversations, after, upto, limit).await?);
        }
        Ok(changes.iter().map(|change| Arc::new(Event::from(change))).collect())
    }

    /// Lists the changes of the user's memberships. There is at most one for each conversation.
    async fn list_memberships(&self, after: EventId) -> Result<Vec<Arc<Event>>, StoreError> {
        let only = match &self.ask.scope {
            Scope::Room(room) => Some(room.conversation),
            Scope::Joined => None,
            // Nobody joins or leaves a direct conversation.
            Scope::Directs => return Ok(Vec::new()),
        };
        let (user, after) = (self.ask.inbox.user_id, after.max(self.standing.unchanged));
        let changes = self.hub.store.list_changed_memberships(user, only, after).await?;
        Ok(changes.iter().map(|change| Arc::new(Event::from(change))).collect())
    }

    /// Turns a page into a reading, and moves on behind it. While there is more, the new cursor keeps the positions
    /// that were read ahead. Returns `None` if the page is out of date, because the user has joined or left a
    /// conversation since it was filled.
    async fn turn(&mut self, found: Found) -> Result<Option<Reading>, ReadError> {
        let Found { page: Page { events, more }, memberships, newest, version } = found;
        let place = match events.last().filter(|_| more) {
            None => newest,
            Some(last) => Place { id: last.id, fingerprint: last.fingerprint },
        };
        let beyond = if more { Box::pin(self.list_read_beyond(place.id)).await? } else { Vec::new() };
        let (messages, changes, told) = self.sort(events, memberships);
        if self.is_hidden() {
            return Err(ReadError::Hidden);
        }
        if self.ask.inbox.version() != version {
            return Ok(None);
        }
        if !messages.is_empty() {
            self.hub.metrics.count_delivery(messages.len());
        }
        let is_told_in_part = told.is_some_and(|told| self.left_in(told).is_some());
        self.standing.told = told;
        self.standing.after = place.id;
        if !more {
            self.standing.read_ahead.clear();
        }
        let cursor = self.hub.cursor(place, beyond, told);
        Ok(Some(Reading { messages, changes, more: more || is_told_in_part, cursor }))
    }

    /// Lists the messages beyond a place up to which conversations were read ahead.
    async fn list_read_beyond(&self, place: EventId) -> Result<Vec<EventId>, StoreError> {
        let read_ahead = &self.standing.read_ahead;
        let read: Vec<_> = read_ahead.iter().filter(|&(_, &seq)| seq > 0).map(|(&id, &seq)| (id, seq)).collect();
        match read.is_empty() {
            true => Ok(Vec::new()),
            false => self.hub.store.list_ids_beyond(place, &read).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::right::Role;
    use crate::hub::Space;
    use crate::metrics::Metrics;
    use crate::store::Joined;
    use crate::store::tests::{draft, guest, on_sqlite, post};

    #[tokio::test]
    async fn a_page_is_out_of_date_once_the_user_has_left_a_room() {
        let (store, _folder) = on_sqlite().await;
        let alice = guest(&store, "alice").await;
        let hub = Hub::open(store.clone(), 0, 1 << 20, Arc::new(Metrics::new([]))).await.unwrap();
        let inbox = Arc::new(crate::hub::Inbox::new(alice.id, &[], 0));
        let join = || inbox.join(1, Joined { since_seq: 0, resets: 0 }, Role::Member, None);
        join();
        let (scope, begin, space) = (Scope::Joined, Begin::Newest, Space::of_page(10));
        let ask =
            Ask { inbox: Arc::clone(&inbox), scope, begin, acknowledges: false, changes: true, session: 0, space };
        let mut reader = hub.open_reader(ask).await.unwrap();
        post(&store, &[draft(1, &alice, "one")]).await;
        let event = &store.list_events_between(0, 1, 9).await.unwrap()[0];
        hub.tail.write().push(Arc::new(Event::from(event)));
        let Look::Found(found) = reader.look() else { panic!("there is a message") };
        // The user is back before the page is told, so that it would pass for one of a member.
        inbox.leave(1);
        join();
        assert!(reader.turn(found).await.unwrap().is_none());
        assert_eq!(reader.read().await.unwrap().unwrap().messages.len(), 1);
    }
}
