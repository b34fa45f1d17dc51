//! An audience: guests who come in, hold polls or streams, and hear what one of them says. Whatever they are
//! answered, they ask on at once. Knows how linger, the floor and nchan are talked to, and keeps what is seen:
//! who holds, what arrived when, and what did not.

use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::http::post;
use crate::order::{Faults, Ledger};
use crate::reader::{Dialect, Reader, Way};
use crate::speech;
use crate::swarm::answer::Answer;
use crate::swarm::{Client, Line, Swarm};

/// What everybody's messages are numbered under.
const SPEAKER: u64 = 0;

/// The longest that one turn waits for something to come.
const TURN: Duration = Duration::from_millis(20);

/// For anything that has to happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everybody: readers, each on a line of its own, and behind them the speaker's.
pub struct Audience {
    /// The connections.
    pub swarm: Swarm,
    seats: Seats,
}

/// Who sits there, and what they have seen.
struct Seats {
    port: u16,
    dialect: Dialect,
    way: Way,
    count: usize,
    /// Those who have come in, by line.
    readers: Vec<Option<Reader>>,
    /// What each of them has heard.
    ledgers: Vec<Ledger>,
    /// The first line whose guest has not set out yet.
    next: usize,
    inside: usize,
    /// When each message was said.
    said: Vec<Instant>,
    /// How long each took to be acknowledged.
    acknowledged: Vec<Duration>,
    /// How many were.
    acknowledgements: usize,
    /// Readers who have heard the last message.
    heard: usize,
    /// How long each took to each reader.
    times: Vec<Duration>,
    /// The bytes of the last answer with a message: header, and body.
    answer_bytes: (usize, usize),
    /// The server is going: who is told so, or is cut off, waits here for it to come back.
    waiting: Option<BTreeSet<Line>>,
    speaker_token: Option<String>,
}

impl Audience {
    /// Nobody yet, of so many.
    pub fn new(port: u16, dialect: Dialect, way: Way, count: usize) -> anyhow::Result<Self> {
        let seats = Seats {
            port,
            dialect,
            way,
            count,
            readers: std::iter::repeat_with(|| None).take(count).collect(),
            ledgers: vec![Ledger::default(); count],
            next: 0,
            inside: 0,
            said: Vec::new(),
            acknowledged: Vec::new(),
            acknowledgements: 0,
            heard: 0,
            times: Vec::new(),
            answer_bytes: (0, 0),
            waiting: None,
            speaker_token: None,
        };
        Ok(Self { swarm: Swarm::new()?, seats })
    }

