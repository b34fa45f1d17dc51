//! What this client says: until the server has it, and until the server sends it back. Knows neither the
//! keyboard nor the screen.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::backoff::Backoff;
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::http::Http;

/// How long a message is tried for.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Messages on their way, and the ids of those that arrived.
pub struct Outbox {
    http: Arc<Http>,
    /// Locked while a message is on its way: a poll may bring it before the send is answered, and only the
    /// answer tells which it is.
    sent: Mutex<HashSet<i64>>,
}

impl Outbox {
    /// Nothing has been said yet.
    pub fn new(http: Arc<Http>) -> Self {
        let sent = Mutex::default();
        Self { http, sent }
    }

    /// Says something once, however many tries it takes; `on_delay` is told when the first has failed.
    pub fn send(&self, to: &Conversation, text: &str, on_delay: impl FnOnce(&Failure)) -> Result<(), Failure> {
        let key = new_key()?;
        let give_up_at = Instant::now() + PATIENCE;
        let mut backoff = Backoff::new();
        let mut on_delay = Some(on_delay);
        let mut sent = self.lock();
        loop {
            let failure = match self.http.send(to, text, &key) {
                Ok(message) => {
                    sent.insert(message.id);
                    return Ok(());
                }
                Err(failure) => failure,
            };
            let pause = backoff.next_pause(failure.retry_after());
            if !failure.is_passing() || Instant::now() + pause >= give_up_at {
                return Err(given_up(failure));
            }
            if let Some(on_delay) = on_delay.take() {
                on_delay(&failure);
            }
            thread::sleep(pause);
        }
    }

    /// Whether this message was said here; forgets it, since it comes back once.
    pub fn take(&self, id: i64) -> bool {
        self.lock().remove(&id)
    }

    /// Forgets everything: another database counts its ids anew.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<i64>> {
        self.sent.lock().expect("no thread panics with the outbox")
    }
}

/// An answer says what became of the message; without one nobody knows.
fn given_up(failure: Failure) -> Failure {
    match failure {
        Failure::Network(reason) => Failure::Network(format!("Given up; it may not have been sent ({reason}).")),
        answered => answered,
    }
}

fn new_key() -> Result<String, Failure> {
    let random = || getrandom::u64().map_err(|error| Failure::Terminal(format!("no random numbers: {error}")));
    Ok(format!("{:016x}{:016x}", random()?, random()?))
}
