//! Stopping: soon, however many connections there are, and for nobody who comes too late.

use std::io::Write;
use std::net::TcpStream;

use crate::harness::{EventStream, TestServer, until};
use crate::metrics::waiting::{hold, until_held};

#[tokio::test]
async fn connections_that_need_nothing_more_do_not_delay_the_end() {
    // Whoever waits for all of it waits longer than the deadline.
    let mut server = TestServer::start_with(&[("ROCKET_SHUTDOWN__GRACE", "120")]).await;
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
async fn who_connects_while_it_stops_is_refused() {
    let mut server = TestServer::start_with(&[("ROCKET_SHUTDOWN__GRACE", "2")]).await;
    let alice = server.guest("alice").await;
    let mut busy = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    let head = format!("POST /send HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n", alice.token);
    write!(busy, "{head}Content-Type: application/json\r\nContent-Length: 30\r\n\r\n{{\"text\": \"is never whole")
        .unwrap();
    server.signal("TERM").await;
    until("nobody is let in", async || TcpStream::connect(("127.0.0.1", server.port())).is_err()).await;
    assert!(!server.has_ended(), "it waits for the request that is not whole");
    assert!(server.ended().await.success());
}

#[tokio::test]
async fn it_can_be_stopped_as_soon_as_it_listens() {
    let mut server = TestServer::start().await;
    for _ in 0..10 {
        server.restart().await;
    }
    assert!(server.stop().await.success());
}
