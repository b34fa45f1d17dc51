//! The stream of one room. Its position is a seq, which has no gaps: the next message is the one with the next seq.

use linger_api::Message;

use super::changes;
use super::position::Position;
use super::reader::Reader;
use crate::domain::Failure;
use crate::http::Stream;
use crate::terminal;

const DIFFERENT: &str = "linger: the server has a different database now; starting with its latest messages";

/// Messages per page of history, small enough that the first line appears early.
const PAGE: usize = 100;
/// How many messages the first `read` of a room starts with.
const FIRST: i64 = 20;

/// Prints the stream: from the `last` messages, from the cursor `since`, or from the end of the last output. The
/// room is given by its id and its newest seq.
///
/// # Errors
///
/// A failure for which [`Failure::is_cursor_reset`] holds if the server has a different database, or if `since` is of
/// one. The position has a seq once the server has accepted a cursor.
pub(super) fn print(
    reader: &mut Reader,
    (room, newest): (i64, i64),
    last: Option<usize>,
    since: Option<&str>,
) -> Result<(), Failure> {
    if let Some(cursor) = since {
        // Earlier output does not matter here. The saved position stays until the server has accepted the cursor.
        reader.kept.position = Position::default();
        return follow(reader, room, cursor.to_owned(), !reader.follow, newest);
    }
    let begun = reader.kept.position.cursor.clone().filter(|_| reader.changes && last.is_none());
    if let Some(cursor) = begun {
        match resume(reader, room, cursor, newest) {
            Err(failure) if failure.is_cursor_reset() => {
                terminal::print_notice(DIFFERENT);
                reader.kept.save(Position::default())?;
            }
            outcome => return outcome,
        }
    }
    let last = last.map(|last| i64::try_from(last).unwrap_or(i64::MAX));
    let begin = |last: i64| Position { seq: Some(newest.saturating_sub(last).max(0)), ..Position::default() };
    let position = match last {
        Some(last) => begin(last),
        None if reader.kept.position.seq.is_none() => begin(FIRST),
        None if reader.kept.position.seq <= Some(newest) && is_known(reader, room)? => reader.kept.position.clone(),
        None => {
            terminal::print_notice(DIFFERENT);
            begin(FIRST)
        }
    };
    reader.kept.save(position)?;
    // Taken before the history is read: messages sent meanwhile arrive twice, and their seq tells.
    let cursor = reader.next(Stream::Room(room), None, false)?.cursor;
    if reader.changes {
        // Kept before a message is printed: what changes of it after an interruption comes after this cursor.
        let position = reader.kept.position.clone();
        reader.kept.save(Position { cursor: Some(cursor.clone()), is_partial: true, ..position })?;
    }
    print_history(reader, room, &cursor)?;
    if reader.follow { follow(reader, room, cursor, false, newest) } else { Ok(()) }
}

/// Prints what comes after a kept cursor, and before that the rest of a history in which an earlier run was
/// interrupted.
fn resume(reader: &mut Reader, room: i64, cursor: String, newest: i64) -> Result<(), Failure> {
    if reader.kept.position.is_partial && is_known(reader, room)? {
        print_history(reader, room, &cursor)?;
    }
    follow(reader, room, cursor, !reader.follow, newest)
}

/// Prints the messages after the position. The cursor was taken before.
fn print_history(reader: &mut Reader, room: i64, cursor: &str) -> Result<(), Failure> {
    loop {
        let after = reader.kept.position.seq.unwrap_or_default();
        let page = reader.ask(move |http| http.room_history(room, after, PAGE))?;
        print_new(reader, &page.messages, cursor)?;
        if !page.more {
            return keep_cursor(reader, cursor);
        }
    }
}

/// Prints messages after the cursor, for ever or until there are no more. `newest` is the newest seq of before.
fn follow(reader: &mut Reader, room: i64, mut cursor: String, ends: bool, newest: i64) -> Result<(), Failure> {
    let mut is_warned = false;
    loop {
        let page = reader.next(Stream::Room(room), Some(&cursor), true)?;
        changes::warn(reader, &page, &mut is_warned);
        let printed = reader.kept.position.seq;
        print_new(reader, &page.messages, &cursor)?;
        changes::print(reader, &page, |message| printed.is_none_or(|printed| message.seq > printed))?;
        cursor = page.cursor;
        keep_cursor(reader, &cursor)?;
        if reader.kept.position.seq.is_none() && !page.more {
            // Nothing came after the cursor, so it stands for the end of the room.
            let (seq, sent_at) = (Some(newest), sent_at(reader, room, newest)?);
            reader.kept.save(Position { seq, sent_at, ..reader.kept.position.clone() })?;
        }
        if ends && !page.more {
            return Ok(());
        }
    }
}

/// Prints messages that were not printed before. With changes, the position keeps the cursor before them.
fn print_new(reader: &mut Reader, messages: &[Message], cursor: &str) -> Result<(), Failure> {
    for message in messages {
        if reader.kept.position.seq.is_none_or(|seq| message.seq > seq) {
            reader.print(message)?;
            let (seq, sent_at) = (Some(message.seq), Some(message.sent_at.clone()));
            let cursor = reader.changes.then(|| cursor.to_owned());
            let is_partial = reader.kept.position.is_partial;
            reader.kept.save(Position { seq, sent_at, cursor, is_partial, ..Position::default() })?;
        }
    }
    Ok(())
}

/// Moves the position for changes: they have no seq.
fn keep_cursor(reader: &mut Reader, cursor: &str) -> Result<(), Failure> {
    if !reader.changes {
        return Ok(());
    }
    let position = Position { cursor: Some(cursor.to_owned()), is_partial: false, ..reader.kept.position.clone() };
    reader.kept.save(position)
}

/// Returns whether the last printed message is still the one with its seq.
fn is_known(reader: &Reader, room: i64) -> Result<bool, Failure> {
    let Position { seq: Some(seq), sent_at: printed @ Some(_), .. } = &reader.kept.position else { return Ok(true) };
    Ok(sent_at(reader, room, *seq)? == *printed)
}

/// Returns when the message with this seq was sent, or `None` if there is none.
fn sent_at(reader: &Reader, room: i64, seq: i64) -> Result<Option<String>, Failure> {
    if seq < 1 {
        return Ok(None);
    }
    let page = reader.ask(move |http| http.room_history(room, seq - 1, 1))?;
    Ok(page.messages.into_iter().find(|message| message.seq == seq).map(|message| message.sent_at))
}