    /// The speaker comes in, as the first.
    pub fn open_doors(&mut self) -> anyhow::Result<()> {
        let count = self.seats.count;
        self.swarm.open(count, self.seats.port)?;
        self.swarm.ask(count, &post("/connect", None, r#"{"latest":0}"#));
        self.run_until(PATIENCE, "for the speaker", |seats| seats.speaker_token.is_some())
    }

    /// All come in, so many at a time, and ask.
    pub fn come_in(&mut self, parallel: usize) -> anyhow::Result<()> {
        let count = self.seats.count;
        for _ in 0..parallel.min(count) {
            self.seats.send_for_the_next(&mut self.swarm)?;
        }
        self.run_until(PATIENCE, "for all guests to come in", |seats| seats.inside == count)
    }

    /// Somebody says the next message.
    pub fn say(&mut self) -> anyhow::Result<()> {
        let seats = &mut self.seats;
        let text = speech::text(SPEAKER, seats.said.len() as u64 + 1);
        let request = match seats.dialect {
            Dialect::Nchan => post("/send", None, &crate::servers::floor::page(&text)),
            _ => {
                let token = seats.speaker_token.as_deref().context("nobody is there to speak")?;
                post("/send", Some(token), &serde_json::json!({ "text": text }).to_string())
            }
        };
        seats.heard = 0;
        seats.said.push(Instant::now());
        self.swarm.ask(seats.count, &request);
        Ok(())
    }

    /// Goes on until what was said last is acknowledged and all have heard it, which may not happen; whether it has.
    pub fn all_hear(&mut self, patience: Duration) -> anyhow::Result<bool> {
        let until = Instant::now() + patience;
        while !self.seats.all_have_heard() && Instant::now() < until {
            self.swarm.turn(&mut self.seats, TURN)?;
        }
        Ok(self.seats.all_have_heard())
    }

    /// Goes on until what was said last is acknowledged.
    pub fn is_acknowledged(&mut self) -> anyhow::Result<()> {
        self.run_until(PATIENCE, "for a 201", |seats| seats.acknowledgements == seats.said.len())
    }

    /// The speaker goes; whoever loses the connection from now on waits.
    pub fn leave(&mut self) {
        self.swarm.close(self.seats.count);
        self.seats.waiting = Some(BTreeSet::new());
    }

    /// Everybody comes back at once, and asks on; the speaker first.
    pub fn come_back(&mut self) -> anyhow::Result<()> {
        let seats = &mut self.seats;
        // What the old server has said last is still in the sockets.
        self.swarm.turn(seats, Duration::ZERO)?;
        let begun = Instant::now();
        while seats.waiting.as_ref().is_some_and(|waiting| waiting.len() < seats.count) {
            self.swarm.turn(seats, TURN)?;
            ensure!(begun.elapsed() < PATIENCE, "the old server has gone, and not everybody has noticed");
        }
        seats.waiting = None;
        self.swarm.open(seats.count, seats.port)?;
        for (line, reader) in seats.readers.iter().enumerate() {
            self.swarm.open(line, seats.port)?;
            self.swarm.ask(line, &reader.as_ref().context("a reader who was never there")?.request);
        }
        Ok(())
    }

    /// All readers stop reading.
    pub fn stop_reading(&mut self) -> anyhow::Result<()> {
        (0..self.seats.count).try_for_each(|line| self.swarm.stop_reading(line))
    }

    /// Goes on for so long.
    pub fn run_for(&mut self, duration: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + duration;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.swarm.turn(&mut self.seats, left.min(TURN))?;
        }
        Ok(())
    }

    fn run_until(&mut self, patience: Duration, what: &str, done: impl Fn(&Seats) -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !done(&self.seats) {
            self.swarm.turn(&mut self.seats, TURN)?;
            let seats = &self.seats;
            ensure!(
                begun.elapsed() < patience,
                "waited in vain {what}: {} came in, {} arrivals of {} messages, {} seats",
                seats.inside,
                seats.times.len(),
                seats.said.len(),
                seats.count
            );
        }
        Ok(())
    }

    /// How long messages took to each reader, from the send's start, and how long to be acknowledged; forgets them.
    pub fn take_times(&mut self) -> (Vec<Duration>, Vec<Duration>) {
        let (mut times, mut acknowledged) =
            (std::mem::take(&mut self.seats.times), std::mem::take(&mut self.seats.acknowledged));
        times.sort_unstable();
        acknowledged.sort_unstable();
        (times, acknowledged)
    }

    /// What went wrong so far.
    pub fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for ledger in &self.seats.ledgers {
            faults += ledger.faults(self.seats.said.len() as u64);
        }
        faults
    }

    /// Bytes of the header and of the body with which one message arrives.
    pub fn answer_bytes(&self) -> (usize, usize) {
        self.seats.answer_bytes
    }
}

