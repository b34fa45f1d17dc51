//! The readers and the speaker of an audience: what they do with each answer, and what they have received.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::SPEAKER;
use crate::http::post;
use crate::order::{Faults, Ledger};
use crate::reader::{Dialect, Reader, Way};
use crate::speech;
use crate::swarm::answer::{Answer, last_quoted, number};
use crate::swarm::{Client, Slot, Swarm};

/// The JSON before a message's seq.
const SEQ: &[u8] = br#""seq":"#;

/// The state of all readers and of the speaker.
pub(super) struct Guests {
    pub(super) port: u16,
    pub(super) dialect: Dialect,
    way: Way,
    pub(super) count: usize,
    /// The readers that have signed in.
    pub(super) readers: Vec<Option<Reader>>,
    /// The messages that each reader has received.
    ledgers: Vec<Ledger>,
    /// The first reader that has not started to sign in.
    next: usize,
    pub(super) connected: usize,
    /// When each message and edit was sent.
    pub(super) sent: Vec<Instant>,
    /// How long each send took to be acknowledged.
    pub(super) acknowledged: Vec<Duration>,
    /// The number of acknowledged sends and edits.
    pub(super) acknowledgements: usize,
    /// The number of readers that have the last message.
    pub(super) delivered: usize,
    /// The delivery times of all messages to all readers.
    pub(super) times: Vec<Duration>,
    /// The bytes of head and body of the last answer that brought a message.
    pub(super) answer_bytes: (usize, usize),
    /// During a restart, the readers that have lost their connection and wait for the server to return.
    pub(super) waiting: Option<BTreeSet<Slot>>,
    pub(super) speaker_token: Option<String>,
    /// The seq of the speaker's newest message.
    pub(super) spoken_seq: Option<u64>,
}

impl Guests {
    pub(super) fn new(port: u16, dialect: Dialect, way: Way, count: usize) -> Self {
        Self {
            port,
            dialect,
            way,
            count,
            readers: std::iter::repeat_with(|| None).take(count).collect(),
            ledgers: vec![Ledger::default(); count],
            next: 0,
            connected: 0,
            sent: Vec::new(),
            acknowledged: Vec::new(),
            acknowledgements: 0,
            delivered: 0,
            times: Vec::new(),
            answer_bytes: (0, 0),
            waiting: None,
            speaker_token: None,
            spoken_seq: None,
        }
    }

