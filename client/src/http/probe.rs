//! A look beside a held request, which may have been swallowed: routers forget idle connections without telling either
//! end. Knows nothing of what is done about it.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;

use super::{Http, Stream};
use crate::domain::Failure;

/// How many looks lie between two probes.
const PAUSE: u32 = 8;
/// How many looks a probe may take. Its connection may be as dead as that of the held request.
const PATIENCE: u32 = 3;
/// How many it may take over a new connection. The call's own time limit is about as long.
const MORE_PATIENCE: u32 = 12;

/// Asks now and then, beside a held request, whether there are messages after its cursor.
pub(crate) struct Probe {
    http: Arc<Http>,
    stream: Stream,
    cursor: String,
    /// How many looks have passed since the last probe was sent or answered.
    looks: u32,
    state: State,
}

enum State {
    Waiting,
    /// A probe is on its way, over a new connection if the flag is set.
    Asking(Receiver<Result<bool, Failure>>, bool),
    /// The held request should have been answered by the next look.
    Missed,
}

impl Probe {
    pub(crate) fn new(http: &Arc<Http>, stream: Stream, cursor: &str) -> Self {
        Self { http: Arc::clone(http), stream, cursor: cursor.to_owned(), looks: 0, state: State::Waiting }
    }

    /// Looks. Returns whether the held request is to be given up: there are messages that it has not brought, or only
    /// new connections work.
    pub(crate) fn is_missed(&mut self) -> bool {
        self.looks += 1;
        match &self.state {
            State::Missed => return true,
            State::Waiting if self.looks >= PAUSE => self.ask(false),
            State::Waiting => {}
            State::Asking(answered, is_new) => match answered.try_recv() {
                Ok(Ok(has_messages)) => {
                    self.enter(if has_messages || *is_new { State::Missed } else { State::Waiting })
                }
                // The held request will notice it too.
                Ok(Err(_)) | Err(TryRecvError::Disconnected) => self.enter(State::Waiting),
                Err(TryRecvError::Empty) if !is_new && self.looks >= PATIENCE => {
                    self.http.reconnect();
                    self.ask(true);
                }
                Err(TryRecvError::Empty) if self.looks >= MORE_PATIENCE => self.enter(State::Waiting),
                Err(TryRecvError::Empty) => {}
            },
        }
        false
    }

    fn ask(&mut self, is_new: bool) {
        let (answer, answered) = mpsc::channel();
        let (http, stream, cursor) = (Arc::clone(&self.http), self.stream, self.cursor.clone());
        thread::spawn(move || {
            let polled = http.watch(stream, Some(&cursor), Duration::ZERO, 1);
            answer.send(polled.map(|polled| !polled.messages.is_empty()))
        });
        self.enter(State::Asking(answered, is_new));
    }

    fn enter(&mut self, state: State) {
        self.looks = 0;
        self.state = state;
    }
}
