//! What others say: holds the poll, prints what it brings, and stays at it when the server is away. Knows
//! nothing of what is typed.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Zoned;
use linger_api::{Connected, Message, Polled};

use crate::backoff::Backoff;
use crate::failure::Failure;
use crate::http::{Http, POLL_WAIT};
use crate::outbox::Outbox;
use crate::terminal::Printer;
use crate::text;

/// One client's place in the stream of messages.
pub struct Inbox {
    http: Arc<Http>,
    outbox: Arc<Outbox>,
    printer: Printer,
    me: String,
    cursor: String,
}

impl Inbox {
    /// Goes on where `connected` ends.
    pub fn new(http: Arc<Http>, outbox: Arc<Outbox>, printer: Printer, connected: Connected) -> Self {
        Self { http, outbox, printer, me: connected.user.name, cursor: connected.cursor }
    }

    /// Receives until that cannot go on, and says why.
    pub fn receive(mut self) -> Failure {
        let mut backoff = None;
        loop {
            // After a failure the first answer is due at once: somebody waits to hear that there is one.
            let wait = if backoff.is_none() { POLL_WAIT } else { Duration::ZERO };
            let outcome = match self.http.poll(&self.cursor, wait) {
                Ok(polled) => self.arrived(polled, backoff.take().is_some()),
                Err(failure) if failure.is_passing() => {
                    let first = backoff.is_none();
                    let pause = backoff.get_or_insert_with(Backoff::new).next_pause(failure.retry_after());
                    let noted = if first { self.note_away(&failure) } else { Ok(()) };
                    thread::sleep(pause);
                    noted
                }
                Err(failure) if failure.is_cursor_reset() => self.connect_again(),
                Err(failure) => Err(failure),
            };
            if let Err(failure) = outcome {
                return failure;
            }
        }
    }

    /// The next poll acknowledges these messages, so first they are printed.
    fn arrived(&mut self, polled: Polled, was_away: bool) -> Result<(), Failure> {
        if was_away {
            self.printer.note("The connection is back.")?;
        }
        self.print(&polled.messages)?;
        self.cursor = polled.cursor;
        Ok(())
    }

    fn note_away(&mut self, failure: &Failure) -> Result<(), Failure> {
        let reason = text::visible(&failure.to_string());
        self.printer.note(&format!("No connection ({reason}); trying again."))
    }

    fn connect_again(&mut self) -> Result<(), Failure> {
        let connected = match self.http.connect_again() {
            // The next poll is refused as the last one was, and brings us back here.
            Err(failure) if failure.is_passing() => {
                thread::sleep(Backoff::new().next_pause(failure.retry_after()));
                return Ok(());
            }
            connected => connected?,
        };
        self.outbox.clear();
        let rooms: Vec<_> = connected.rooms.iter().map(|room| format!("#{}", text::visible(&room.name))).collect();
        let rooms = rooms.join(" ");
        self.printer.note(&format!("The server has another database now. Connected again, in {rooms}."))?;
        self.print(&connected.messages)?;
        self.cursor = connected.cursor;
        Ok(())
    }

    fn print(&mut self, messages: &[Message]) -> Result<(), Failure> {
        let now = Zoned::now();
        let others = messages.iter().filter(|message| !self.outbox.take(message.id));
        let lines: Vec<_> = others.map(|message| text::message(message, &self.me, &now)).collect();
        match lines.is_empty() {
            true => Ok(()),
            false => self.printer.print(&lines.join("\n")),
        }
    }
}
