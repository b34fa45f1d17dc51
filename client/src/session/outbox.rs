//! Outgoing messages: sends lines in order, each once, for as long as it takes. Knows neither the keyboard nor how
//! things look.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use linger_api::Message;

use super::alarm::Alarm;
use crate::domain::{Conversation, Failure};
use crate::http::{Backoff, Http, NO_ANSWER, attended, is_forgotten, new_key};

/// How long a piped message is retried.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How many looks, of a second each, the first attempt to send a line may take.
const PATIENCE_LOOKS: u32 = 2;
/// How many later ones may take. The call's own time limit is shorter.
const MOST_PATIENCE: u32 = 60;

/// Lines waiting to be sent.
pub(super) struct Outbox {
    http: Arc<Http>,
    /// Rings when the server has answered after a failure, or has settled a line.
    alarm: Arc<Alarm>,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Line>,
    /// Whether the first line has failed at least once.
    is_stuck: bool,
    /// Whether the first line is being sent, and its outcome is not known here.
    is_in_flight: bool,
    /// The id of the message sent last.
    sent: i64,
    /// Messages that were sent, until they are seen to have arrived.
    unseen: Vec<Message>,
}

/// A line and the conversation that it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) to: Conversation,
    pub(super) text: String,
    /// The number of the message that it answers.
    reply_to: Option<i64>,
    key: String,
    /// When it was tried first.
    tried_at: Option<SystemTime>,
    /// Whether the server may have stored it: it is being sent, or an answer was lost.
    pub(super) may_be_stored: bool,
}

const TOO_OLD: &str = "This line has waited for a day, and may have been stored when it was tried first. See whether it \
                       is there, and if not, send it again: Up brings it back.";

