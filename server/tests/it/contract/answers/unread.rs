//! Clients that ask for much and do not read it: they cost little memory, and others are served.

use std::cell::Cell;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use linger_api::{Message, Polled, Status};
use rustix::net::sockopt;

use crate::contract::metrics::scrape;
use crate::harness::{TestServer, User, at_once, database, until};

/// Clients that do not read their answers.
const UNREAD: usize = 100;

/// The most large answers to one user that may stall; see `app/outgoing`.
const ON_THE_WAY: usize = 32;

/// The most that 100 unread answers of 256 KiB may take, which is less than their bytes.
const MOST_KIB: usize = 20 * 1024;

/// Sends `count` messages of `bytes` bytes to `general`.
async fn say_much(server: &TestServer, count: usize, bytes: usize) {
    let mut senders = Vec::new();
    for n in 0..16 {
        senders.push(server.guest(&format!("sender-{n}")).await);
    }
    let text = "x".repeat(bytes);
    at_once(senders.into_iter().enumerate().map(|(number, sender)| {
        let text = text.clone();
        async move {
            for _ in (number..count).step_by(16) {
                sender.say("general", &text).await;
            }
        }
    }))
    .await;
}

/// Sends a request on a connection of its own and reads nothing.
fn ask(server: &TestServer, user: &User, path: &str, headers: &str) -> TcpStream {
    let mut connection = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    // The kernel would take most of a page for a client that does not read.
    sockopt::set_socket_recv_buffer_size(&connection, 4096).unwrap();
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{headers}\r\n", user.token);
    connection.write_all(head.as_bytes()).unwrap();
    connection
}

/// Returns how many sockets the server has open. A client need not notice that the server has closed a connection: what
/// the kernel still holds for it comes first.
fn sockets(server: &TestServer) -> usize {
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", server.pid())).unwrap();
    let links = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
}

/// Waits until the server has more sockets than these, and then until it has cut the connections that are too many.
async fn until_cut(server: &TestServer, most: usize) {
    until("there are too many connections", async || sockets(server) > most).await;
    until("connections are cut", async || sockets(server) <= most).await;
}

/// Returns how many of these clients have noticed that their connection was cut.
fn noticed(connections: &[TcpStream]) -> usize {
    connections.iter().filter(|connection| connection.take_error().unwrap().is_some()).count()
}

fn resident_kib(server: &TestServer) -> usize {
    kib(server, "VmRSS:")
}

