//! Pages of a conversation's history, in either direction. Does not know whether a conversation is a room.

use super::App;
use crate::domain::ids::{ConversationId, Seq};
use crate::domain::problem::Problem;
use crate::hub::{Event, Page, Space};
use crate::store::{HistoryRange, Store, StoreError};

/// A page of history, and what shows whether there are pages on either side.
pub(crate) struct History {
    pub(crate) page: Page,
    /// The seq of the conversation's newest message.
    pub(crate) newest: Seq,
}

impl App {
    /// Reads a page of a conversation's history.
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

/// Reads as much of a conversation's history as there is space for, oldest first. If not everything fits, the messages
/// farthest from the start of the range are left out.
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
