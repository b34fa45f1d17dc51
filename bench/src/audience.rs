//! An audience: guests that hold polls or streams and receive what a speaker sends. Each asks again as soon as it is
//! answered. Knows how to talk to linger, the floor and nchan, and records what arrived when, and what did not.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::http::post;
use crate::order::{Faults, Ledger};
use crate::reader::{Dialect, Reader, Way};
use crate::speech;
use crate::swarm::answer::Answer;
use crate::swarm::{Client, Slot, Swarm};

/// The speaker's number in the texts.
const SPEAKER: u64 = 0;

/// The longest wait for events in one turn of the loop.
const TURN: Duration = Duration::from_millis(20);

/// The time limit for anything that must happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// All readers, each with a connection of its own, and after them the speaker's connection.
pub(crate) struct Audience {
    pub(crate) swarm: Swarm,
    guests: Guests,
}

/// The state of all readers and of the speaker.
struct Guests {
    port: u16,
    dialect: Dialect,
    way: Way,
    count: usize,
    /// The readers that have signed in.
    readers: Vec<Option<Reader>>,
    /// The messages that each reader has received.
    ledgers: Vec<Ledger>,
    /// The first reader that has not started to sign in.
    next: usize,
    connected: usize,
    /// When each message was sent.
    sent: Vec<Instant>,
    /// How long each send took to be acknowledged.
    acknowledged: Vec<Duration>,
    /// The number of acknowledged sends.
    acknowledgements: usize,
    /// The number of readers that have the last message.
    delivered: usize,
    /// The delivery times of all messages to all readers.
    times: Vec<Duration>,
    /// The bytes of head and body of the last answer that brought a message.
    answer_bytes: (usize, usize),
    /// During a restart, the readers that have lost their connection and wait for the server to return.
    waiting: Option<BTreeSet<Slot>>,
    speaker_token: Option<String>,
}

impl Audience {
    /// Prepares this many readers, none of them connected.
    pub(crate) fn new(port: u16, dialect: Dialect, way: Way, count: usize) -> anyhow::Result<Self> {
        let guests = Guests {
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
        };
        Ok(Self { swarm: Swarm::new()?, guests })
    }

    /// Signs the speaker in.
    pub(crate) fn connect_speaker(&mut self) -> anyhow::Result<()> {
        let count = self.guests.count;
        self.swarm.open(count, self.guests.port)?;
        self.swarm.ask(count, &post("/connect", None, r#"{"latest":0}"#));
        self.run_until(PATIENCE, "for the speaker to sign in", |guests| guests.speaker_token.is_some())
    }

    /// Signs all readers in, `parallel` at a time, and lets them poll or stream.
    pub(crate) fn connect_readers(&mut self, parallel: usize) -> anyhow::Result<()> {
        let count = self.guests.count;
        for _ in 0..parallel.min(count) {
            self.guests.connect_next(&mut self.swarm)?;
        }
        self.run_until(PATIENCE, "for all readers to sign in", |guests| guests.connected == count)
    }

    /// Sends the speaker's next message.
    pub(crate) fn send(&mut self) -> anyhow::Result<()> {
        let guests = &mut self.guests;
        let text = speech::text(SPEAKER, guests.sent.len() as u64 + 1);
        let request = match guests.dialect {
            Dialect::Nchan => post("/send", None, &crate::servers::floor::page(&text)),
            _ => {
                let token = guests.speaker_token.as_deref().context("the speaker is not signed in")?;
                post("/send", Some(token), &serde_json::json!({ "text": text }).to_string())
            }
        };
        guests.delivered = 0;
        guests.sent.push(Instant::now());
        self.swarm.ask(guests.count, &request);
        Ok(())
    }

    /// Runs until the last message is acknowledged and delivered to all, or the time is up. Returns whether it was.
    pub(crate) fn wait_for_delivery(&mut self, patience: Duration) -> anyhow::Result<bool> {
        let until = Instant::now() + patience;
        while !self.guests.is_delivered() && Instant::now() < until {
            self.swarm.turn(&mut self.guests, TURN)?;
        }
        Ok(self.guests.is_delivered())
    }

    /// Runs until the last message is acknowledged.
    pub(crate) fn wait_for_acknowledgement(&mut self) -> anyhow::Result<()> {
        self.run_until(PATIENCE, "for an acknowledgement", |guests| guests.acknowledgements == guests.sent.len())
    }

    /// Disconnects the speaker. From now on, readers that lose their connection wait for [`Self::reconnect`].
    pub(crate) fn expect_restart(&mut self) {
        self.swarm.close(self.guests.count);
        self.guests.waiting = Some(BTreeSet::new());
    }

    /// Reconnects the speaker and then all readers at once.
    pub(crate) fn reconnect(&mut self) -> anyhow::Result<()> {
        let guests = &mut self.guests;
        // The last answers of the old server may still be in the sockets.
        self.swarm.turn(guests, Duration::ZERO)?;
        let begun = Instant::now();
        while guests.waiting.as_ref().is_some_and(|waiting| waiting.len() < guests.count) {
            self.swarm.turn(guests, TURN)?;
            ensure!(begun.elapsed() < PATIENCE, "some readers have not noticed that the old server has ended");
        }
        guests.waiting = None;
        self.swarm.open(guests.count, guests.port)?;
        for (slot, reader) in guests.readers.iter().enumerate() {
            self.swarm.open(slot, guests.port)?;
            self.swarm.ask(slot, &reader.as_ref().context("this reader never signed in")?.request);
        }
        Ok(())
    }

    /// Makes all readers stop reading.
    pub(crate) fn stop_reading(&mut self) -> anyhow::Result<()> {
        (0..self.guests.count).try_for_each(|slot| self.swarm.stop_reading(slot))
    }

    /// Runs for this long.
    pub(crate) fn run_for(&mut self, duration: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + duration;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.swarm.turn(&mut self.guests, left.min(TURN))?;
        }
        Ok(())
    }

    fn run_until(&mut self, patience: Duration, what: &str, done: impl Fn(&Guests) -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !done(&self.guests) {
            self.swarm.turn(&mut self.guests, TURN)?;
            let guests = &self.guests;
            ensure!(
                begun.elapsed() < patience,
                "gave up waiting {what}: {} of {} readers signed in, {} deliveries of {} messages",
                guests.connected,
                guests.count,
                guests.times.len(),
                guests.sent.len()
            );
        }
        Ok(())
    }

    /// Returns and forgets the sorted times from each send to its deliveries and to its acknowledgement.
    pub(crate) fn take_times(&mut self) -> (Vec<Duration>, Vec<Duration>) {
        let (mut times, mut acknowledged) =
            (std::mem::take(&mut self.guests.times), std::mem::take(&mut self.guests.acknowledged));
        times.sort_unstable();
        acknowledged.sort_unstable();
        (times, acknowledged)
    }

    /// Returns the delivery errors so far.
    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for ledger in &self.guests.ledgers {
            faults += ledger.faults(self.guests.sent.len() as u64);
        }
        faults
    }

