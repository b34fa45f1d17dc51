//! Changes that polls bring: changed messages, and conversations that the user has joined, left or read in other
//! sessions. Knows nothing of how they are laid out.

use linger_api::{ConversationState, Message, Polled};

use super::conversations::{Conversations, Told};
use super::view::View;
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Http, Place};

/// How many messages are fetched at a time only because others answer them.
const QUOTED: usize = 5;

/// Prints the messages of an answer, below `rule` if there is one, and then its changes.
pub(super) fn arrived(
    polled: &Polled,
    http: &Http,
    conversations: &Conversations,
    view: &View,
    rule: Option<&str>,
) -> Result<(), Failure> {
    let changed = polled.changed.as_deref().unwrap_or_default();
    // Taken over first: a reply among the messages quotes what it answers as that is now.
    let is_known = |message: &&Message| {
        let known = conversations.message(&Conversation::of(message, conversations.me()), message.seq);
        known.is_some_and(|known| known.id == message.id)
    };
    let mut lines = view.learn(changed.iter().filter(is_known));
    fetch_quoted(http, conversations, view, &polled.messages, !polled.more)?;
    view.messages(&polled.messages, rule)?;
    // A message that is not on the screen yet arrives later as a message, already changed.
    let is_to_come = |message: &Message| {
        let shown = conversations.shown_of(&Conversation::of(message, conversations.me()));
        shown.is_some_and(|shown| message.seq > shown.newest)
    };
    lines.extend(view.learn(changed.iter().filter(|message| !is_to_come(message))));
    view.tell(&lines)?;
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
        Told::Joined(room) => {
            view.print_notice(&format!("— you are in #{} now", visible(&room)))?;
            Ok(true)
        }
        Told::Lost(room) => {
            if !conversations.left_elsewhere(&room) {
                return Ok(false);
            }
            conversations.unlist(&room);
            view.forget_lines();
            view.print_notice(&format!("— you are no longer in #{}", visible(&room)))?;
            Ok(true)
        }
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

/// Fetches messages that others answer, a few at most, unless they are known and have no change to come. It is no
/// failure if one cannot be had: the reply then shows its number only.
pub(super) fn fetch_quoted(
    http: &Http,
    conversations: &Conversations,
    view: &View,
    messages: &[Message],
    is_up_to_date: bool,
) -> Result<(), Failure> {
    if !view.quotes() {
        return Ok(());
    }
    // The polls of a program tell no changes.
    let is_up_to_date = is_up_to_date && view.is_typed();
    let (mut left, mut fetched) = (QUOTED, Vec::new());
    for message in messages {
        let Some(seq) = message.reply_to else { continue };
        let of = Conversation::of(message, conversations.me());
        let is_at_hand =
            messages.iter().any(|other| other.seq == seq && Conversation::of(other, conversations.me()) == of);
        let is_known = conversations.message(&of, seq).is_some();
        if is_at_hand || is_known && is_up_to_date || fetched.contains(&(of.clone(), seq)) {
            continue;
        }
        let place = place_of(message, &of).filter(|_| left > 0);
        let Some(quoted) = place.and_then(|place| http.quoted(&place, seq).ok()) else {
            // A server that is slow is not asked again.
            left = 0;
            conversations.forget(&of, seq);
            continue;
        };
        left -= 1;
        match view.is_typed() && is_known {
            // It may be on the screen as it was.
            true => view.changes([&quoted])?,
            false => drop(conversations.remember(&quoted)),
        }
        fetched.push((of, seq));
    }
    Ok(())
}

fn place_of(message: &Message, of: &Conversation) -> Option<Place> {
    match (message.room_id, of) {
        (Some(id), _) => Some(Place::Room(id)),
        (None, Conversation::Direct(name)) => Some(Place::Direct(name.clone())),
        (None, Conversation::Room(_)) => None,
    }
}
