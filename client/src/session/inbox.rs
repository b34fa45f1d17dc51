//! Incoming messages: holds the poll, shows what arrives, and retries while the server is away. Knows nothing of what
//! is typed.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use linger_api::{Connected, Polled};

use super::alarm::Alarm;
use super::catching_up::{MOST, catch_up, is_flood, is_too_much, look_elsewhere};
use super::changes;
use super::conversations::Conversations;
use super::outbox::Outbox;
use super::view::{UNREAD, View};
use crate::domain::{Failure, visible};
use crate::http::{Backoff, Clock, Http, POLL_WAIT, Probe, Stream, Token, attended};
use crate::sign_in::Renewal;
use crate::terminal;

/// The first [`Inbox::patience`].
pub(super) const PATIENCE: u32 = 1;
/// How far it may grow. The poll's own time limit is shorter.
const MOST_PATIENCE: u32 = 64;

/// A client's position in the stream of messages.
pub(super) struct Inbox {
    pub(super) http: Arc<Http>,
    pub(super) renewal: Arc<Renewal>,
    pub(super) view: Arc<View>,
    pub(super) conversations: Arc<Conversations>,
    pub(super) outbox: Arc<Outbox>,
    /// Rings when the server has answered after a failure, or has settled a line.
    pub(super) alarm: Arc<Alarm>,
    /// Notices a sleep between two polls.
    pub(super) clock: Clock,
    /// How many looks in a row may see that messages of the user's own are missing before a poll is given up.
    pub(super) patience: u32,
    /// Everything up to here has been received.
    pub(super) cursor: String,
    /// How to sign in again; `None` in a pipe.
    pub(super) sign_in: Option<SignIn>,
}

/// The way to ask the user to sign in again.
pub(super) struct SignIn {
    /// Interrupts the typing thread, with the token that was refused.
    pub(super) call: Box<dyn Fn(Token) + Send>,
    /// Receives that the user has signed in.
    pub(super) signed_in: mpsc::Receiver<()>,
}

impl Inbox {
    /// Receives messages until a failure ends that, and returns the failure.
    pub(super) fn receive(mut self) -> Failure {
        let mut away = None;
        // A poll that is not held tells at once whether the server is there.
        let mut is_sure = true;
        loop {
            let wait = if away.is_none() && is_sure { POLL_WAIT } else { Duration::ZERO };
            let (token, mut rung) = (self.http.token(), self.alarm.rung());
            let Some(outcome) = self.ask(wait) else {
                is_sure = false;
                continue;
            };
            let was_stale = !std::mem::replace(&mut is_sure, true);
            let outcome = match outcome {
                Ok(polled) => {
                    let rule = self.answered(away.take().is_some());
                    let applied = rule.and_then(|rule| self.arrived(polled, rule, was_stale));
                    // `arrived` may have rung the alarm, which must not cut its own pause short.
                    rung = self.alarm.rung();
                    applied
                }
                Err(failure) if failure.is_cursor_reset() => self.connect_again(),
                Err(failure) => Err(failure),
            };
            let outcome = match outcome {
                Err(failure) if failure.is_unauthorized() => self.recover(failure, &token),
                outcome => outcome,
            };
            let outcome = match outcome {
                Err(failure) if failure.is_transient() => self.pause(&failure, &mut away, rung),
                outcome => outcome,
            };
            if let Err(failure) = outcome {
                return failure;
            }
        }
    }

    /// Polls. Returns `None` if the poll was given up: the machine has slept, or messages are stored that did not come.
    fn ask(&mut self, wait: Duration) -> Option<Result<Polled, Failure>> {
        let (http, cursor) = (Arc::clone(&self.http), self.cursor.clone());
        if self.clock.has_slept() {
            http.reconnect();
        }
        let mark_read = self.acknowledges();
        let (mut looks_behind, patience) = (0, self.patience);
        let mut probe = (!wait.is_zero()).then(|| Probe::new(&self.http, Stream::Joined, &self.cursor));
        let is_stale = || {
            self.look_at_the_screen();
            let is_behind = !self.outbox.unseen(self.view.newest()).is_empty();
            looks_behind = if is_behind { looks_behind + 1 } else { 0 };
            let is_missed = probe.as_mut().is_some_and(Probe::is_missed);
            looks_behind > patience || is_missed
        };
        // A program gets messages only.
        let has_changes = self.view.is_typed();
        let poll = move || match has_changes {
            true => http.poll_changes(&cursor, wait, mark_read),
            false => http.poll(&cursor, wait, mark_read),
        };
        let outcome = attended(poll, is_stale);
        self.clock = Clock::start();
        // A slow server, or a slow connection, must not lose one poll after the other.
        self.patience = match &outcome {
            Some(_) => PATIENCE,
            None if looks_behind > patience => (patience * 2).min(MOST_PATIENCE),
            None => patience,
        };
        match &outcome {
            None => self.http.reconnect(),
            Some(Ok(_)) if mark_read => self.conversations.acknowledged(),
            Some(_) => {}
        }
        outcome
    }

