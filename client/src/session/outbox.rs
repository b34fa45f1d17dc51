//! Outgoing messages: sends lines in order, each once, for as long as it takes. Knows neither the keyboard nor how
//! things look.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use linger_api::Message;

use super::alarm::Alarm;
use crate::domain::{Conversation, Failure};
use crate::http::{Backoff, Http, new_key};

/// How long a piped message is retried.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Lines waiting to be sent.
pub(super) struct Outbox {
    http: Arc<Http>,
    /// Rings when the server is back.
    alarm: Arc<Alarm>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Line>,
    /// Whether the first line has failed at least once.
    is_stuck: bool,
    /// The id of the message sent last.
    sent: i64,
}

/// A line and the conversation that it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) to: Conversation,
    pub(super) text: String,
    key: String,
}

/// What became of a line.
pub(super) enum Fate<'a> {
    /// These lines wait, because of this failure.
    Stuck(&'a [Line], &'a Failure),
    /// The server has stored the message.
    Sent { message: &'a Message, was_stuck: bool },
    /// The server has refused the line.
    Refused(&'a Line, Failure),
}

impl Outbox {
    pub(super) fn new(http: Arc<Http>, alarm: Arc<Alarm>) -> Self {
        Self { http, alarm, queue: Mutex::default(), changed: Condvar::new() }
    }

    /// Queues a line. Returns whether lines are waiting for the server.
    pub(super) fn add(&self, to: Conversation, text: &str) -> Result<bool, Failure> {
        let line = Line { to, text: text.to_owned(), key: new_key()? };
        let mut queue = self.lock();
        queue.lines.push_back(line);
        self.changed.notify_all();
        Ok(queue.is_stuck)
    }

    /// Returns how many lines are waiting for the server.
    pub(super) fn stuck(&self) -> usize {
        let queue = self.lock();
        if queue.is_stuck { queue.lines.len() } else { 0 }
    }

    /// Sends queued lines and reports what becomes of them, until reporting fails.
    pub(super) fn send_all(&self, mut tell: impl FnMut(Fate<'_>) -> Result<(), Failure>) -> Failure {
        let mut backoff = Backoff::new();
        loop {
            let line = self.first();
            let told = match self.http.send(&line.to, &line.text, &line.key) {
                Ok(message) => {
                    backoff = Backoff::new();
                    let was_stuck = self.done(message.id);
                    tell(Fate::Sent { message: &message, was_stuck })
                }
                // A user who was signed out is asked to sign in again; the line is sent afterwards.
                Err(failure) if failure.is_transient() || failure.is_unauthorized() => {
                    let stuck = self.stick();
                    let told = match stuck.is_empty() {
                        true => Ok(()),
                        false => tell(Fate::Stuck(&stuck, &failure)),
                    };
                    let pause = backoff.next_pause(failure.retry_after());
                    match failure.retry_after() {
                        Some(_) => thread::sleep(pause),
                        None => self.alarm.wait(pause),
                    }
                    told
                }
                Err(failure) => {
                    self.done(0);
                    tell(Fate::Refused(&line, failure))
                }
            };
            if let Err(failure) = told {
                return failure;
            }
        }
    }

    /// Sends one message, and retries it for up to [`PATIENCE`]. Calls `on_delay` after the first failure.
    pub(super) fn send_now(
        &self,
        to: &Conversation,
        text: &str,
        on_delay: impl FnOnce(&Failure),
    ) -> Result<(), Failure> {
        let key = new_key()?;
        let give_up_at = Instant::now() + PATIENCE;
        let mut backoff = Backoff::new();
        let mut on_delay = Some(on_delay);
        loop {
            let Err(failure) = self.http.send(to, text, &key) else { return Ok(()) };
            let pause = backoff.next_pause(failure.retry_after());
            if !failure.is_transient() || Instant::now() + pause >= give_up_at {
                return Err(given_up(failure));
            }
            if let Some(on_delay) = on_delay.take() {
                on_delay(&failure);
            }
            thread::sleep(pause);
        }
    }

    /// Waits until all lines are sent or waiting for the server, at most until `until`. Returns the id of the message
    /// sent last, and the unsent lines.
    pub(super) fn drain(&self, until: Instant) -> (i64, Vec<Line>) {
        let left = until.saturating_duration_since(Instant::now());
        let waited =
            self.changed.wait_timeout_while(self.lock(), left, |queue| !queue.lines.is_empty() && !queue.is_stuck);
        let (queue, _) = waited.expect(NO_PANIC);
        (queue.sent, queue.lines.iter().cloned().collect())
    }

    /// Forgets the last id: a different database issues ids anew.
    pub(super) fn begin_anew(&self) {
        self.lock().sent = 0;
    }

    fn first(&self) -> Line {
        let waited = self.changed.wait_while(self.lock(), |queue| queue.lines.is_empty());
        waited.expect(NO_PANIC).lines[0].clone()
    }

    /// Removes the first line, which the server has answered. Returns whether it had been stuck.
    fn done(&self, id: i64) -> bool {
        let mut queue = self.lock();
        queue.lines.pop_front();
        queue.sent = queue.sent.max(id);
        let was_stuck = std::mem::take(&mut queue.is_stuck);
        if was_stuck {
            self.alarm.ring();
        }
        self.changed.notify_all();
        was_stuck
    }

    /// Marks the queue as stuck. Returns the lines to report, which are none if it was stuck before.
    fn stick(&self) -> Vec<Line> {
        let mut queue = self.lock();
        let news = if queue.is_stuck { Vec::new() } else { queue.lines.iter().cloned().collect() };
        queue.is_stuck = true;
        self.changed.notify_all();
        news
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";

/// Adds that the outcome is unknown, if no answer came.
fn given_up(failure: Failure) -> Failure {
    match failure {
        Failure::Network(reason) => {
            Failure::Network(format!("Gave up; the message may not have been sent ({reason})."))
        }
        answered => answered,
    }
}
