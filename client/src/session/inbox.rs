//! Incoming messages: holds the poll, shows what arrives, and retries while the server is away. Knows nothing of what
//! is typed.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use linger_api::{Connected, Polled};

use super::alarm::Alarm;
use super::conversations::Conversations;
use super::outbox::Outbox;
use super::view::{UNREAD, View};
use crate::domain::{Failure, visible};
use crate::http::{Backoff, Http, POLL_WAIT};

/// A client's position in the stream of messages.
pub(super) struct Inbox {
    pub(super) http: Arc<Http>,
    pub(super) view: Arc<View>,
    pub(super) conversations: Arc<Conversations>,
    pub(super) outbox: Arc<Outbox>,
    /// Rings when the server is back.
    pub(super) alarm: Arc<Alarm>,
    /// Everything up to here has been received.
    pub(super) cursor: String,
    /// How to sign in again; `None` in a pipe.
    pub(super) sign_in: Option<SignIn>,
}

/// The way to ask the user to sign in again.
pub(super) struct SignIn {
    /// Interrupts the typing thread.
    pub(super) call: Box<dyn Fn() + Send>,
    /// Receives the new sign-in.
    pub(super) signed_in: mpsc::Receiver<Connected>,
}

impl Inbox {
    /// Receives messages until a failure ends that, and returns the failure.
    pub(super) fn receive(mut self) -> Failure {
        let mut away = None;
        loop {
            // After a failure the poll is not held, so that the user soon learns of the reconnection.
            let wait = if away.is_none() { POLL_WAIT } else { Duration::ZERO };
            let outcome = match self.http.poll(&self.cursor, wait) {
                Ok(polled) => self.arrived(polled, away.take().is_some()),
                Err(failure) if failure.is_transient() => self.pause(&failure, &mut away),
                Err(failure) if failure.is_cursor_reset() => match self.connect_again() {
                    Err(failure) if failure.is_transient() => self.pause(&failure, &mut away),
                    outcome => outcome,
                },
                Err(failure) => Err(failure),
            };
            let outcome = match outcome {
                Err(failure) if failure.is_unauthorized() => self.sign_in_again(failure),
                outcome => outcome,
            };
            if let Err(failure) = outcome {
                return failure;
            }
        }
    }

    /// Shows new messages. The next poll acknowledges them, so they must be shown first.
    fn arrived(&mut self, polled: Polled, was_away: bool) -> Result<(), Failure> {
        if was_away {
            self.view.print_notice("Reconnected.")?;
            self.alarm.ring();
        }
        self.view.messages(&polled.messages, was_away.then_some(UNREAD))?;
        self.cursor = polled.cursor;
        Ok(())
    }

    fn pause(&self, failure: &Failure, away: &mut Option<Backoff>) -> Result<(), Failure> {
        if away.is_none() {
            self.view.print_notice(&format!("No connection ({}); retrying.", visible(&failure.to_string())))?;
        }
        let pause = away.get_or_insert_with(Backoff::new).next_pause(failure.retry_after());
        match failure.retry_after() {
            Some(_) => thread::sleep(pause),
            None => self.alarm.wait(pause),
        }
        Ok(())
    }

    /// Connects again to a database that was restored or replaced. It knows the user and what it considers unread, some
    /// of which may have been shown.
    fn connect_again(&mut self) -> Result<(), Failure> {
        let connected = self.http.connect_again()?;
        let rooms: Vec<_> = connected.rooms.iter().map(|room| format!("#{}", visible(&room.name))).collect();
        let rooms = rooms.join(" ");
        self.view.print_notice(&format!("The server has a different database now. Reconnected in {rooms}."))?;
        self.begin_anew(connected)
    }

    fn sign_in_again(&mut self, failure: Failure) -> Result<(), Failure> {
        let Some(sign_in) = &self.sign_in else { return Err(failure) };
        (sign_in.call)();
        self.view.print_notice("Your session has ended.")?;
        // The process ends if the user does not sign in.
        let Ok(connected) = sign_in.signed_in.recv() else { return Err(failure) };
        self.alarm.ring();
        self.begin_anew(connected)
    }

    fn begin_anew(&mut self, connected: Connected) -> Result<(), Failure> {
        self.view.begin_anew();
        self.outbox.begin_anew();
        self.conversations.connected(&connected);
        self.view.messages(&connected.messages, connected.returning.then_some(UNREAD))?;
        self.cursor = connected.cursor;
        Ok(())
    }
}
