//! An audience: guests that hold polls or streams and receive what a speaker sends. Each asks again as soon as it is
//! answered. Knows how to talk to linger, the floor and nchan, and records what arrived when, and what did not.

mod guests;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::json;

use crate::http::{patch, post};
use crate::order::Faults;
use crate::reader::{Dialect, Way};
use crate::speech;
use crate::swarm::Swarm;
use guests::Guests;

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

impl Audience {
    /// Prepares this many readers, none of them connected.
    pub(crate) fn new(port: u16, dialect: Dialect, way: Way, count: usize) -> anyhow::Result<Self> {
        Ok(Self { swarm: Swarm::new()?, guests: Guests::new(port, dialect, way, count) })
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
        let request = match self.guests.dialect {
            Dialect::Nchan => post("/send", None, &crate::servers::floor::page(&self.next_text())),
            _ => post("/send", Some(self.speaker_token()?), &json!({ "text": self.next_text() }).to_string()),
        };
        self.speak(&request);
        Ok(())
    }

    /// Edits the speaker's newest message, which then has the next number. Only linger knows edits.
    pub(crate) fn edit(&mut self) -> anyhow::Result<()> {
        let seq = self.guests.spoken_seq.context("the speaker has not sent anything")?;
        let body = json!({ "text": self.next_text() }).to_string();
        let request = patch(&format!("/room/1/messages/{seq}"), self.speaker_token()?, &body);
        self.speak(&request);
        Ok(())
    }

    fn next_text(&self) -> String {
        speech::text(SPEAKER, self.guests.sent.len() as u64 + 1)
    }

    fn speaker_token(&self) -> anyhow::Result<&str> {
        self.guests.speaker_token.as_deref().context("the speaker is not signed in")
    }

    fn speak(&mut self, request: &[u8]) {
        self.guests.delivered = 0;
        self.guests.sent.push(Instant::now());
        self.swarm.ask(self.guests.count, request);
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
        self.guests.faults()
    }

    /// Returns the bytes of head and body of an answer that brings one message.
    pub(crate) fn answer_bytes(&self) -> (usize, usize) {
        self.guests.answer_bytes
    }
}
