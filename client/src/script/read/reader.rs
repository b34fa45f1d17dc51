//! One run of `read`: fetches the next page of a stream, and prints a message as a line.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use linger_api::{Message, Polled};

use super::position::Kept;
use crate::display::{Output, local_time};
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Backoff, Clock, Http, PAGE_LIMIT, POLL_WAIT, Stream, Token, attended};
use crate::sign_in::Renewal;
use crate::terminal;

/// Continuation lines are indented, so that no text can imitate another message.
const CONTINUATION: &str = "\n    ";

/// One run of `read`, shared by both kinds of stream.
pub(super) struct Reader<'a> {
    pub(super) http: Arc<Http>,
    pub(super) renewal: &'a Renewal,
    pub(super) output: &'a mut Output,
    pub(super) me: &'a str,
    pub(super) kept: Kept,
    /// Notices a sleep between two requests.
    pub(super) clock: Cell<Clock>,
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

    /// Returns whether the session goes on with another token than this one.
    fn has_other_token(&self, token: &Token) -> bool {
        self.renewal.take_over() || self.http.token() != *token
    }

    /// Returns the next page of a stream. With `--follow` it waits, even while the server is away. Otherwise it returns
    /// at once, and a failure ends the run.
    pub(super) fn next(&self, stream: Stream, cursor: Option<&str>, may_wait: bool) -> Result<Polled, Failure> {
        let mut away = None;
        // A request that is not held tells at once whether the server is there.
        let mut is_sure = true;
        loop {
            let wait = if self.follow && may_wait && away.is_none() && is_sure { POLL_WAIT } else { Duration::ZERO };
            // A request without a cursor may return other messages next time. One message is enough to get a cursor.
            let limit = if cursor.is_some() { PAGE_LIMIT } else { 1 };
            let mut clock = self.clock.get();
            if clock.has_slept() {
                self.http.reconnect();
            }
            let token = self.http.token();
            let (http, after) = (Arc::clone(&self.http), cursor.map(str::to_owned));
            let watch = move || http.watch(stream, after.as_deref(), wait, limit);
            let outcome = attended(watch, || {
                self.renewal.look();
                false
            });
            self.clock.set(Clock::start());
            let Some(outcome) = outcome else {
                // The machine has slept: the answer may never come.
                self.http.reconnect();
                is_sure = false;
                continue;
            };
            is_sure = true;
            match outcome {
                Err(failure) if failure.is_unauthorized() && self.has_other_token(&token) => {}
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
