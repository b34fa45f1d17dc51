//! Random steps on a stream that is read, cut off and resumed: it delivers each message once, in order.

use std::collections::{BTreeSet, VecDeque};

use linger_api::Message;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::harness::{EventStream, TestServer, User};

/// The rooms beside room 1, `general`.
const ROOMS: [i64; 2] = [2, 3];

#[derive(Debug, Clone)]
enum Step {
    /// Bob sends a message of this length to a room.
    Say(i64, usize),
    /// Bob sends a direct message of this length to alice.
    Tell(usize),
    Join(i64),
    Leave(i64),
    /// Alice sets her read position in `general`, wherever the stream is.
    Read(i64),
    /// Alice reads the next event, if any message is outstanding.
    Take,
    /// The connection breaks, and alice resumes with this limit.
    Resume(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = || prop_oneof![3 => 1..60_usize, 1 => 3000..4096_usize];
    let room = || proptest::sample::select(&ROOMS);
    prop_oneof![
        8 => (1..4_i64, bytes()).prop_map(|(room, bytes)| Step::Say(room, bytes)),
        3 => bytes().prop_map(Step::Tell),
        1 => room().prop_map(Step::Join),
        1 => room().prop_map(Step::Leave),
        1 => (0..40_i64).prop_map(Step::Read),
        3 => Just(Step::Take),
        2 => (1..9_usize).prop_map(Step::Resume),
    ]
}

/// Alice, her stream, and the messages that it has yet to deliver.
struct Reader {
    alice: User,
    stream: EventStream,
    outstanding: VecDeque<Message>,
}

impl Reader {
    async fn take(&mut self) {
        for message in self.stream.page().await.messages {
            assert_eq!(Some(message), self.outstanding.pop_front());
        }
    }

    async fn resume(&mut self, limit: usize) {
        let last = self.stream.last_event_id.clone();
        self.stream = EventStream::resume(&self.alice, &format!("/poll?limit={limit}"), &last).await;
        if self.outstanding.is_empty() {
            self.stream.opening_id().await;
        }
    }
}

async fn run(steps: Vec<Step>, tail: &str) {
    let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", tail)]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for room in ROOMS {
        assert_eq!(bob.create_room(&format!("room-{room}")).await, room);
    }
    let mut joined = BTreeSet::from([1]);
    let mut stream = EventStream::open(&alice, "/poll").await;
    stream.opening_id().await;
    let mut reader = Reader { alice, stream, outstanding: VecDeque::new() };
    for step in steps {
        match step {
            Step::Say(room, bytes) => {
                let path = format!("/room/{room}/messages");
                let said = bob.post(&path, &json!({ "text": "\"".repeat(bytes) })).await;
                reader.outstanding.extend(joined.contains(&room).then_some(said.json::<Message>().await.unwrap()));
            }
            Step::Tell(bytes) => reader.outstanding.push_back(bob.tell("alice", &"é".repeat(bytes / 2 + 1)).await),
            Step::Join(room) => {
                reader.alice.join(room).await;
                joined.insert(room);
            }
            Step::Leave(room) => {
                // A message that is outstanding when alice leaves would not be delivered.
                while !reader.outstanding.is_empty() {
                    reader.take().await;
                }
                reader.alice.post(&format!("/room/{room}/leave"), &json!({})).await;
                joined.remove(&room);
            }
            Step::Read(seq) => {
                reader.alice.post("/room/1/read", &json!({ "seq": seq })).await;
            }
            Step::Take if reader.outstanding.is_empty() => {}
            Step::Take => reader.take().await,
            Step::Resume(limit) => reader.resume(limit).await,
        }
    }
    while !reader.outstanding.is_empty() {
        reader.take().await;
    }
}

#[test]
fn a_stream_delivers_each_message_once_in_order_whatever_the_steps() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: 6, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    let steps = (prop::collection::vec(step(), 80..120), proptest::sample::select(&["0", "64"]));
    let outcome = TestRunner::new(config).run(&steps, |(steps, tail)| {
        runtime.block_on(run(steps, tail));
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}
