//! Stopping: soon, however many connections there are, and for nobody who comes too late.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{DEADLINE, EventStream, TestServer, until};
use crate::contract::metrics::waiting::{hold, until_held};

/// Whoever waits for all of `shutdown.grace` waits longer than the deadline.
const LONG: [(&str, &str); 1] = [("ROCKET_SHUTDOWN__GRACE", "120")];

#[tokio::test]
async fn connections_that_need_nothing_more_do_not_delay_the_end() {
    let mut server = TestServer::start_with(&LONG).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let poll = hold(&alice);
    let mut stream = EventStream::open(&bob, "/poll").await;
    stream.place().await;
    let new = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let mut idle = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(idle.peek(&mut [0]).unwrap(), 1, "an answer has come");
    until_held(&server, [1.0, 1.0, 2.0]).await;
    assert!(server.stop().await.success());
    assert_eq!(poll.await.unwrap().status(), 200);
    stream.end().await;
    drop(new);
}

#[tokio::test]
async fn a_request_is_answered_while_it_stops_and_who_connects_then_is_refused() {
    let mut server = TestServer::start_with(&LONG).await;
    let alice = server.guest("alice").await;
    let mut busy = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let (first, last) = (r#"{"text":"sent in two "#, r#"parts"}"#);
    let length = first.len() + last.len();
    let head = format!("POST /send HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n", alice.token);
    write!(busy, "{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{first}").unwrap();
    server.signal("TERM").await;
    until("nobody is let in", async || TcpStream::connect(("127.0.0.1", server.port())).is_err()).await;
    busy.write_all(last.as_bytes()).unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains("sent in two parts"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(server.ended().await.success());
}

/// Earlier than it says that it listens.
#[test]
fn it_can_be_stopped_from_the_first_connection_on() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let port = linger_rig::port::free().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lingerd"));
        command.current_dir(folder.path()).args(["--port", &port.to_string()]).stdout(Stdio::null());
        let mut process = command.spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < DEADLINE, "it listens");
        }
        kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
        assert!(process.wait().unwrap().success());
    }
}
