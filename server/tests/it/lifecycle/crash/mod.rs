//! The crash test: the server is killed under load many times. No acknowledged message or change is lost, doubled,
//! reordered or delivered to the wrong user, and no deleted text comes back.
//!
//! [`load`] produces the load and records its history, which `linger-torture` judges.
//! `LINGER_CRASH_CYCLES` sets how often the server is killed.

mod load;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use linger_api::{Message, Page, Status};
use linger_torture::history::{Conversation, Digest, Event, History, Promises, View};
use linger_torture::verdict::{Kind, judge};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::harness::{DEADLINE, TestServer, User};
use load::{Habits, Load, Phase};

/// The default for `LINGER_CRASH_CYCLES`.
const CYCLES: usize = 20;

/// Returns a random number below a bound.
fn random(below: u64) -> u64 {
    getrandom::u64().unwrap() % below
}

#[tokio::test]
async fn killing_the_server_loses_doubles_and_reorders_nothing() {
    let cycles = std::env::var("LINGER_CRASH_CYCLES").map_or(CYCLES, |cycles| cycles.parse().unwrap());
    let mut server = TestServer::start().await;
    let mut users = Vec::new();
    for name in ["alice", "bob", "carol", "dave", "erin"] {
        users.push(server.guest(name).await);
    }
    let [alice, bob, carol, dave, erin] = &users[..] else { unreachable!() };
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    dave.join(lobby).await;

    let load = Arc::new(Load::new());
    let mut readers = JoinSet::new();
    for (reader, (user, marks_read, connects_one_in)) in [
        (alice.clone(), true, 0),
        (alice.connect_again().await, true, 20),
        (bob.clone(), true, 0),
        (carol.clone(), true, 20),
        (dave.clone(), false, 0),
        (erin.clone(), true, 4),
    ]
    .into_iter()
    .enumerate()
    {
        let habits = Habits { marks_read, connects_one_in, changes: user.name != "carol" };
        load.record_connected(reader, &user, habits, 0, &user.connected);
        let (load, user) = (Arc::clone(&load), user.on_new_connections());
        readers.spawn(async move { load.read(user, reader, habits).await });
    }
    let mut senders = JoinSet::new();
    let room = Conversation::room;
    let direct = |one: &User, other: &User| Conversation::direct(&one.name, &other.name);
    for (user, conversation) in [
        (alice, room("general")),
        (carol, room("general")),
        (bob, room("lobby")),
        (alice, direct(alice, bob)),
        (bob, direct(alice, bob)),
        (carol, direct(carol, bob)),
    ] {
        let (load, user) = (Arc::clone(&load), user.on_new_connections());
        senders.spawn(async move { load.send(user, conversation).await });
    }

    for _ in 0..cycles {
        load.until_sent(load.sent() + 1 + random(60) as usize).await;
        // Otherwise every kill would come just after an acknowledgement.
        sleep(Duration::from_micros(random(3000))).await;
        server.kill().await;
        server.start_again().await;
        for user in &mut users {
            *user = user.on_new_connections();
            record_status(&load, user).await;
        }
        load.resume();
    }
    for (phase, clients) in [(Phase::Reading, senders), (Phase::Ending, readers)] {
        load.turn_to(phase);
        let ended = timeout(4 * DEADLINE, clients.join_all());
        ended.await.expect("every client gets its answers");
    }
    for user in &users {
        let unread = record_status(&load, user).await;
        // Only dave polls without acknowledging.
        assert_eq!(unread == 0, user.name != "dave", "{}: {unread}", user.name);
    }

    let [alice, bob, carol, ..] = &users[..] else { unreachable!() };
    let stored = [
        (room("general"), walk(alice, "/room/1").await),
        (room("lobby"), walk(carol, &format!("/room/{lobby}")).await),
        (direct(alice, bob), walk(alice, "/direct/bob").await),
        (direct(bob, carol), walk(bob, "/direct/carol").await),
    ];
    let view = |user: &User, conversation, messages: &[Message]| View {
        node: 0,
        user: user.name.as_str().into(),
        conversation,
        messages: Digest::of(messages),
    };
    let views = vec![
        view(bob, direct(alice, bob), &walk(bob, "/direct/alice").await),
        view(carol, direct(bob, carol), &walk(carol, "/direct/bob").await),
    ];
    let member = |user: &str, conversation: &Conversation| match conversation.as_room() {
        Some(name) => name == "general" || ["alice", "bob", "dave"].contains(&user),
        None => conversation.other(user).is_some_and(|other| *conversation == Conversation::direct(user, other)),
    };
    let conversations = || stored.iter().map(|(conversation, _)| conversation);
    let joined = |user: &str| conversations().filter(|c| member(user, c)).cloned().collect();
    let history = History {
        promises: Promises::default(),
        members: users.iter().map(|user| (user.name.as_str().into(), joined(&user.name))).collect(),
        events: load.recorder.take(),
        stored: BTreeMap::from(stored.clone()),
        views,
    };
    assert_good(cycles, &history);
}