impl Seats {
    fn send_for_the_next(&mut self, swarm: &mut Swarm) -> anyhow::Result<()> {
        if self.next < self.count {
            swarm.open(self.next, self.port)?;
            swarm.ask(self.next, &post("/connect", None, r#"{"latest":0}"#));
            self.next += 1;
        }
        Ok(())
    }

    fn all_have_heard(&self) -> bool {
        self.heard == self.count && self.acknowledgements == self.said.len()
    }

    fn came_in(&mut self, swarm: &mut Swarm, line: Line, answer: &Answer<'_>) -> anyhow::Result<()> {
        let reader = Reader::from(self.dialect, self.way, answer)?;
        swarm.ask(line, &reader.request);
        self.inside += 1;
        self.readers[line] = Some(reader);
        self.send_for_the_next(swarm)
    }

    /// The speaker came in, or was heard.
    fn acknowledge(&mut self, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()> {
        if self.speaker_token.is_none() {
            let token = crate::swarm::answer::last_quoted(answer.body, br#""token":""#).context("no token")?;
            self.speaker_token = Some(String::from_utf8(token.to_vec())?);
            return Ok(());
        }
        ensure!((200..300).contains(&answer.status), "a send is answered {}", answer.status);
        let said = self.said.get(self.acknowledgements).context("nothing was said")?;
        self.acknowledged.push(at.duration_since(*said));
        self.acknowledgements += 1;
        Ok(())
    }

    /// What an answer or an event brings to a reader.
    fn note(&mut self, line: Line, body: &[u8], at: Instant) -> anyhow::Result<usize> {
        let mut count = 0;
        for (speaker, number) in speech::messages(body) {
            ensure!(speaker == SPEAKER && number > 0, "nobody has said that");
            let said = self.said.get(number as usize - 1).context("a message from the future")?;
            if self.ledgers[line].note(number) {
                self.times.push(at.duration_since(*said));
                self.heard += usize::from(number as usize == self.said.len());
            }
            count += 1;
        }
        Ok(count)
    }
}

impl Client for Seats {
    fn answered(&mut self, swarm: &mut Swarm, line: Line, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()> {
        if line == self.count {
            return self.acknowledge(answer, at);
        }
        if self.readers[line].is_none() {
            return self.came_in(swarm, line, answer);
        }
        if answer.status != 200 {
            bail!("a held request is answered {}: {}", answer.status, answer.body.escape_ascii());
        }
        if self.note(line, answer.body, at)? > 0 {
            self.answer_bytes = (answer.head.len(), answer.body.len());
        }
        let reader = self.readers[line].as_mut().context("a reader who was never there")?;
        reader.go_on(self.dialect, answer)?;
        match &mut self.waiting {
            Some(waiting) if answer.header(b"connection") == Some(b"close") => {
                swarm.close(line);
                waiting.insert(line);
            }
            _ => swarm.ask(line, &reader.request),
        }
        Ok(())
    }

    fn streamed(&mut self, _: &mut Swarm, line: Line, event: &[u8], at: Instant) -> anyhow::Result<()> {
        if self.note(line, event, at)? > 0 {
            self.answer_bytes = (0, event.len());
        }
        if let Some(reader) = &mut self.readers[line] {
            reader.follow(event);
        }
        Ok(())
    }

    fn lost(&mut self, _: &mut Swarm, line: Line, why: &io::Error) -> anyhow::Result<()> {
        if let Some(waiting) = &mut self.waiting {
            waiting.insert(line);
            return Ok(());
        }
        bail!("line {line} of {} is lost: {why}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::floor::page;

    /// What one reader is found to have suffered who was answered these pages, when three messages were said.
    fn faults(pages: &[&[u64]]) -> anyhow::Result<Faults> {
        let mut audience = Audience::new(0, Dialect::Linger, Way::Polls, 1)?;
        audience.seats.said = vec![Instant::now(); 3];
        for numbers in pages {
            let body: String = numbers.iter().map(|number| page(&speech::text(SPEAKER, *number))).collect();
            audience.seats.note(0, body.as_bytes(), Instant::now())?;
        }
        Ok(audience.faults())
    }

    #[test]
    fn what_a_server_does_wrong_is_seen_in_its_answers() {
        let clean = Faults::default();
        assert_eq!(faults(&[&[1], &[2, 3]]).unwrap(), clean);
        assert_eq!(faults(&[&[1], &[3]]).unwrap(), Faults { missing: 1, ..clean }, "it skips one");
        assert_eq!(faults(&[&[1, 2], &[2, 3]]).unwrap(), Faults { doubled: 1, ..clean }, "its pages overlap");
        assert_eq!(faults(&[&[2, 1], &[3]]).unwrap(), Faults { disordered: 1, ..clean }, "a page is upside down");
        assert!(faults(&[&[4]]).is_err(), "it makes one up");
    }

    #[test]
    fn all_have_heard_when_the_last_message_is_everywhere_and_acknowledged() {
        let mut audience = Audience::new(0, Dialect::Linger, Way::Polls, 2).unwrap();
        let seats = &mut audience.seats;
        (seats.said, seats.acknowledgements) = (vec![Instant::now(); 1], 1);
        let body = page(&speech::text(SPEAKER, 1));
        seats.note(0, body.as_bytes(), Instant::now()).unwrap();
        seats.note(0, body.as_bytes(), Instant::now()).unwrap();
        assert!(!seats.all_have_heard(), "one of them twice is not two");
        seats.note(1, body.as_bytes(), Instant::now()).unwrap();
        assert!(seats.all_have_heard());
    }
}
