//! Stopping: quick whatever connections are open, and refusing new ones.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use crate::contract::metrics::waiting::{hold, until_held};
use crate::harness::{DEADLINE, EventStream, TestServer, until};

/// A `shutdown.grace` longer than the deadline: a server that waits it out fails the test.
const LONG_GRACE: [(&str, &str); 1] = [("ROCKET_SHUTDOWN__GRACE", "120")];

#[tokio::test]
async fn idle_and_held_connections_do_not_delay_stopping() {
    let mut server = TestServer::start_with(&LONG_GRACE).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let poll = hold(&alice);
    let mut stream = EventStream::open(&bob, "/poll").await;
    stream.opening_id().await;
    let new = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let mut idle = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(idle.peek(&mut [0]).unwrap(), 1, "an answer has arrived");
    until_held(&server, [1.0, 1.0, 2.0]).await;
    assert!(server.stop().await.success());
    assert_eq!(poll.await.unwrap().status(), 200);
    stream.end().await;
    drop(new);
}

#[tokio::test]
async fn a_request_in_progress_is_answered_while_new_connections_are_refused() {
    // A client that connects in the moment of the signal must make no difference.
    for _ in 0..8 {
        stop_during_a_request().await;
    }
}

async fn stop_during_a_request() {
    let mut server = TestServer::start_with(&LONG_GRACE).await;
    let alice = server.guest("alice").await;
    let mut busy = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let (first, last) = (r#"{"text":"sent in two "#, r#"parts"}"#);
    let length = first.len() + last.len();
    let head = format!("POST /send HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n", alice.token);
    write!(busy, "{head}Content-Type: application/json\r\nContent-Length: {length}\r\n").unwrap();
    // The server says so once it reads the body: before that, the request is not in progress.
    busy.write_all(b"Expect: 100-continue\r\n\r\n").unwrap();
    let mut begun = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    busy.read_exact(&mut begun).unwrap();
    assert_eq!(&begun, b"HTTP/1.1 100 Continue\r\n\r\n");
    busy.write_all(first.as_bytes()).unwrap();
    server.signal("TERM").await;
    until("new connections are refused", async || TcpStream::connect(("127.0.0.1", server.port())).is_err()).await;
    busy.write_all(last.as_bytes()).unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains("sent in two parts"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(server.ended().await.success());
}

#[tokio::test]
async fn a_hangup_stops_the_server_in_good_order() {
    if is_hangup_ignored() {
        // The tests run under nohup themselves, and so does a server that they start: see the next test.
        return;
    }
    let mut server = TestServer::start_with(&LONG_GRACE).await;
    let alice = server.guest("alice").await;
    let poll = hold(&alice);
    until_held(&server, [1.0, 0.0, 1.0]).await;
    server.signal("HUP").await;
    assert!(server.ended().await.success());
    assert_eq!(poll.await.unwrap().status(), 200);
}

/// Returns whether this process ignores SIGHUP, as the programs that it starts do then.
fn is_hangup_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 1
}

#[test]
fn a_server_under_nohup_survives_a_hangup() {
    let folder = tempfile::tempdir().unwrap();
    let port = linger_rig::port::free().unwrap();
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_lingerd")).current_dir(folder.path()).args(["--port", &port.to_string()]);
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let connect = || TcpStream::connect(("127.0.0.1", port));
    let begun = Instant::now();
    while connect().is_err() {
        assert!(begun.elapsed() < DEADLINE, "the server listens");
    }
    kill_process(Pid::from_child(&process), Signal::HUP).unwrap();
    let mut socket = connect().unwrap();
    socket.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
    assert!(process.wait().unwrap().success());
}

/// Containers refuse `pidfd_getfd` to a program without capabilities.
#[test]
fn a_server_in_a_container_without_capabilities_tunes_and_closes_its_socket() {
    // Filters belong to the thread that installs them, and to the programs that it starts.
    let contained = std::thread::spawn(|| {
        apply_filter(&refusing_pidfd_getfd()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut server = TestServer::start_with(&LONG_GRACE).await;
            assert!(!server.log().iter().any(|line| line.contains("keeps its defaults")), "{:?}", server.log());
            let mut idle = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
            idle.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            assert_eq!(idle.peek(&mut [0]).unwrap(), 1, "an answer has arrived");
            assert!(server.stop().await.success());
        });
    });
    contained.join().unwrap();
}

/// A filter of system calls like Docker's, as far as this one call is concerned.
fn refusing_pidfd_getfd() -> BpfProgram {
    const PIDFD_GETFD: i64 = 438;
    let refused = SeccompAction::Errno(Errno::PERM.raw_os_error().cast_unsigned());
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let rules = [(PIDFD_GETFD, Vec::new())].into();
    SeccompFilter::new(rules, SeccompAction::Allow, refused, architecture).unwrap().try_into().unwrap()
}

/// The port accepts connections before the log says that the server listens.
#[test]
fn the_server_can_be_stopped_from_its_first_connection_on() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let port = linger_rig::port::free().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lingerd"));
        command.current_dir(folder.path()).args(["--port", &port.to_string()]).stdout(Stdio::null());
        let mut process = command.spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < DEADLINE, "the server listens");
        }
        kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
        assert!(process.wait().unwrap().success());
    }
}
