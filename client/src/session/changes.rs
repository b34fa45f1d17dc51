//! Changes that polls bring: changed messages, and conversations that the user has joined, left or read in other
//! sessions. Knows nothing of how they are laid out.

use linger_api::{ConversationState, Message, Polled};

use super::conversations::{Conversations, Told};
use super::view::View;
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Http, Place};

/// How many messages are fetched at a time only because others answer them.
const QUOTED: usize = 5;

/// Tells the changes of an answer. Its messages were shown before.
pub(super) fn arrived(polled: &Polled, conversations: &Conversations, view: &View) -> Result<(), Failure> {
    // A message that is not on the screen yet arrives later as a message, already changed.
    let is_to_come = |message: &&Message| {
        let shown = conversations.shown_of(&Conversation::of(message, conversations.me()));
        shown.is_some_and(|shown| message.seq > shown.newest)
    };
    let changed: Vec<_> = polled.changed.iter().flatten().filter(|message| !is_to_come(message)).cloned().collect();
    view.changes(&changed)?;
    let mut is_counted = false;
    for state in polled.conversations.iter().flatten() {
        is_counted |= take_over(state, conversations, view)?;
    }
    if is_counted { view.redraw() } else { Ok(()) }
}

/// Takes over a state of a conversation. Returns whether unread counts have changed.
fn take_over(state: &ConversationState, conversations: &Conversations, view: &View) -> Result<bool, Failure> {
    match conversations.told(state) {
        Told::Nothing => Ok(false),
        Told::Counts => Ok(true),
        Told::Left(room) => {
            if !conversations.left_elsewhere(&room) {
                return Ok(false);
            }
            let room = visible(&room);
            view.print_notice(&format!(
                "You have left #{room} elsewhere: its messages no longer arrive. /join {room} goes back."
            ))?;
            Ok(true)
        }
    }
}

/// Fetches messages that others answer and that are not known, a few at most. It is no failure if one cannot be had: the
/// reply then shows its number only.
pub(super) fn fetch_quoted(http: &Http, conversations: &Conversations, messages: &[Message]) {
    let mut left = QUOTED;
    for message in messages {
        let Some(seq) = message.reply_to else { continue };
        let of = Conversation::of(message, conversations.me());
        let is_at_hand =
            messages.iter().any(|other| other.seq == seq && Conversation::of(other, conversations.me()) == of);
        if left == 0 || is_at_hand || conversations.message(&of, seq).is_some() {
            continue;
        }
        left -= 1;
        let place = match (message.room_id, of) {
            (Some(id), _) => Place::Room(id),
            (None, Conversation::Direct(name)) => Place::Direct(name),
            (None, Conversation::Room(_)) => continue,
        };
        match http.quoted(&place, seq) {
            Ok(quoted) => {
                conversations.remember(&quoted);
            }
            Err(_) => return,
        }
    }
}
