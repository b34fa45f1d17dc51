//! Tells the server what has been read where a poll cannot: a poll acknowledges all conversations at once. Knows
//! nothing of how it was read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::conversations::Conversations;
use crate::domain::{Conversation, Failure};
use crate::http::{Backoff, Http};

/// The shortest pause between two reports, so that a busy conversation costs few. What is read here is read on the
/// user's other devices within a second.
const PAUSE: Duration = Duration::from_millis(400);

/// Reports for as long as the process lives.
pub(super) fn send_all(http: Arc<Http>, conversations: Arc<Conversations>) {
    thread::spawn(move || {
        loop {
            let mut unsent = conversations.receipts();
            let mut backoff = Backoff::new();
            while !unsent.is_empty() {
                thread::sleep(match send(&http, &conversations, &mut unsent) {
                    Err(failure) => backoff.next_pause(failure.retry_after()),
                    Ok(()) => PAUSE,
                });
            }
        }
    });
}

/// Reports until one cannot be sent now.
fn send(http: &Http, conversations: &Conversations, unsent: &mut BTreeMap<Conversation, i64>) -> Result<(), Failure> {
    while let Some((conversation, seq)) = unsent.pop_first() {
        let sent = match &conversation {
            Conversation::Direct(with) => http.mark_direct_read(with, seq, true),
            // The user may have left the room.
            Conversation::Room(room) => match conversations.room_id(room) {
                Some(id) => http.mark_room_read(id, seq, true),
                None => Ok(()),
            },
        };
        match sent {
            Err(failure) if failure.is_transient() => {
                unsent.insert(conversation, seq);
                return Err(failure);
            }
            // Nothing more can be done, and nothing is lost: the messages are shown again.
            _ => {}
        }
    }
    Ok(())
}
