//! What is said here, until the server has it: in order, each once, for as long as it takes. Knows neither the
//! keyboard nor how things look.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use linger_api::Message;

use super::alarm::Alarm;
use crate::domain::{Conversation, Failure};
use crate::http::{Backoff, Http, new_key};

/// How long a message of a piped input is tried for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Lines on their way.
pub(super) struct Outbox {
    http: Arc<Http>,
    /// Rings when the server is there again.
    alarm: Arc<Alarm>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Line>,
    /// The first of them has failed once at least.
    is_stuck: bool,
    /// The id of the message that was sent last.
    sent: i64,
}

/// Something said, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where.
    pub(super) to: Conversation,
    /// What.
    pub(super) text: String,
    key: String,
}

/// What became of a line.
pub(super) enum Fate<'a> {
    /// It is on its way for the time being: all these are, for this reason.
    Stuck(&'a [Line], &'a Failure),
    /// The server has it, after it had been stuck or at once.
    Sent {
        /// As the server has it.
        message: &'a Message,
        /// Whether it had been stuck.
        was_stuck: bool,
    },
    /// The server does not take it.
    Refused(&'a Line, Failure),
}

impl Outbox {
    /// Nothing was said yet.
    pub(super) fn new(http: Arc<Http>, alarm: Arc<Alarm>) -> Self {
        Self { http, alarm, queue: Mutex::default(), changed: Condvar::new() }
    }

    /// Takes a line, to be sent after all those before it. Says whether it will have to wait for the server.
    pub(super) fn add(&self, to: Conversation, text: &str) -> Result<bool, Failure> {
        let line = Line { to, text: text.to_owned(), key: new_key()? };
        let mut queue = self.lock();
        queue.lines.push_back(line);
        self.changed.notify_all();
        Ok(queue.is_stuck)
    }

    /// How many lines wait for the server.
    pub(super) fn stuck(&self) -> usize {
        let queue = self.lock();
        if queue.is_stuck { queue.lines.len() } else { 0 }
    }

    /// Sends what is added, and tells what becomes of it, until that cannot be told any more.
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
                // Who has been signed out is asked to sign in again, and then it is sent.
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

    /// Says something once, however many tries it takes within [`PATIENCE`]; `on_delay` is told when the first has
    /// failed.
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

    /// Waits until everything is sent, but no longer than that. Returns the id of the message that was sent last,
    /// and what is left.
    pub(super) fn drain(&self, until: Instant) -> (i64, Vec<Line>) {
        let left = until.saturating_duration_since(Instant::now());
        let waited =
            self.changed.wait_timeout_while(self.lock(), left, |queue| !queue.lines.is_empty() && !queue.is_stuck);
        let (queue, _) = waited.expect(NO_PANIC);
        (queue.sent, queue.lines.iter().cloned().collect())
    }

    /// Another database counts its ids anew.
    pub(super) fn begin_anew(&self) {
        self.lock().sent = 0;
    }

    fn first(&self) -> Line {
        let waited = self.changed.wait_while(self.lock(), |queue| queue.lines.is_empty());
        waited.expect(NO_PANIC).lines[0].clone()
    }

    /// The server has answered for the first of them. Returns whether that one had been stuck.
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

    /// From now on lines have to wait. Returns those that did not know that yet.
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

/// An answer says what became of the message; without one nobody knows.
fn given_up(failure: Failure) -> Failure {
    match failure {
        Failure::Network(reason) => Failure::Network(format!("Given up; it may not have been sent ({reason}).")),
        answered => answered,
    }
}
