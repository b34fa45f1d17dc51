//! One run of `read`: fetches the next page of a stream, and prints a message as a line.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use linger_api::{Message, Polled};

use super::position::Kept;
use crate::display::{Output, local_time};
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Backoff, Clock, Http, PAGE_LIMIT, POLL_WAIT, Probe, Stream, attended};
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
    /// Whether changes are printed too.
    pub(super) changes: bool,
}

impl Reader<'_> {
    pub(super) fn print(&mut self, message: &Message) -> Result<(), Failure> {
        let palette = self.output.palette();
        self.output.json_or(message, || {
            let lines: Vec<_> = message.text.split('\n').map(visible).collect();
            let place = Conversation::of(message, self.me);
            let (time, from) =
                (palette.dim(&local_time(&message.sent_at)), palette.name(&message.from, &visible(&message.from)));
            let reply = message.reply_to.map(|seq| format!(" ↳ {seq}")).unwrap_or_default();
            let text = match message.deleted_at {
                Some(_) => "(deleted)".to_owned(),
                None => lines.join(CONTINUATION),
            };
            format!("{time} {place} {from}{reply}: {text}")
        })
    }

    /// Returns the next page of a stream. With `--follow` it waits, even while the server is away. Otherwise it returns
    /// at once, and a failure ends the run.
    pub(super) fn next(&self, stream: Stream, cursor: Option<&str>, may_wait: bool) -> Result<Polled, Failure> {
        // A request without a cursor may return other messages next time. One message is enough to get a cursor.
        let limit = if cursor.is_some() { PAGE_LIMIT } else { 1 };
        let longest = if self.follow && may_wait { POLL_WAIT } else { Duration::ZERO };
        let after = cursor.map(str::to_owned);
        let probed = cursor.filter(|_| !longest.is_zero()).map(|cursor| (stream, cursor));
        let changes = self.changes;
        self.insist(probed, move |http, is_sure| {
            let wait = if is_sure { longest } else { Duration::ZERO };
            match changes {
                true => http.watch_changes(stream, after.as_deref(), wait, limit),
                false => http.watch(stream, after.as_deref(), wait, limit),
            }
        })
    }

    /// Makes a call that returns at once. With `--follow` it is repeated while the server is away.
    pub(super) fn ask<T: Send + 'static>(
        &self,
        call: impl Fn(&Http) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        self.insist(None, move |http, _| call(http))
    }

    /// Makes a call until it succeeds or the failure is final. The call learns whether the server is surely there: a
    /// request that is not held tells at once. `held` is the stream and the cursor of a held request.
    fn insist<T: Send + 'static>(
        &self,
        held: Option<(Stream, &str)>,
        call: impl Fn(&Http, bool) -> Result<T, Failure> + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        let call = Arc::new(call);
        let mut away = None;
        let mut is_awake = true;
        loop {
            let mut clock = self.clock.get();
            if clock.has_slept() {
                self.http.reconnect();
            }
            let token = self.http.token();
            let is_sure = away.is_none() && is_awake;
            let (http, this) = (Arc::clone(&self.http), Arc::clone(&call));
            let mut probe = held.filter(|_| is_sure).map(|(stream, cursor)| Probe::new(&self.http, stream, cursor));
            let outcome = attended(
                move || this(&http, is_sure),
                || {
                    self.renewal.look();
                    probe.as_mut().is_some_and(Probe::is_missed)
                },
            );
            self.clock.set(Clock::start());
            let Some(outcome) = outcome else {
                // The machine has slept, or the request was swallowed: the answer may never come.
                self.http.reconnect();
                is_awake = false;
                continue;
            };
            is_awake = true;
            let outcome = match outcome {
                Err(failure) if failure.is_unauthorized() => match self.renewal.recovers(&token) {
                    Ok(true) => continue,
                    Ok(false) => Err(failure),
                    Err(unsure) => Err(unsure),
                },
                outcome => outcome,
            };
            match outcome {
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