fn kib(server: &TestServer, field: &str) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_not_read_share_the_messages_and_are_cut_beyond_some() {
    // On a busy machine, requests that wait for a connection to the database would be answered 503.
    let server = TestServer::start_with(&[("ROCKET_DATABASES__CHAT__CONNECT_TIMEOUT", "60")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    say_much(&server, 500, 400).await;
    let path = "/room/1/messages?limit=500";
    let whole = bob.history("/room/1/messages").await;
    let (before, open) = (resident_kib(&server), sockets(&server));
    // PostgreSQL has few connections for readers: what waits too long for one is answered 503, and closed.
    let unread: Vec<_> = (0..UNREAD).map(|_| ask(&server, &alice, path, "Connection: close\r\n")).collect();
    let more_to_the_database = if database::is_postgres() { 16 } else { 0 };
    until_cut(&server, open + ON_THE_WAY + more_to_the_database).await;
    assert!(noticed(&unread) <= UNREAD - ON_THE_WAY, "not more than that are cut");
    let growth = resident_kib(&server).saturating_sub(before);
    assert!(growth < MOST_KIB, "{growth} KiB for {UNREAD} answers");
    assert_eq!(bob.history("/room/1/messages").await, whole, "others are served");
    assert_eq!(alice.history("/room/1/messages").await, whole, "and so is the user who reads again");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_many_requests_at_once_are_whole_if_their_clients_read() {
    let server = TestServer::start_with(&[("ROCKET_DATABASES__CHAT__CONNECT_TIMEOUT", "60")]).await;
    let alice = server.guest("alice").await;
    say_much(&server, 500, 400).await;
    let whole = alice.history("/room/1/messages").await;
    for round in 0..3 {
        let readers = (0..64).map(|_| {
            let alice = alice.on_new_connections();
            async move {
                // On a busy machine it may have to wait too long for a connection to the database.
                loop {
                    let response = alice.get("/room/1/messages?limit=500").await;
                    if response.status() != 503 {
                        return response.json::<linger_api::Page>().await.unwrap().messages;
                    }
                }
            }
        });
        for (reader, history) in at_once(readers).await.into_iter().enumerate() {
            assert!(history == whole, "round {round}, reader {reader}: {} messages", history.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_client_does_not_read_ends_when_a_newer_one_takes_its_slot() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let path = format!("/poll?mark_read=false&cursor={}", alice.cursor);
    say_much(&server, 1000, 4096).await;
    let open = || (0..8).map(|_| ask(&server, &alice, &path, "Accept: text/event-stream\r\n")).collect::<Vec<_>>();
    let blocked = open();
    // They are blocked once the server sends nothing more.
    let (last, since) = (Cell::new(-1.0), Cell::new(Instant::now()));
    until("the streams are blocked", async || {
        let sent = scrape(&server).await.value("linger_delivering_answers_total", &[]);
        if last.replace(sent) != sent {
            since.set(Instant::now());
        }
        sent > 0.0 && since.get().elapsed() > Duration::from_secs(1)
    })
    .await;
    let (others, newer) = (sockets(&server) - blocked.len(), open());
    until_cut(&server, others + newer.len()).await;
    assert_eq!(noticed(&newer), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_of_every_kind_are_whole() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", "1")]).await;
    let alice = server.guest("alice").await;
    // More than the tail holds.
    say_much(&server, 600, 4000).await;
    let sent: Vec<i64> = (1..=600).collect();
    let seqs = |messages: &[Message]| messages.iter().map(|message| message.seq).collect::<Vec<_>>();
    let mut polled = Vec::new();
    let mut cursor = alice.cursor.clone();
    loop {
        let page = alice.get_json(&format!("/poll?wait=0&mark_read=false&limit=500&cursor={cursor}")).await;
        let page: Polled = serde_json::from_value(page).unwrap();
        polled.extend(seqs(&page.messages));
        cursor = page.cursor;
        if !page.more {
            break;
        }
    }
    assert_eq!(polled, sent);
    let history = seqs(&alice.history("/room/1/messages").await);
    assert!(history.len() > 50 && sent.ends_with(&history), "{history:?}");
    let status: Status = serde_json::from_value(alice.get_json("/status?latest=100").await).unwrap();
    let latest = seqs(status.conversations[0].messages.as_ref().unwrap());
    assert!(latest.len() > 50 && sent.ends_with(&latest), "{latest:?}");
    let connected = alice.connect_again().await.connected;
    let unread = seqs(&connected.messages);
    assert!(unread.len() > 50 && sent.starts_with(&unread) && connected.more, "{unread:?}");
    let head = alice.request(reqwest::Method::HEAD, "/room/1/messages?limit=500").send().await.unwrap();
    assert!(head.headers()["content-length"].to_str().unwrap().parse::<usize>().unwrap() > 200_000);
}

#[tokio::test]
async fn a_long_accept_header_costs_little() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let before = kib(&server, "VmHWM:");
    for many in ["a/b;q=0.1,".repeat(8000), "a/b;x=\",".repeat(8000)] {
        for path in ["/poll?wait=0", "/room/1/subscribe?wait=0", "/direct/subscribe?wait=0"] {
            let request = alice.request(reqwest::Method::GET, path).header("Accept", &many);
            assert!(request.send().await.unwrap().status().is_success());
        }
    }
    let growth = kib(&server, "VmHWM:").saturating_sub(before);
    assert!(growth < MOST_KIB, "{growth} KiB");
}
