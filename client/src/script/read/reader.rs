//! One run of `read`: fetches the next page of a stream, and prints a message as a line.

use std::thread;
use std::time::Duration;

use linger_api::{Message, Polled};

use super::position::Kept;
use crate::display::{Output, local_time};
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Backoff, Http, PAGE_LIMIT, POLL_WAIT, Stream};
use crate::terminal;

/// Continuation lines are indented, so that no text can imitate another message.
const CONTINUATION: &str = "\n    ";

/// One run of `read`, shared by both kinds of stream.
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

    /// Returns the next page of a stream. With `--follow` it waits, even while the server is away. Otherwise it returns
    /// at once, and a failure ends the run.
    pub(super) fn next(&self, stream: Stream, cursor: Option<&str>, may_wait: bool) -> Result<Polled, Failure> {
        let mut away = None;
        loop {
            let wait = if self.follow && may_wait && away.is_none() { POLL_WAIT } else { Duration::ZERO };
            // A request without a cursor may return other messages next time. One message is enough to get a cursor.
            let limit = if cursor.is_some() { PAGE_LIMIT } else { 1 };
            match self.http.watch(stream, cursor, wait, limit) {
                Err(failure) if self.follow && failure.is_transient() => {
                    if away.is_none() {
                        terminal::print_notice(&format!("linger: {}; retrying", visible(&failure.to_string())));
                    }
                    thread::sleep(away.get_or_insert_with(Backoff::new).next_pause(failure.retry_after()));
                }
                outcome => return outcome,
            }
        }
    }
}