    /// Returns the bytes of head and body of an answer that brings one message.
    pub(crate) fn answer_bytes(&self) -> (usize, usize) {
        self.guests.answer_bytes
    }
}

impl Guests {
    fn connect_next(&mut self, swarm: &mut Swarm) -> anyhow::Result<()> {
        if self.next < self.count {
            swarm.open(self.next, self.port)?;
            swarm.ask(self.next, &post("/connect", None, r#"{"latest":0}"#));
            self.next += 1;
        }
        Ok(())
    }

    fn is_delivered(&self) -> bool {
        self.delivered == self.count && self.acknowledgements == self.sent.len()
    }

    fn add_reader(&mut self, swarm: &mut Swarm, slot: Slot, answer: &Answer<'_>) -> anyhow::Result<()> {
        let reader = Reader::from(self.dialect, self.way, answer)?;
        swarm.ask(slot, &reader.request);
        self.connected += 1;
        self.readers[slot] = Some(reader);
        self.connect_next(swarm)
    }

    /// Handles an answer to the speaker: its sign-in first, then its sends.
    fn acknowledge(&mut self, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()> {
        if self.speaker_token.is_none() {
            let token =
                crate::swarm::answer::last_quoted(answer.body, br#""token":""#).context("an answer has no token")?;
            self.speaker_token = Some(String::from_utf8(token.to_vec())?);
            return Ok(());
        }
        ensure!((200..300).contains(&answer.status), "a send was answered with {}", answer.status);
        let sent = self.sent.get(self.acknowledgements).context("an acknowledgement without a send")?;
        self.acknowledged.push(at.duration_since(*sent));
        self.acknowledgements += 1;
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
        let mut audience = Audience::new(0, Dialect::Linger, Way::Polls, 1)?;
        audience.guests.sent = vec![Instant::now(); 3];
        for numbers in pages {
            let body: String = numbers.iter().map(|number| page(&speech::text(SPEAKER, *number))).collect();
            audience.guests.record_messages(0, body.as_bytes(), Instant::now())?;
        }
        Ok(audience.faults())
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
        let mut audience = Audience::new(0, Dialect::Linger, Way::Polls, 2).unwrap();
        let guests = &mut audience.guests;
        (guests.sent, guests.acknowledgements) = (vec![Instant::now(); 1], 1);
        let body = page(&speech::text(SPEAKER, 1));
        guests.record_messages(0, body.as_bytes(), Instant::now()).unwrap();
        guests.record_messages(0, body.as_bytes(), Instant::now()).unwrap();
        assert!(!guests.is_delivered(), "one reader twice is not two readers");
        guests.record_messages(1, body.as_bytes(), Instant::now()).unwrap();
        assert!(guests.is_delivered());
    }
}
