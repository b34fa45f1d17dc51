//! Users that sign in, create and join rooms, hold polls and receive each other's messages. Each has a connection for
//! reading, and each sender another one for sending.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::json;

use super::plan::Plan;
use crate::http::post;
use crate::order::{Faults, Ledger};
use crate::reader::{Dialect, Reader, Way};
use crate::speech;
use crate::swarm::answer::{Answer, number};
use crate::swarm::{Client, Slot, Swarm};

/// The time limit for a phase.
const PATIENCE: Duration = Duration::from_secs(180);

/// The number of users that act at the same time before they poll.
const PARALLEL: usize = 100;

/// The longest wait for events in one turn of the loop.
const TURN: Duration = Duration::from_millis(20);

/// The phases of the preparation. All users pass from one to the next together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    SigningIn,
    CreatingRooms,
    Joining,
    Polling,
}

/// All users of a run.
pub(crate) struct Users {
    plan: Plan,
    port: u16,
    phase: Phase,
    /// The next user in this phase, and the number of those that are done.
    next: usize,
    done: usize,
    readers: Vec<Option<Reader>>,
    /// The number of rooms that each user has joined.
    joined: Vec<usize>,
    /// The ids of the rooms.
    room_ids: Vec<u64>,
    audiences: Vec<Vec<usize>>,
    /// The messages that each user has received from each voice.
    ledgers: Vec<HashMap<u64, Ledger>>,
    /// When each of a voice's messages was due.
    due: Vec<Vec<Instant>>,
    senders: Vec<Sender>,
    /// Events since the start of the stage.
    pub(crate) seen: Seen,
    /// The number of deliveries still to come.
    pub(crate) expected: i64,
}

#[derive(Default)]
struct Sender {
    /// When the unanswered send was due, if there is one.
    asked: Option<Instant>,
    waiting: VecDeque<(Instant, Vec<u8>)>,
    count: u64,
}

/// The events of a stage.
#[derive(Default)]
pub(crate) struct Seen {
    /// From when each message was due.
    pub(crate) arrivals: Vec<Duration>,
    /// From when each message was due to its 201.
    pub(crate) acknowledgements: Vec<Duration>,
    /// Polls that brought messages.
    pub(crate) answers: u64,
}

impl Users {
    pub(crate) fn new(plan: Plan, port: u16) -> Self {
        Self {
            plan,
            port,
            phase: Phase::SigningIn,
            next: 0,
            done: 0,
            readers: std::iter::repeat_with(|| None).take(plan.users).collect(),
            joined: vec![0; plan.users],
            room_ids: vec![0; plan.rooms],
            audiences: plan.audiences(),
            ledgers: vec![HashMap::new(); plan.users],
            due: vec![Vec::new(); plan.senders * 2],
            senders: std::iter::repeat_with(Sender::default).take(plan.senders).collect(),
            seen: Seen::default(),
            expected: 0,
        }
    }

    /// Signs all users in, creates and joins their rooms, and starts their polls.
    pub(crate) fn prepare(&mut self, swarm: &mut Swarm) -> anyhow::Result<()> {
        let Plan { users, rooms, senders, .. } = self.plan;
        let phases = [
            (Phase::SigningIn, users),
            (Phase::CreatingRooms, rooms),
            (Phase::Joining, users),
            (Phase::Polling, users),
        ];
        for (phase, count) in phases {
            (self.phase, self.next, self.done) = (phase, 0, 0);
            for _ in 0..PARALLEL {
                self.act_next(swarm, count)?;
            }
            let begun = Instant::now();
            while self.done < count {
                swarm.turn(self, TURN)?;
                while self.next < count && self.next - self.done < PARALLEL {
                    self.act_next(swarm, count)?;
                }
                ensure!(begun.elapsed() < PATIENCE, "only {} of {count} have finished a phase", self.done);
            }
        }
        for sender in 0..senders {
            swarm.open(users + sender, self.port)?;
        }
        Ok(())
    }