impl Line {
    /// Returns whether the server may have stored the line and forgotten its key, so that a retry would store it twice.
    fn is_too_old(&self, now: SystemTime) -> bool {
        self.tried_at.is_some_and(|tried_at| is_forgotten(tried_at, now))
    }
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
    pub(super) fn add(&self, to: Conversation, text: &str, reply_to: Option<i64>) -> Result<bool, Failure> {
        let line = Line { to, text: text.to_owned(), reply_to, key: new_key()?, tried_at: None, may_be_stored: false };
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
        let mut patience = PATIENCE_LOOKS;
        loop {
            let line = self.first();
            if line.is_too_old(SystemTime::now()) {
                self.done(0);
                if let Err(failure) = tell(Fate::Refused(&line, Failure::Unsendable(TOO_OLD.to_owned()))) {
                    return failure;
                }
                continue;
            }
            let (token, rung) = (self.http.token(), self.alarm.rung());
            let Some(outcome) = self.attempt(&line, patience) else {
                // A slow server must not get ever more requests.
                patience = (patience * 2).min(MOST_PATIENCE);
                if let Err(failure) = self.tell_stuck(&Failure::Network(NO_ANSWER.into()), &mut tell) {
                    return failure;
                }
                continue;
            };
            patience = PATIENCE_LOOKS;
            let told = match outcome {
                Ok(message) => {
                    backoff = Backoff::new();
                    // First: after `drain`, the message is looked for here.
                    self.lock().unseen.push(message.clone());
                    let was_stuck = self.done(message.id);
                    tell(Fate::Sent { message: &message, was_stuck })
                }
                // The token was renewed meanwhile.
                Err(failure) if failure.is_unauthorized() && self.http.token() != token => Ok(()),
                // A user who was signed out is asked to sign in again; the line is sent afterwards.
                Err(failure) if failure.is_transient() || failure.is_unauthorized() => {
                    let told = self.tell_stuck(&failure, &mut tell);
                    let pause = backoff.next_pause(failure.retry_after());
                    match failure.retry_after() {
                        Some(_) => thread::sleep(pause),
                        None => self.alarm.wait(rung, pause),
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

    /// Sends a line. Returns `None` if the answer may never come: the machine has slept meanwhile, or as many looks
    /// have passed as `patience` says. The connection may be dead without a sign of it, and the key makes a retry
    /// harmless.
    fn attempt(&self, line: &Line, patience: u32) -> Option<Result<Message, Failure>> {
        let may_have_been_stored = {
            let mut queue = self.lock();
            queue.is_in_flight = true;
            let first = &mut queue.lines[0];
            first.tried_at.get_or_insert_with(SystemTime::now);
            std::mem::replace(&mut first.may_be_stored, true)
        };
        let (http, line) = (Arc::clone(&self.http), line.clone());
        let mut looks = 0;
        let is_stale = || {
            looks += 1;
            looks > patience
        };
        let outcome = attended(move || http.send_in_reply(&line.to, line.reply_to, &line.text, &line.key), is_stale);
        if outcome.is_none() {
            self.http.reconnect();
        }
        if matches!(&outcome, Some(Err(failure)) if !failure.is_unsure()) {
            self.lock().lines[0].may_be_stored = may_have_been_stored;
        }
        outcome
    }

    /// Sends one message, and retries it for up to [`PATIENCE`]. Calls `on_delay` after the first failure.
    pub(super) fn send_now(
        &self,
        to: &Conversation,
        (text, reply_to): (&str, Option<i64>),
        key: &str,
        on_delay: impl FnOnce(&Failure),
    ) -> Result<Message, Failure> {
        let give_up_at = Instant::now() + PATIENCE;
        let mut backoff = Backoff::new();
        let (mut on_delay, mut may_be_stored) = (Some(on_delay), false);
        loop {
            let failure = match self.http.send_in_reply(to, reply_to, text, key) {
                Ok(message) => return Ok(message),
                Err(failure) => failure,
            };
            may_be_stored |= failure.is_unsure();
            let pause = backoff.next_pause(failure.retry_after());
            if !failure.is_transient() || Instant::now() + pause >= give_up_at {
                return Err(failure.on_message(may_be_stored));
            }
            if let Some(on_delay) = on_delay.take() {
                on_delay(&failure);
            }
            thread::sleep(pause);
        }
    }

    /// Waits until all lines are sent or waiting for the server, and none is on its way, at most until `until`. Returns
    /// the id of the message sent last, and the unsent lines.
    pub(super) fn drain(&self, until: Instant) -> (i64, Vec<Line>) {
        let left = until.saturating_duration_since(Instant::now());
        let is_busy = |queue: &mut Queue| !queue.lines.is_empty() && (!queue.is_stuck || queue.is_in_flight);
        let (queue, _) = self.changed.wait_timeout_while(self.lock(), left, is_busy).expect(NO_PANIC);
        (queue.sent, queue.lines.iter().cloned().collect())
    }

    /// Returns the messages that were sent and have not arrived. `newest` is the highest id that has.
    pub(super) fn unseen(&self, newest: i64) -> Vec<Message> {
        let mut queue = self.lock();
        queue.unseen.retain(|message| message.id > newest);
        queue.unseen.clone()
    }

    /// Forgets the last id: a different database issues ids anew.
    pub(super) fn begin_anew(&self) {
        let mut queue = self.lock();
        queue.sent = 0;
        queue.unseen.clear();
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
        queue.is_in_flight = false;
        let was_stuck = std::mem::take(&mut queue.is_stuck);
        // The queue moves again, so threads that pause before a retry can try now.
        self.alarm.ring();
        self.changed.notify_all();
        was_stuck
    }

    /// Marks the queue as stuck, and tells the lines in it unless it was stuck before.
    fn tell_stuck(&self, failure: &Failure, tell: impl FnOnce(Fate<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
        let news = {
            let mut queue = self.lock();
            queue.is_in_flight = false;
            self.changed.notify_all();
            if std::mem::replace(&mut queue.is_stuck, true) {
                return Ok(());
            }
            Vec::from_iter(queue.lines.iter().cloned())
        };
        tell(Fate::Stuck(&news, failure))
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::http::KEPT;

    #[test]
    fn leaving_waits_for_the_outcome_of_an_attempt() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // A message is sent only once the connection is encrypted.
        let server = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
        let outbox = Arc::new(Outbox::new(Arc::new(Http::new(&server, None, false).unwrap()), Arc::default()));
        outbox.add(Conversation::general(), "hi", None).unwrap();
        let sender = Arc::clone(&outbox);
        thread::spawn(move || sender.send_all(|_| Ok(())));
        drop(listener.accept().unwrap());
        let (retry, _) = listener.accept().unwrap();
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            drop(retry);
        });
        let (_, unsent) = outbox.drain(Instant::now() + Duration::from_secs(10));
        assert!(!unsent[0].may_be_stored, "{unsent:?}");
    }

    #[test]
    fn a_message_that_was_stored_ends_every_pause() {
        let alarm = Arc::<Alarm>::default();
        let server = "https://127.0.0.1:1".parse().unwrap();
        let outbox = Outbox::new(Arc::new(Http::new(&server, None, false).unwrap()), Arc::clone(&alarm));
        outbox.add(Conversation::general(), "hi", None).unwrap();
        assert!(!outbox.done(7), "it was never stuck");
        assert_eq!(alarm.rung(), 1);
    }

    #[test]
    fn a_line_that_was_tried_a_day_ago_is_not_sent_again() {
        let now = SystemTime::now();
        let tried = |hours: u64| {
            let tried_at = Some(now - Duration::from_secs(hours * 60 * 60));
            Line {
                to: Conversation::general(),
                text: "hi".into(),
                reply_to: None,
                key: String::new(),
                tried_at,
                may_be_stored: false,
            }
        };
        assert!(!tried(22).is_too_old(now) && tried(24).is_too_old(now));
        let never = Line { tried_at: None, ..tried(0) };
        assert!(!never.is_too_old(now + KEPT * 2), "its key was never used");
        assert!(!tried(0).is_too_old(now - KEPT), "the clock was set back");
    }

    #[test]
    fn a_queued_line_that_was_tried_a_day_ago_is_given_back() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = format!("https://{nobody}").parse().unwrap();
        let outbox = Outbox::new(Arc::new(Http::new(&server, None, false).unwrap()), Arc::default());
        outbox.add(Conversation::general(), "hi", None).unwrap();
        outbox.lock().lines[0].tried_at = Some(SystemTime::now() - KEPT * 2);
        outbox.send_all(|fate| match fate {
            Fate::Refused(line, Failure::Unsendable(why)) => {
                assert_eq!((line.text.as_str(), why.as_str()), ("hi", TOO_OLD));
                Err(Failure::OutputClosed)
            }
            _ => panic!("it was sent under a key that the server may have forgotten"),
        });
        assert!(outbox.lock().lines.is_empty());
    }
}
