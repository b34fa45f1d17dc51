//! Catching up with more unread messages than a user wants to scroll through: the latest of each conversation. Knows
//! nothing of how they are laid out.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use linger_api::{Connected, ConversationStatus, Page};

use super::conversations::Conversations;
use super::view::{UNREAD, View};
use crate::display::listing;
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Http, Stream};

/// The most unread messages that a session shows all of when it begins.
pub(super) const MOST: usize = 100;
/// The most that it shows all of later. Those have come while it ran.
const MOST_LATER: i64 = 500;
/// How many messages of a conversation are shown at most when a session begins.
const LATEST: usize = 50;
/// How long a departure has to last to be noted.
const AGAIN: Duration = Duration::from_secs(1);
/// In how many conversations. Of the others, only the counts are shown.
const CONVERSATIONS: usize = 8;

/// Returns whether so much is unread that a session leaves some of it out when it begins.
pub(super) fn is_flood(connected: &Connected, me: &str) -> bool {
    let mut counts = BTreeMap::new();
    for message in &connected.messages {
        *counts.entry(Conversation::of(message, me)).or_insert(0) += 1;
    }
    connected.more || connected.messages.len() > MOST || counts.into_values().any(|count| count > LATEST)
}

/// Returns whether so much is unread that a running session leaves some of it out.
pub(super) fn is_too_much(http: &Http) -> Result<bool, Failure> {
    Ok(http.status(None)?.conversations.iter().map(|one| one.unread).sum::<i64>() > MOST_LATER)
}

/// Shows the latest unread messages of each conversation, and how many there are before them. Those stay unread.
/// Returns the cursor to go on with.
pub(super) fn catch_up(http: &Http, conversations: &Conversations, view: &View) -> Result<String, Failure> {
    // Before everything else: what is sent meanwhile comes twice, and is recognised.
    let cursor = http.watch(Stream::Directs, None, Duration::ZERO, 1)?.cursor;
    look_elsewhere(http, conversations, view)?;
    let status = http.status(None)?;
    let current = conversations.current();
    let mut unread: Vec<_> = status.conversations.iter().filter(|one| one.unread > 0).collect();
    unread.sort_by_key(|one| (name_of(one) != current, -one.unread));
    let (mut messages, mut left_out) = (Vec::new(), Vec::new());
    for (place, one) in unread.into_iter().enumerate() {
        let conversation = name_of(one);
        let count = usize::try_from(one.unread).unwrap_or_default();
        let shown = if place < CONVERSATIONS { count.min(LATEST) } else { 0 };
        if shown > 0 {
            messages.extend(latest(http, one, shown)?.messages);
        }
        if shown < count {
            // Before they are shown: they are not read then.
            conversations.skipped(&conversation);
            conversations.left_out(&conversation, count - shown, one.last_read + 1);
            left_out.push((conversation, count, shown, one.last_read + 1));
        }
    }
    messages.sort_unstable_by_key(|message| message.id);
    let notes = left_out.iter().map(|(conversation, count, shown, _)| note(conversation, count - shown));
    let notes: Vec<_> = notes.collect();
    if !notes.is_empty() {
        view.print_notice(&notes.join("\n"))?;
    }
    view.messages(&messages, Some(UNREAD))?;
    for (conversation, count, _, first) in left_out {
        conversations.left_out(&conversation, count, first);
    }
    Ok(cursor)
}

/// Takes over what the user has read elsewhere, and says which rooms they have left there. A server that cannot tell is
/// no failure.
pub(super) fn look_elsewhere(http: &Http, conversations: &Conversations, view: &View) -> Result<(), Failure> {
    let departed = departed(http, conversations, view)?;
    if departed.is_empty() {
        return Ok(());
    }
    // A node that has just learnt of the session may not know yet what it has joined.
    thread::sleep(AGAIN);
    for room in self::departed(http, conversations, view)?.into_iter().filter(|room| departed.contains(room)) {
        if !conversations.left_elsewhere(&room) {
            continue;
        }
        let room = visible(&room);
        view.print_notice(&format!(
            "You have left #{room} elsewhere: its messages no longer arrive. /join {room} goes back."
        ))?;
    }
    Ok(())
}

/// Returns the rooms that this session has joined, and that the server does not list. Returns none if the session joins
/// or leaves a room meanwhile. Also takes over last-read positions: polls do not tell those that another run of linger
/// with the same sign-in has moved, because the server takes both for one session.
fn departed(http: &Http, conversations: &Conversations, view: &View) -> Result<Vec<String>, Failure> {
    let (before, positions) = (conversations.memberships(), conversations.positions());
    let Ok(status) = http.status(None) else { return Ok(Vec::new()) };
    if conversations.take_over_read(&status.conversations, &positions) {
        view.redraw()?;
    }
    let listed: Vec<_> = status.conversations.into_iter().filter_map(|one| one.room).collect();
    Ok(if conversations.memberships() == before { conversations.joined_without(&listed) } else { Vec::new() })
}

/// Returns the latest messages of a conversation, as of its status.
pub(super) fn latest(http: &Http, of: &ConversationStatus, count: usize) -> Result<Page, Failure> {
    let before = Some(of.newest + 1);
    match (of.room_id, &of.with) {
        (Some(id), _) => http.room_before(id, before, count),
        (None, with) => http.direct_before(with.as_deref().unwrap_or_default(), before, count),
    }
}

fn name_of(one: &ConversationStatus) -> Conversation {
    match (&one.room, &one.with) {
        (Some(room), _) => Conversation::Room(room.clone()),
        (None, with) => Conversation::Direct(with.clone().unwrap_or_default()),
    }
}

fn note(conversation: &Conversation, messages: usize) -> String {
    let messages = listing::grouped(messages);
    format!("… {messages} more in {conversation}: /history shows them, /read marks them as read.")
}