#[tokio::test]
async fn an_acknowledged_position_is_soon_on_disk_and_survives_a_crash() {
    let mut server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "hello").await;
    bob.tell("alice", "psst").await;
    assert_eq!(alice.poll("&wait=0").await.messages.len(), 2);
    assert!(alice.poll("&wait=0").await.messages.is_empty(), "this poll acknowledges them");
    let mut disk = Disk::open(&server.database_url()).await;
    let on_disk = "select count(*) from memberships m join users u on u.id = m.user_id
                   where u.name = 'alice' and m.last_read_seq = 1";
    let began = Instant::now();
    while disk.count(on_disk).await < 2 {
        assert!(began.elapsed() < DEADLINE, "both positions are on disk");
    }
    server.kill().await;
    server.start_again().await;
    let alice = alice.on_new_connections();
    assert_eq!((alice.unread("general").await, alice.unread("@bob").await), (0, 0));
}

/// A direct connection to the server's database.
enum Disk {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Disk {
    async fn open(url: &str) -> Self {
        match url.starts_with("sqlite:") {
            true => Self::Sqlite(SqliteConnection::connect(url).await.unwrap()),
            false => Self::Postgres(PgConnection::connect(url).await.unwrap()),
        }
    }

    async fn count(&mut self, sql: &'static str) -> i64 {
        match self {
            Self::Sqlite(disk) => sqlx::query_scalar(sql).fetch_one(disk).await.unwrap(),
            Self::Postgres(disk) => sqlx::query_scalar(sql).fetch_one(disk).await.unwrap(),
        }
    }
}

/// Prints the figures in one line. Panics if there is any violation.
fn assert_good(cycles: usize, history: &History) {
    let verdict = judge(history);
    println!(
        "crash test: {cycles} cycles, {} sends and {} changes acknowledged, {} polls answered, {} lost, {} doubled, \
         {} disordered",
        verdict.figures.acknowledged - verdict.figures.repeated,
        verdict.figures.changed,
        verdict.figures.polls,
        verdict.count(Kind::Lost),
        verdict.count(Kind::Doubled),
        verdict.count(Kind::Disordered),
    );
    assert!(verdict.is_good(), "{:?}, such as {:#?}", verdict.counts, verdict.violations);
}

/// Records the status of a user's conversations. Returns the total of unread messages.
async fn record_status(load: &Load, user: &User) -> i64 {
    let status: Status = user.get("/status").await.json().await.unwrap();
    let mut unread = 0;
    for conversation in status.conversations {
        assert_eq!(conversation.unread, conversation.newest - conversation.last_read);
        unread += conversation.unread;
        let name = match (conversation.room, conversation.with) {
            (Some(room), _) => Conversation::room(&room),
            (None, with) => Conversation::direct(&user.name, &with.unwrap_or_default()),
        };
        load.recorder.record(Event::Status {
            user: user.name.as_str().into(),
            conversation: name,
            newest: conversation.newest,
            last_read: conversation.last_read,
        });
    }
    unread
}

/// Fetches a conversation's whole history, page by page from the start.
async fn walk(user: &User, conversation: &str) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    loop {
        let after = messages.last().map_or(0, |message| message.seq);
        let path = format!("{conversation}/messages?after={after}&limit=500");
        let page: Page = user.get(&path).await.json().await.unwrap();
        messages.extend(page.messages);
        if !page.more {
            return messages;
        }
    }
}
