//! Pages: how much one answer holds, in messages and in bytes. Knows nothing of where messages come from.

use std::sync::Arc;

use super::tail::Event;

/// The most messages on a page.
pub(crate) const MAX_PAGE_MESSAGES: usize = 500;

/// The most bytes on a page: 256 KiB, less the `{"messages":[…],"more":false}` around the messages. One message takes
/// at most an eighth of that.
const MAX_PAGE_BYTES: usize = 256 * 1024 - 32;

/// The most bytes in a frame of a stream, unless its only message is longer. A frame waits in memory for a client that
/// may never read it.
const MAX_FRAME_BYTES: usize = 9 * 1024;

/// The length that most messages stay under. A full page has room for [`MAX_PAGE_MESSAGES`] of this length.
const MIDDLING_BYTES: usize = 512;

/// What the state of a conversation takes at most: a title has 64 characters and a topic 256, of up to four bytes.
const STATE_BYTES: usize = 1600;

/// The events of one answer.
pub(crate) struct Page {
    pub(crate) events: Vec<Arc<Event>>,
    /// Whether there are more events after these.
    pub(crate) more: bool,
}

/// The room that is left on a page.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    messages: usize,
    bytes: usize,
    /// Nothing was taken yet, so one message fits whatever its length.
    is_whole: bool,
}

impl Space {
    /// Returns the room on an empty page, for at most `limit` messages.
    pub(crate) fn of_page(limit: usize) -> Self {
        Self { messages: limit.min(MAX_PAGE_MESSAGES), bytes: MAX_PAGE_BYTES, is_whole: true }
    }

    /// Returns the room in an empty frame of a stream, for at most `limit` messages.
    pub(crate) fn of_frame(limit: usize) -> Self {
        Self { messages: limit.min(MAX_PAGE_MESSAGES), bytes: MAX_FRAME_BYTES, is_whole: true }
    }

    /// Returns how many states of conversations fit beside these events, at least one.
    pub(crate) fn states_beside(&self, events: &[Arc<Event>]) -> usize {
        let mut left = self.clone();
        events.iter().for_each(|event| {
            left.take(event);
        });
        left.messages.min(left.bytes / STATE_BYTES).max(1)
    }

    /// Returns how many messages fit if they are short.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    /// Returns the room to fill with one query: as many messages as fit at middling length. Messages that do not fit
    /// into a frame would be read again for the next.
    pub(crate) fn of_one_query(&self) -> Self {
        self.part(self.bytes / MIDDLING_BYTES)
    }

    /// Returns the same space, for at most `limit` messages.
    pub(crate) fn part(&self, limit: usize) -> Self {
        Self { messages: limit.min(self.messages), ..*self }
    }

    /// Subtracts a page that was filled from a part of this space.
    pub(crate) fn give(&mut self, page: &Page) {
        page.events.iter().for_each(|event| {
            self.take(event);
        });
    }

    fn take(&mut self, event: &Event) -> bool {
        let bytes = if event.is_of_conversation() { STATE_BYTES } else { event.json.get().len() + 1 };
        let fits = self.messages > 0 && (self.is_whole || bytes <= self.bytes);
        if fits {
            self.messages -= 1;
            self.bytes = self.bytes.saturating_sub(bytes);
            self.is_whole = false;
        }
        fits
    }
}

impl Page {
    pub(crate) fn empty() -> Self {
        Self { events: Vec::new(), more: false }
    }

    /// Takes events until one does not fit.
    pub(crate) fn fill(mut events: impl Iterator<Item = Arc<Event>>, space: &mut Space) -> Self {
        let mut page = Self { events: Vec::new(), more: false };
        page.more = events.any(|event| {
            let fits = space.take(&event);
            if fits {
                page.events.push(event);
            }
            !fits
        });
        page
    }
}