    pub(super) fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for ledger in &self.ledgers {
            faults += ledger.faults(self.sent.len() as u64);
        }
        faults
    }

    /// Lets the next reader sign in, if there is one left.
    pub(super) fn connect_next(&mut self, swarm: &mut Swarm) -> anyhow::Result<()> {
        if self.next < self.count {
            swarm.open(self.next, self.port)?;
            swarm.ask(self.next, &post("/connect", None, r#"{"latest":0}"#));
            self.next += 1;
        }
        Ok(())
    }

    pub(super) fn is_delivered(&self) -> bool {
        self.delivered == self.count && self.acknowledgements == self.sent.len()
    }

    fn add_reader(&mut self, swarm: &mut Swarm, slot: Slot, answer: &Answer<'_>) -> anyhow::Result<()> {
        let reader = Reader::from(self.dialect, self.way, answer)?;
        swarm.ask(slot, &reader.request);
        self.connected += 1;
        self.readers[slot] = Some(reader);
        self.connect_next(swarm)
    }

    /// Handles an answer to the speaker: its sign-in first, then its sends and edits.
    fn acknowledge(&mut self, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()> {
        if self.speaker_token.is_none() {
            let token = last_quoted(answer.body, br#""token":""#).context("an answer has no token")?;
            self.speaker_token = Some(String::from_utf8(token.to_vec())?);
            return Ok(());
        }
        ensure!((200..300).contains(&answer.status), "a send was answered with {}", answer.status);
        let sent = self.sent.get(self.acknowledgements).context("an acknowledgement without a send")?;
        self.acknowledged.push(at.duration_since(*sent));
        self.acknowledgements += 1;
        self.spoken_seq = memchr::memmem::find(answer.body, SEQ).and_then(|at| number(&answer.body[at + SEQ.len()..]));
        Ok(())
    }

    /// Records the messages in an answer or event. Returns their number.
    fn record_messages(&mut self, slot: Slot, body: &[u8], at: Instant) -> anyhow::Result<usize> {
        let mut count = 0;
        for (speaker, number) in speech::messages(body) {
            ensure!(speaker == SPEAKER && number > 0, "a message that was not sent");
            let sent = self.sent.get(number as usize - 1).context("a message that was not sent yet")?;
            if self.ledgers[slot].record(number) {
                self.times.push(at.duration_since(*sent));
                self.delivered += usize::from(number as usize == self.sent.len());
            }
            count += 1;
        }
        Ok(count)
    }
}

impl Client for Guests {
    fn answered(&mut self, swarm: &mut Swarm, slot: Slot, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()> {
        if slot == self.count {
            return self.acknowledge(answer, at);
        }
        if self.readers[slot].is_none() {
            return self.add_reader(swarm, slot, answer);
        }
        if answer.status != 200 {
            bail!("a held request was answered with {}: {}", answer.status, answer.body.escape_ascii());
        }
        if self.record_messages(slot, answer.body, at)? > 0 {
            self.answer_bytes = (answer.head.len(), answer.body.len());
        }
        let reader = self.readers[slot].as_mut().context("this reader never signed in")?;
        reader.go_on(self.dialect, answer)?;
        match &mut self.waiting {
            Some(waiting) if answer.header(b"connection") == Some(b"close") => {
                swarm.close(slot);
                waiting.insert(slot);
            }
            _ => swarm.ask(slot, &reader.request),
        }
        Ok(())
    }

    fn streamed(&mut self, _: &mut Swarm, slot: Slot, event: &[u8], at: Instant) -> anyhow::Result<()> {
        if self.record_messages(slot, event, at)? > 0 {
            self.answer_bytes = (0, event.len());
        }
        if let Some(reader) = &mut self.readers[slot] {
            reader.follow(event);
        }
        Ok(())
    }

    fn lost(&mut self, _: &mut Swarm, slot: Slot, why: &io::Error) -> anyhow::Result<()> {
        if let Some(waiting) = &mut self.waiting {
            waiting.insert(slot);
            return Ok(());
        }
        bail!("connection {slot} of {} was lost: {why}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::floor::page;

    /// Returns the errors of one reader that was answered with these pages when three messages had been sent.
    fn faults(pages: &[&[u64]]) -> anyhow::Result<Faults> {
        let mut guests = Guests::new(0, Dialect::Linger, Way::Polls, 1);
        guests.sent = vec![Instant::now(); 3];
        for numbers in pages {
            let body: String = numbers.iter().map(|number| page(&speech::text(SPEAKER, *number))).collect();
            guests.record_messages(0, body.as_bytes(), Instant::now())?;
        }
        Ok(guests.faults())
    }

    #[test]
    fn delivery_errors_are_found_in_answers() {
        let clean = Faults::default();
        assert_eq!(faults(&[&[1], &[2, 3]]).unwrap(), clean);
        assert_eq!(faults(&[&[1], &[3]]).unwrap(), Faults { missing: 1, ..clean }, "one is skipped");
        assert_eq!(faults(&[&[1, 2], &[2, 3]]).unwrap(), Faults { doubled: 1, ..clean }, "pages overlap");
        assert_eq!(faults(&[&[2, 1], &[3]]).unwrap(), Faults { disordered: 1, ..clean }, "a page is out of order");
        assert!(faults(&[&[4]]).is_err(), "one was never sent");
    }

    #[test]
    fn a_message_is_delivered_when_all_have_it_and_it_is_acknowledged() {
        let mut guests = Guests::new(0, Dialect::Linger, Way::Polls, 2);
        (guests.sent, guests.acknowledgements) = (vec![Instant::now(); 1], 1);
        let body = page(&speech::text(SPEAKER, 1));
        guests.record_messages(0, body.as_bytes(), Instant::now()).unwrap();
        guests.record_messages(0, body.as_bytes(), Instant::now()).unwrap();
        assert!(!guests.is_delivered(), "one reader twice is not two readers");
        guests.record_messages(1, body.as_bytes(), Instant::now()).unwrap();
        assert!(guests.is_delivered());
    }
}
