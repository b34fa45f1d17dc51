//! One run of `read`: the next page of a stream, and a message as a line.

use std::thread;
use std::time::Duration;

use linger_api::{Message, Polled};

use super::position::Kept;
use crate::display::{Output, local_time};
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Backoff, Http, PAGE_LIMIT, POLL_WAIT, Stream};
use crate::terminal;

/// What follows a message's first line is set in, so that no text can look like another message.
const CONTINUATION: &str = "\n    ";

/// One run of `read`, which the two kinds of stream share.
pub(super) struct Reader<'a> {
    pub(super) http: &'a Http,
    pub(super) output: &'a mut Output,
    pub(super) me: &'a str,
    pub(super) kept: Kept,
    pub(super) follow: bool,
}

impl Reader<'_> {
    pub(super) fn print(&mut self, message: &Message) -> Result<(), Failure> {
        let palette = self.output.palette();
        self.output.json_or(message, || {
            let lines: Vec<_> = message.text.split('\n').map(visible).collect();
            let place = Conversation::of(message, self.me);
            let (time, from) =
                (palette.dim(&local_time(&message.sent_at)), palette.name(&message.from, &visible(&message.from)));
            format!("{time} {place} {from}: {}", lines.join(CONTINUATION))
        })
    }

    /// The next page of a stream. One that is followed is waited for, also while the server is away; else what
    /// there is has to do, and a failure ends it.
    pub(super) fn next(&self, stream: Stream, cursor: Option<&str>, may_wait: bool) -> Result<Polled, Failure> {
        let mut away = None;
        loop {
            let wait = if self.follow && may_wait && away.is_none() { POLL_WAIT } else { Duration::ZERO };
            // What comes without a cursor could be other messages the next time: one, and there is a cursor.
            let limit = if cursor.is_some() { PAGE_LIMIT } else { 1 };
            match self.http.watch(stream, cursor, wait, limit) {
                Err(failure) if self.follow && failure.is_transient() => {
                    if away.is_none() {
                        terminal::print_notice(&format!("linger: {}; trying again", visible(&failure.to_string())));
                    }
                    thread::sleep(away.get_or_insert_with(Backoff::new).next_pause(failure.retry_after()));
                }
                outcome => return outcome,
            }
        }
    }
}
