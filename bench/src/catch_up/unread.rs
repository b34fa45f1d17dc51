//! Measures guests that reconnect to unread messages: until the first page arrives, and until everything has.

use std::time::Instant;

use anyhow::{Context, ensure};
use rusqlite::Connection;

use super::report::Unread;
use crate::http::{get, post};
use crate::servers::Exchange;
use crate::speech;
use crate::spread::Percentiles;
use crate::swarm::answer::{first_quoted, last_quoted, number};

/// A guest that has signed in before.
pub(super) struct Guest {
    pub(super) token: String,
    id: u64,
}

/// Signs this many new guests in.
pub(super) fn sign_in(port: u16, count: usize) -> anyhow::Result<Vec<Guest>> {
    let mut connection = Exchange::open(port)?;
    let mut guests = Vec::with_capacity(count);
    for _ in 0..count {
        let body = connection.ask(&post("/connect", None, r#"{"latest":0}"#))?.body;
        let token = first_quoted(&body, br#""token":""#).context("an answer has no token")?;
        let id = memchr::memmem::find(&body, br#""user":{"id":"#).and_then(|at| number(&body[at + 13..]));
        let token = String::from_utf8(token.to_vec())?;
        guests.push(Guest { token, id: id.context("an answer has no user")? });
    }
    Ok(guests)
}

/// Sets all but the newest messages of `general` to read.
pub(super) fn mark_unread(connection: &Connection, guests: &[Guest], unread: u64) -> anyhow::Result<()> {
    for guest in guests {
        let sql = "update memberships set since_seq = 0, last_read_seq =
                       (select newest_seq from conversations where id = 1) - ?
                   where user_id = ? and conversation_id = 1";
        let changed = connection.execute(sql, (unread.cast_signed(), guest.id.cast_signed()))?;
        ensure!(changed == 1, "a guest is not a member of general");
    }
    Ok(())
}

/// Reconnects the guests one after the other.
pub(super) fn measure(port: u16, guests: &[Guest], unread: u64) -> anyhow::Result<Unread> {
    let (mut first, mut all) = (Vec::new(), Vec::new());
    for guest in guests {
        let begun = Instant::now();
        let mut connection = Exchange::open(port)?;
        let mut answer = connection.ask(&post("/connect", Some(&guest.token), "{}"))?;
        ensure!(answer.status == 200, "a reconnect was answered with {}", answer.status);
        first.push(begun.elapsed());
        let token = first_quoted(&answer.body, br#""token":""#).context("an answer has no token")?;
        let token = String::from_utf8(token.to_vec())?;
        let (mut count, mut last) = (0, None);
        loop {
            for (_, number) in speech::messages(&answer.body) {
                ensure!(last.is_none_or(|last| number == last + 1), "message {number} came after {last:?}");
                last = Some(number);
                count += 1;
            }
            if memchr::memmem::find(&answer.body, br#""more":true"#).is_none() {
                break;
            }
            let cursor = last_quoted(&answer.body, br#""cursor":""#).context("a page has no cursor")?;
            let cursor = std::str::from_utf8(cursor)?;
            answer = connection.ask(&get(&format!("/poll?cursor={cursor}&limit=500&wait=0"), &token))?;
            ensure!(answer.status == 200, "a poll was answered with {}", answer.status);
        }
        all.push(begun.elapsed());
        ensure!(count == unread, "{count} messages arrived instead of {unread}");
    }
    first.sort_unstable();
    all.sort_unstable();
    Ok(Unread { unread, first_page: Percentiles::of(&first), all: Percentiles::of(&all) })
}
