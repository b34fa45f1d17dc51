//! Pages: how much one answer holds, in messages and in bytes. Knows nothing of where they come from.

use std::sync::Arc;

use super::tail::Event;

/// A page is at most so many messages.
pub(crate) const MAX_PAGE_MESSAGES: usize = 500;

/// A page is at most 256 KiB, `{"messages":[…],"more":false}` around the messages included. One message is
/// at most a thirtieth of that.
const MAX_PAGE_BYTES: usize = 256 * 1024 - 32;

/// A frame of a stream is at most so long. It waits in memory for a reader who may never take it; one message
/// always fits, since its JSON is at most twice its text and a little more.
const MAX_FRAME_BYTES: usize = 9 * 1024;

/// Most messages are shorter. A whole page has room for its most messages of this length.
const MIDDLING_BYTES: usize = 512;

/// As many messages as an answer holds.
pub(crate) struct Page {
    pub(crate) events: Vec<Arc<Event>>,
    /// There was more than that.
    pub(crate) more: bool,
}

/// What still fits on a page.
#[derive(Debug, Clone)]
pub(crate) struct Space {
    messages: usize,
    bytes: usize,
}

impl Space {
    /// An empty page, for at most so many messages.
    pub(crate) fn of_page(limit: usize) -> Self {
        Self { messages: limit.min(MAX_PAGE_MESSAGES), bytes: MAX_PAGE_BYTES }
    }

    /// An empty frame of a stream, for at most so many messages.
    pub(crate) fn of_frame(limit: usize) -> Self {
        Self { messages: limit.min(MAX_PAGE_MESSAGES), bytes: MAX_FRAME_BYTES }
    }

    /// How many messages fit, if they are short.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    /// What is asked of the store at once: as many messages as fit if they are of middling length. What a frame
    /// has no room for would be read again for the next.
    pub(crate) fn of_one_query(&self) -> Self {
        self.part(self.bytes / MIDDLING_BYTES)
    }

    /// The same space, for at most so many messages.
    pub(crate) fn part(&self, limit: usize) -> Self {
        Self { messages: limit.min(self.messages), bytes: self.bytes }
    }

    /// Takes what a page has, which was filled from a part of this space.
    pub(crate) fn give(&mut self, page: &Page) {
        page.events.iter().for_each(|event| {
            self.take(event);
        });
    }

    fn take(&mut self, event: &Event) -> bool {
        let bytes = event.json.get().len() + 1;
        let fits = self.messages > 0 && bytes <= self.bytes;
        if fits {
            self.messages -= 1;
            self.bytes -= bytes;
        }
        fits
    }
}

impl Page {
    /// Takes messages until one does not fit.
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
