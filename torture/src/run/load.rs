//! State shared by all clients of a run.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::options::Options;
use crate::history::{Conversation, Node, Recorder};

/// The number of messages of each conversation that may be reacted to: the newest.
const RECENT: usize = 100;

/// The state shared by all clients.
pub(super) struct Load {
    pub(super) recorder: Recorder,
    pub(super) http: reqwest::Client,
    urls: Vec<String>,
    rooms: OnceLock<BTreeMap<Conversation, i64>>,
    phase: watch::Sender<Phase>,
    /// How many messages have been acknowledged, and how many are wanted.
    acknowledged: AtomicUsize,
    wanted: usize,
    changed: AtomicUsize,
    /// How often users were removed from private rooms, and how often that is wanted.
    removed: AtomicUsize,
    removals: usize,
    /// The ids and seqs of the newest acknowledged messages of each conversation.
    recent: Mutex<HashMap<Conversation, VecDeque<Target>>>,
    /// For each node, when it last acknowledged a send, in the recorder's time.
    last_acknowledged_us: Vec<AtomicU64>,
    slowest_refusal_us: AtomicU64,
    pace: Option<Mutex<Instant>>,
    between_sends: Duration,
}

/// A message that can be changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub(super) id: i64,
    pub(super) seq: i64,
}

/// The newest of a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Newest {
    /// The id of the newest message.
    pub(super) message: i64,
    /// The newest revision of any message.
    pub(super) revision: i64,
}

/// The phase of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Phase {
    Running,
    /// Writers stop once enough messages are acknowledged.
    Finishing,
    /// Readers stop once they have received the newest messages and changes of their conversations.
    Settling(BTreeMap<Conversation, Newest>),
}

impl Load {
    pub(super) fn new(options: &Options, urls: Vec<String>) -> Self {
        Self {
            recorder: Recorder::default(),
            http: reqwest::Client::builder().no_proxy().build().unwrap_or_default(),
            last_acknowledged_us: urls.iter().map(|_| AtomicU64::new(0)).collect(),
            urls,
            rooms: OnceLock::new(),
            phase: watch::Sender::new(Phase::Running),
            acknowledged: AtomicUsize::new(0),
            wanted: options.messages,
            changed: AtomicUsize::new(0),
            removed: AtomicUsize::new(0),
            removals: options.removals,
            recent: Mutex::default(),
            slowest_refusal_us: AtomicU64::new(0),
            pace: (options.rate > 0).then(|| Mutex::new(Instant::now())),
            between_sends: Duration::from_secs(1) / options.rate.max(1),
        }
    }

    pub(super) fn nodes(&self) -> usize {
        self.urls.len()
    }

    /// Returns a random other node, or the same one if there is only one.
    pub(super) fn other(&self, node: Node, random: &mut fastrand::Rng) -> Node {
        if self.nodes() == 1 { node } else { (node + random.usize(1..self.nodes())) % self.nodes() }
    }

    pub(super) fn url(&self, node: Node, path: &str) -> String {
        format!("{}{path}", self.urls[node])
    }

    pub(super) fn set_rooms(&self, rooms: BTreeMap<Conversation, i64>) {
        let _ = self.rooms.set(rooms);
    }

    /// Returns a conversation's path as one of its members addresses it.
    pub(super) fn path_of(&self, conversation: &Conversation, user: &str) -> String {
        match conversation.other(user) {
            Some(other) => format!("/direct/{other}"),
            None => {
                let id = self.rooms.get().and_then(|rooms| rooms.get(conversation));
                format!("/room/{}", id.copied().unwrap_or_default())
            }
        }
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub(super) fn settle(&self, newest: BTreeMap<Conversation, Newest>) {
        self.set_phase(Phase::Settling(newest));
    }

    pub(super) fn phase(&self) -> watch::Ref<'_, Phase> {
        self.phase.borrow()
    }

    /// Returns whether writers may stop.
    pub(super) fn is_writing_done(&self) -> bool {
        *self.phase() != Phase::Running && self.is_enough()
    }

    /// Returns whether the owners of private rooms, and their members, may stop.
    pub(super) fn is_guarding_done(&self) -> bool {
        *self.phase() != Phase::Running
    }

    pub(super) fn is_enough(&self) -> bool {
        self.acknowledged() >= self.wanted && self.removed.load(Ordering::Relaxed) >= self.removals
    }

    /// Counts a user who was removed from a private room.
    pub(super) fn count_removal(&self) {
        self.removed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Counts a message that was acknowledged for the first time.
    pub(super) fn count_acknowledged(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn changed(&self) -> usize {
        self.changed.load(Ordering::Relaxed)
    }

    /// Counts an acknowledged change.
    pub(super) fn count_changed(&self) {
        self.changed.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers a message, so that others can react to it.
    pub(super) fn remember(&self, conversation: &Conversation, target: Target) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = recent.entry(conversation.clone()).or_default();
        recent.push_back(target);
        if recent.len() > RECENT {
            recent.pop_front();
        }
    }

    /// Returns one of a conversation's newest messages.
    pub(super) fn any_recent(&self, conversation: &Conversation, random: &mut fastrand::Rng) -> Option<Target> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = recent.get(conversation)?;
        recent.get(random.usize(0..recent.len().max(1))).copied()
    }

    /// Records that a node acknowledged a send.
    pub(super) fn record_acknowledgement(&self, node: Node) {
        self.last_acknowledged_us[node].store(self.recorder.now_us(), Ordering::Relaxed);
    }

    pub(super) fn last_acknowledged_us(&self, node: Node) -> u64 {
        self.last_acknowledged_us[node].load(Ordering::Relaxed)
    }

    /// Records that a send was answered with 503 after this many microseconds.
    pub(super) fn record_refusal(&self, us: u64) {
        self.slowest_refusal_us.fetch_max(us, Ordering::Relaxed);
    }

    pub(super) fn slowest_refusal(&self) -> Duration {
        Duration::from_micros(self.slowest_refusal_us.load(Ordering::Relaxed))
    }

    /// Waits for the next turn to send, if the rate is limited.
    pub(super) async fn wait_for_turn(&self) {
        let Some(pace) = &self.pace else { return };
        let turn = {
            let mut next = pace.lock().unwrap_or_else(PoisonError::into_inner);
            *next = (*next).max(Instant::now()) + self.between_sends;
            *next
        };
        sleep_until(turn).await;
    }
}
