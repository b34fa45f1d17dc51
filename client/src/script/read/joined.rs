//! The stream of all conversations. Its position is a cursor and, while a page is printed, the id of the last message
//! that the output took.

use linger_api::Message;

use super::changes;
use super::position::Position;
use super::reader::Reader;
use crate::domain::Failure;
use crate::http::{PAGE_LIMIT, Stream};
use crate::terminal;

/// The server's limit for the latest messages of a conversation.
const MAX_LATEST: usize = 100;

/// Prints the stream: from the `last` messages, from the cursor `since`, or from the end of the last output. The first
/// run starts with unread messages.
pub(super) fn print(reader: &mut Reader, last: Option<usize>, since: Option<&str>) -> Result<(), Failure> {
    if let Some(last) = last {
        print_latest(reader, last)?;
    }
    let mut is_warned = false;
    // Saved only once the server has accepted it: a misspelt cursor must not spoil later runs.
    let mut begin = since.map(|cursor| after(cursor.to_owned()));
    loop {
        let Position { cursor, printed_id, .. } = begin.as_ref().unwrap_or(&reader.kept.position).clone();
        let page = match reader.next(Stream::Joined, cursor.as_deref(), cursor.is_some()) {
            Err(failure) if begin.is_none() && cursor.is_some() && is_lost(&failure) => {
                terminal::print_notice(
                    "linger: the server has a different database now; starting with its unread messages",
                );
                reader.kept.save(Position::default())?;
                continue;
            }
            page => page?,
        };
        changes::warn(reader, &page, &mut is_warned);
        if let Some(begin) = begin.take() {
            reader.kept.save(begin)?;
        }
        let is_new = |message: &Message| printed_id.is_none_or(|printed| message.id > printed);
        for message in page.messages.iter().filter(|message| is_new(message)) {
            reader.print(message)?;
            // Without a cursor there is no position to save yet; the page is this one message.
            if cursor.is_some() {
                reader.kept.save(Position {
                    cursor: cursor.clone(),
                    printed_id: Some(message.id),
                    ..Position::default()
                })?;
            }
        }
        changes::print(reader, &page, is_new)?;
        let is_over = !page.more && (cursor.is_some() || page.messages.is_empty());
        reader.kept.save(after(page.cursor))?;
        if is_over && !reader.follow {
            return Ok(());
        }
    }
}

/// Prints the latest messages of all conversations together. The position is taken first: messages sent meanwhile come
/// after it, and those printed already are recognised by id.
fn print_latest(reader: &mut Reader, last: usize) -> Result<(), Failure> {
    if last > MAX_LATEST {
        return Err(Failure::Usage(format!("--last is at most {MAX_LATEST} without --room")));
    }
    let now = reader.next(Stream::Directs, None, false)?.cursor;
    let status = reader.ask(move |http| http.status(Some(last)))?;
    let mut messages: Vec<Message> =
        status.conversations.into_iter().filter_map(|one| one.messages).flatten().collect();
    messages.sort_unstable_by_key(|message| message.id);
    for message in &messages[messages.len().saturating_sub(last)..] {
        reader.print(message)?;
    }
    let printed_id = messages.last().map(|message| message.id);
    reader.kept.save(Position { cursor: Some(now), printed_id, ..Position::default() })
}

/// Returns whether the kept cursor means nothing to the server.
fn is_lost(failure: &Failure) -> bool {
    failure.is_cursor_reset() || failure.is_bad_input()
}

fn after(cursor: String) -> Position {
    Position { cursor: Some(cursor), ..Position::default() }
}

const _: () = assert!(MAX_LATEST <= PAGE_LIMIT);