    /// Returns whether the next poll may tell the server that everything shown is read. A program reads all it gets.
    fn acknowledges(&self) -> bool {
        !self.view.is_typed() || self.conversations.is_all_read()
    }

    /// Counts what is on the screen of the current conversation as read once somebody looks again.
    fn look_at_the_screen(&self) {
        if self.view.is_typed()
            && !self.conversations.is_all_read()
            && terminal::is_watched()
            && self.conversations.seen(MOST)
        {
            // The next text reports an output that is gone.
            let _ = self.view.redraw();
        }
    }

    /// Goes on with another token after this one was refused, or asks the user to sign in again.
    fn recover(&mut self, failure: Failure, refused: &Token) -> Result<(), Failure> {
        if !self.renewal.recovers(refused)? {
            return self.sign_in_again(failure, refused);
        }
        self.alarm.ring();
        Ok(())
    }

    /// Says that the server has answered again, if it was away. Returns the rule above what came meanwhile.
    fn answered(&self, was_away: bool) -> Result<Option<&'static str>, Failure> {
        if !was_away {
            return Ok(None);
        }
        self.view.print_notice("Reconnected.")?;
        self.alarm.ring();
        Ok(Some(UNREAD))
    }

    /// Shows new messages. The next poll acknowledges them, so they must be shown first.
    fn arrived(&mut self, polled: Polled, rule: Option<&str>, was_stale: bool) -> Result<(), Failure> {
        if polled.more && self.view.is_typed() && is_too_much(&self.http)? {
            // The changes that are left out are not received.
            self.conversations.forget_messages();
            self.cursor = catch_up(&self.http, &self.conversations, &self.view)?;
            return Ok(());
        }
        changes::arrived(&polled, &self.http, &self.conversations, &self.view, rule)?;
        self.cursor = polled.cursor;
        if was_stale && !polled.more { self.look_for_lost() } else { Ok(()) }
    }

    /// Shows messages of the user's own that polls do not bring, because the user has left their room elsewhere.
    fn look_for_lost(&mut self) -> Result<(), Failure> {
        let lost = self.outbox.unseen(self.view.newest());
        if lost.is_empty() {
            return Ok(());
        }
        look_elsewhere(&self.http, &self.conversations, &self.view)?;
        self.view.messages(&lost, None)
    }

    /// Waits until a retry is worth while. `rung` is how often the alarm had rung before the call that failed.
    fn pause(&self, failure: &Failure, away: &mut Option<Backoff>, rung: u64) -> Result<(), Failure> {
        if away.is_none() {
            let reason = visible(&failure.why());
            self.view.print_notice(&match failure {
                Failure::Foreign { .. } => format!("{reason}; retrying."),
                _ => format!("No connection ({reason}); retrying."),
            })?;
        }
        let pause = away.get_or_insert_with(Backoff::new).next_pause(failure.retry_after());
        match failure.retry_after() {
            Some(_) => thread::sleep(pause),
            None => self.alarm.wait(rung, pause),
        }
        Ok(())
    }

    /// Connects again to a database that was restored or replaced. It knows the user and what it considers unread, some
    /// of which may have been shown.
    fn connect_again(&mut self) -> Result<(), Failure> {
        let connected = self.renewal.connect_again()?;
        let rooms: Vec<_> = connected.rooms.iter().map(|room| format!("#{}", visible(&room.name))).collect();
        let rooms = rooms.join(" ");
        self.view.print_notice(&format!("The server has a different database now. Reconnected in {rooms}."))?;
        self.begin_anew(&connected)
    }

    fn sign_in_again(&mut self, failure: Failure, refused: &Token) -> Result<(), Failure> {
        let Some(sign_in) = &self.sign_in else { return Err(failure) };
        (sign_in.call)(refused.clone());
        self.view.print_notice("Your session has ended.")?;
        // The process ends if the user does not sign in.
        let Ok(()) = sign_in.signed_in.recv() else { return Err(failure) };
        self.alarm.ring();
        // The new session goes on where the old one ended.
        match self.http.poll_changes(&self.cursor, Duration::ZERO, false) {
            Ok(polled) => self.arrived(polled, Some(UNREAD), false),
            // The next poll meets the same failure.
            Err(_) => Ok(()),
        }
    }

    fn begin_anew(&mut self, connected: &Connected) -> Result<(), Failure> {
        self.view.begin_anew();
        self.outbox.begin_anew();
        self.conversations.connected(connected);
        let is_flooded = self.view.is_typed() && is_flood(connected, self.conversations.me());
        self.cursor = match is_flooded.then(|| catch_up(&self.http, &self.conversations, &self.view)) {
            Some(Ok(cursor)) => cursor,
            Some(Err(failure)) if !failure.is_transient() => return Err(failure),
            // Connecting again for the rest would make another session.
            _ => {
                self.view.messages(&connected.messages, connected.returning.then_some(UNREAD))?;
                connected.cursor.clone()
            }
        };
        if self.view.is_typed() {
            // Some are on the screen already, and were not counted again.
            self.conversations.count_unread(connected);
        }
        self.view.redraw()
    }
}