    /// Lets the next user do what the phase requires.
    fn act_next(&mut self, swarm: &mut Swarm, count: usize) -> anyhow::Result<()> {
        if self.next >= count {
            return Ok(());
        }
        let user = self.next;
        self.next += 1;
        match self.phase {
            Phase::SigningIn => {
                swarm.open(user, self.port)?;
                swarm.ask(user, &post("/connect", None, r#"{"latest":0}"#));
            }
            Phase::CreatingRooms => {
                let name = json!({ "name": format!("room-{user}") }).to_string();
                swarm.ask(user, &post("/rooms", Some(self.token(user)?), &name));
            }
            Phase::Joining => self.join(swarm, user)?,
            Phase::Polling => {
                swarm.ask(user, &self.reader(user)?.request);
                self.done += 1;
            }
        }
        Ok(())
    }

    fn join(&self, swarm: &mut Swarm, user: usize) -> anyhow::Result<()> {
        let room = self.plan.rooms_of(user).nth(self.joined[user]).context("this user joins no more rooms")?;
        swarm.ask(user, &post(&format!("/room/{}/join", self.room_ids[room]), Some(self.token(user)?), ""));
        Ok(())
    }

    fn reader(&self, user: usize) -> anyhow::Result<&Reader> {
        self.readers[user].as_ref().context("this user has not signed in")
    }

    fn token(&self, user: usize) -> anyhow::Result<&str> {
        Ok(&self.reader(user)?.token)
    }

    pub(crate) fn senders(&self) -> usize {
        self.plan.senders
    }

    /// Queues a sender's next message, due at this moment. It is sent once the previous one is answered.
    pub(crate) fn send(&mut self, swarm: &mut Swarm, sender: usize, at: Instant) -> anyhow::Result<()> {
        self.senders[sender].count += 1;
        let is_private = self.plan.is_private(self.senders[sender].count);
        let voice = sender * 2 + usize::from(is_private);
        self.due[voice].push(at);
        self.expected += self.audiences[voice].len() as i64;
        let text = speech::text(voice as u64, self.due[voice].len() as u64);
        let token = self.token(sender)?;
        let request = match is_private {
            true => {
                // Users signed in concurrently, so their numbers do not tell their names.
                let to = &self.reader(self.plan.partner_of(sender))?.name;
                post("/send-private", Some(token), &json!({ "to": to, "text": text }).to_string())
            }
            false => {
                let id = self.room_ids[self.plan.room_of(sender)];
                post(&format!("/room/{id}/messages"), Some(token), &json!({ "text": text }).to_string())
            }
        };
        self.senders[sender].waiting.push_back((at, request));
        self.send_next(swarm, sender);
        Ok(())
    }

    fn send_next(&mut self, swarm: &mut Swarm, sender: usize) {
        let state = &mut self.senders[sender];
        if state.asked.is_none()
            && let Some((at, request)) = state.waiting.pop_front()
        {
            state.asked = Some(at);
            swarm.ask(self.plan.users + sender, &request);
        }
    }

    /// Returns the delivery errors so far, assuming that nothing is in transit.
    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        for (voice, audience) in self.audiences.iter().enumerate() {
            let due = self.due[voice].len() as u64;
            for user in audience {
                faults += match self.ledgers[*user].get(&(voice as u64)) {
                    Some(ledger) => ledger.faults(due),
                    None => Ledger::default().faults(due),
                };
            }
        }
        faults
    }

    fn record_messages(&mut self, user: usize, body: &[u8], at: Instant) -> anyhow::Result<()> {
        let mut any = false;
        for (voice, number) in speech::messages(body) {
            let due = self.due.get(voice as usize).and_then(|due| due.get(number as usize - 1));
            let due = due.context("a message that was not sent")?;
            ensure!(self.audiences[voice as usize].contains(&user), "a message for other users");
            if self.ledgers[user].entry(voice).or_default().record(number) {
                self.seen.arrivals.push(at.duration_since(*due));
                self.expected -= 1;
            }
            any = true;
        }
        self.seen.answers += u64::from(any);
        Ok(())
    }
}

impl Client for Users {
    fn answered(&mut self, swarm: &mut Swarm, slot: Slot, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()> {
        if let Some(sender) = slot.checked_sub(self.plan.users) {
            ensure!(answer.status == 201, "a send was answered with {}", answer.status);
            let asked = self.senders[sender].asked.take().context("an answer without a send")?;
            self.seen.acknowledgements.push(at.duration_since(asked));
            self.send_next(swarm, sender);
            return Ok(());
        }
        match self.phase {
            Phase::SigningIn => self.readers[slot] = Some(Reader::from(Dialect::Linger, Way::Polls, answer)?),
            Phase::CreatingRooms => {
                ensure!(answer.status == 201, "creating a room was answered with {}", answer.status);
                let id = answer.body.strip_prefix(br#"{"id":"#).and_then(number);
                self.room_ids[slot] = id.context("a room has no id")?;
            }
            Phase::Joining => {
                ensure!(answer.status == 204, "joining a room was answered with {}", answer.status);
                self.joined[slot] += 1;
                if self.joined[slot] < self.plan.joined {
                    return self.join(swarm, slot);
                }
            }
            Phase::Polling => {
                ensure!(answer.status == 200, "a poll was answered with {}", answer.status);
                self.record_messages(slot, answer.body, at)?;
                let reader = self.readers[slot].as_mut().context("this user has not signed in")?;
                reader.go_on(Dialect::Linger, answer)?;
                swarm.ask(slot, &reader.request);
                return Ok(());
            }
        }
        self.done += 1;
        Ok(())
    }
}
