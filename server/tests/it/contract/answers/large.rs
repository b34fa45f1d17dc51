//! Bodies that are much too large, from clients that write all of it before they read. Whatever else is wrong with the
//! request, the answer arrives.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::harness::described::{self, Answer};
use crate::harness::{DEADLINE, TestServer};

const LARGE: usize = 7_000_000;

/// How a body is sent.
#[derive(Debug, Clone, Copy)]
enum Framing {
    Declared,
    Chunked,
}

/// Sends a request with a large body, and returns the status of the answer.
fn answer_to(port: u16, line: &str, headers: &[&str], framing: Framing) -> u16 {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    let named = |name: &str| headers.iter().any(|header| header.starts_with(name));
    let mut head = format!("{line} HTTP/1.1\r\n{}", headers.iter().map(|h| format!("{h}\r\n")).collect::<String>());
    for (name, value) in [("Host", "localhost"), ("Content-Type", "application/json")] {
        if !named(name) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let body = vec![b'x'; LARGE];
    let sent = match framing {
        Framing::Declared => {
            write!(socket, "{head}Content-Length: {LARGE}\r\n\r\n").unwrap();
            socket.write_all(&body)
        }
        Framing::Chunked => {
            write!(socket, "{head}Transfer-Encoding: chunked\r\n\r\n{LARGE:x}\r\n").unwrap();
            socket.write_all(&body).and_then(|()| socket.write_all(b"\r\n0\r\n\r\n"))
        }
    };
    sent.unwrap_or_else(|error| panic!("{line} {headers:?} {framing:?}: the server reads it all: {error}"));
    let mut answer = Vec::new();
    // The head and the body may come apart, and a client that asks first gets two heads.
    while !answer.ends_with(b"}") {
        let mut part = [0; 4096];
        let length = socket.read(&mut part).unwrap_or_else(|error| panic!("{line} {headers:?} {framing:?}: {error}"));
        assert_ne!(length, 0, "{line} {headers:?} {framing:?}");
        answer.extend(&part[..length]);
    }
    let answer = String::from_utf8(answer).unwrap();
    let answer = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<_> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    let names: Vec<_> = headers.iter().map(|(name, _)| name.to_lowercase()).collect();
    let headers = names.iter().map(String::as_str).zip(headers.iter().map(|(_, value)| *value)).collect();
    let (method, path) = line.split_once(' ').unwrap();
    described::assert_allowed(method, path, &Answer { status, headers, body: Some(body.as_bytes()) });
    status
}

#[tokio::test]
async fn the_answer_to_a_body_that_is_much_too_large_arrives() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let (port, token) = (server.port(), format!("Authorization: Bearer {}", alice.token));
    tokio::task::spawn_blocking(move || {
        let (known, forged) = (token.as_str(), "Authorization: Bearer x");
        // The last column is for a body whose length is not declared; calls without a body look at none.
        for (line, headers, declared, chunked) in [
            ("POST /send", vec![known], 413, Some(413)),
            ("POST /send", vec![known, "Expect: 100-continue"], 413, Some(413)),
            ("POST /send", vec![forged], 413, Some(401)),
            ("POST /send", vec![known, "Idempotency-Key: a b"], 413, Some(400)),
            ("POST /room/x/messages", vec![known], 413, Some(400)),
            ("POST /connect", vec![], 413, Some(413)),
            ("POST /connect", vec![forged], 413, Some(401)),
            ("POST /disconnect", vec![forged], 413, Some(401)),
            ("POST /me/token", vec![known], 413, None),
            ("POST /room/1/join", vec![known], 413, None),
            ("POST /room/1/leave", vec![known], 413, None),
            ("GET /rooms", vec![forged], 413, Some(401)),
            ("POST /nothing", vec![], 404, Some(404)),
            ("PUT /nothing", vec![known], 404, Some(404)),
            ("DELETE /send", vec![known], 405, Some(405)),
            ("POST /poll", vec![forged], 405, Some(405)),
            ("POST /send", vec![known, "Host: evil.example"], 421, Some(421)),
            ("GET /health", vec!["Host: evil.example"], 421, Some(421)),
            ("POST /connect", vec!["Origin: https://evil.example"], 403, Some(403)),
            ("POST /disconnect", vec![known], 413, None),
        ] {
            let chunked = chunked.map(|status| (Framing::Chunked, status));
            for (framing, status) in chunked.into_iter().chain([(Framing::Declared, declared)]) {
                let answered = answer_to(port, line, &headers, framing);
                assert_eq!(answered, status, "{line} {headers:?} {framing:?}");
            }
        }
    })
    .await
    .unwrap();
    alice.say("general", "nobody was signed out").await;
}
