//! What is said to us: holds the poll, shows what it brings, and stays at it when the server is away. Knows
//! nothing of what is typed.

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

/// One client's place in the stream of messages.
pub(super) struct Inbox {
    /// The session on the server.
    pub(super) http: Arc<Http>,
    /// Where messages are shown.
    pub(super) view: Arc<View>,
    /// What there is to talk in.
    pub(super) conversations: Arc<Conversations>,
    /// What is said here.
    pub(super) outbox: Arc<Outbox>,
    /// Rings when the server is there again.
    pub(super) alarm: Arc<Alarm>,
    /// "I have everything up to here."
    pub(super) cursor: String,
    /// Whom to ask when the session is over, and where the answer comes from; nobody in a pipe.
    pub(super) sign_in: Option<SignIn>,
}

/// How somebody is asked to sign in again.
pub(super) struct SignIn {
    /// Makes the one who types look up.
    pub(super) call: Box<dyn Fn() + Send>,
    /// What came of it.
    pub(super) signed_in: mpsc::Receiver<Connected>,
}

impl Inbox {
    /// Receives until that cannot go on, and says why.
    pub(super) fn receive(mut self) -> Failure {
        let mut away = None;
        loop {
            // After a failure the first answer is due at once: somebody waits to hear that there is one.
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

    /// The next poll acknowledges these messages, so first they are shown.
    fn arrived(&mut self, polled: Polled, was_away: bool) -> Result<(), Failure> {
        if was_away {
            self.view.print_notice("The connection is back.")?;
            self.alarm.ring();
        }
        self.view.messages(&polled.messages, was_away.then_some(UNREAD))?;
        self.cursor = polled.cursor;
        Ok(())
    }

    fn pause(&self, failure: &Failure, away: &mut Option<Backoff>) -> Result<(), Failure> {
        if away.is_none() {
            self.view.print_notice(&format!("No connection ({}); trying again.", visible(&failure.to_string())))?;
        }
        let pause = away.get_or_insert_with(Backoff::new).next_pause(failure.retry_after());
        match failure.retry_after() {
            Some(_) => thread::sleep(pause),
            None => self.alarm.wait(pause),
        }
        Ok(())
    }

    /// The database is another one: it was restored, or replaced. It knows the user, and what it thinks is unread;
    /// some of that may have been shown.
    fn connect_again(&mut self) -> Result<(), Failure> {
        let connected = self.http.connect_again()?;
        let rooms: Vec<_> = connected.rooms.iter().map(|room| format!("#{}", visible(&room.name))).collect();
        let rooms = rooms.join(" ");
        self.view.print_notice(&format!("The server has another database now. Connected again, in {rooms}."))?;
        self.begin_anew(connected)
    }

    fn sign_in_again(&mut self, failure: Failure) -> Result<(), Failure> {
        let Some(sign_in) = &self.sign_in else { return Err(failure) };
        (sign_in.call)();
        self.view.print_notice("Your session is over.")?;
        // If nobody signs in the process ends.
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
