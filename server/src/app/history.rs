//! Pages of a conversation's history, in either direction. Does not know whether a conversation is a room.

use std::collections::HashMap;
use std::sync::Arc;

use super::App;
use crate::domain::ids::{ConversationId, Seq, UserId};
use crate::domain::problem::Problem;
use crate::hub::{Event, Hub, MAX_PAGE_MESSAGES, Page, Space};
use crate::store::{HistoryRange, Store, StoreError};

/// A page of history, and what shows whether there are pages on either side.
pub(crate) struct History {
    pub(crate) page: Page,
    /// The seq of the conversation's newest message.
    pub(crate) newest: Seq,
}

impl App {
    /// Reads a page of a conversation's history for a user.
    ///
    /// # Errors
    /// 429 if too many answers to the user are on their way; if the database fails.
    pub(crate) async fn read_history(
        &self,
        reader: UserId,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, Problem> {
        let _reserved = self.outgoing.reserve(reader)?;
        let newest = self.store.newest_seq(conversation).await?;
        let page = read(&self.hub, &self.store, conversation, range, &mut Space::of_page(limit)).await?;
        Ok(History { page, newest })
    }
}

impl App {
    /// Reads at most `latest` of the newest messages of each conversation, given with its newest seq, for a user. All
    /// conversations share the space of one page: those that find none left are empty. One query reads them all.
    ///
    /// # Errors
    /// As [`App::read_history`].
    pub(crate) async fn read_latest(
        &self,
        reader: UserId,
        conversations: &[(ConversationId, Seq)],
        latest: usize,
    ) -> Result<Vec<Vec<Arc<Event>>>, Problem> {
        let _reserved = self.outgoing.reserve(reader)?;
        let mut left = MAX_PAGE_MESSAGES as i64;
        let mut wanted = Vec::new();
        for &(conversation, newest) in conversations {
            let expected = newest.min(latest as i64);
            if expected > 0 && left > 0 {
                wanted.push(conversation);
                left -= expected;
            }
        }
        let mut found: HashMap<_, Vec<_>> = HashMap::new();
        if !wanted.is_empty() {
            let stored = self.store.list_latest(&wanted, latest).await?;
            for event in self.hub.share(&stored) {
                found.entry(event.conversation_id).or_default().push(event);
            }
        }
        let mut space = Space::of_page(MAX_PAGE_MESSAGES);
        Ok(conversations
            .iter()
            .map(|(conversation, _)| {
                let events = found.remove(conversation).unwrap_or_default();
                let mut page = Page::fill(events.into_iter().rev(), &mut space.part(latest));
                space.give(&page);
                page.events.reverse();
                page.events
            })
            .collect())
    }
}

/// Reads as much of a conversation's history as there is space for, oldest first. If not everything fits, the messages
/// farthest from the start of the range are left out.
pub(crate) async fn read(
    hub: &Hub,
    store: &Store,
    conversation: ConversationId,
    range: HistoryRange,
    space: &mut Space,
) -> Result<Page, StoreError> {
    let mut messages = store.list_history(conversation, range, space.messages() + 1).await?;
    let is_backward = !matches!(range, HistoryRange::After(_));
    if is_backward {
        messages.reverse();
    }
    let mut page = Page::fill(hub.share(&messages).into_iter(), space);
    if is_backward {
        page.events.reverse();
    }
    Ok(page)
}
