//! Pages of a conversation's history, in either direction. Knows conversations, not whether they are rooms.

use super::App;
use crate::domain::ids::{ConversationId, Seq};
use crate::domain::problem::Problem;
use crate::hub::{Event, Page, Space};
use crate::store::{HistoryRange, Store, StoreError};

/// A page of history, and what tells whether there is another on either side.
pub(crate) struct History {
    pub(crate) page: Page,
    /// The newest message of the conversation.
    pub(crate) newest: Seq,
}

impl App {
    /// Reads a page of a conversation.
    pub(crate) async fn read_history(
        &self,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<History, Problem> {
        let newest = self.store.newest_seq(conversation).await?;
        let page = read(&self.store, conversation, range, &mut Space::of_page(limit)).await?;
        Ok(History { page, newest })
    }
}

/// Reads as much of a conversation's history as there is space for, oldest first. Messages that do not fit are those
/// farthest from where the range begins.
pub(crate) async fn read(
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
    let mut page = Page::fill(messages.iter().map(|stored| Event::from(stored).into()), space);
    if is_backward {
        page.events.reverse();
    }
    Ok(page)
}
