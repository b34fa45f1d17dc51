//! A server that says what ours would not, or nothing at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

/// A server on its own port, until the tests end.
pub(crate) struct Rogue {
    port: u16,
    sends: Arc<AtomicUsize>,
}

impl Rogue {
    /// Accepts every connect, and returns this message once.
    pub(crate) fn saying(text: &str) -> Self {
        let text = text.to_owned();
        Self::start(move |path, _| match path {
            "/connect" => Some((201, connected(&text))),
            _ => None,
        })
    }

    /// Accepts every connect; answers the first send with a rate limit of one second, and stores the next.
    pub(crate) fn limiting() -> Self {
        Self::start(|path, earlier| match (path, earlier) {
            ("/connect", _) => Some((201, connected(""))),
            ("/send", 0) => Some((
                429,
                json!({
                    "type": "/problems/too-many-requests", "title": "", "status": 429, "detail": "Too many.",
                }),
            )),
            ("/send", _) => Some((201, message("taken"))),
            _ => None,
        })
    }

    /// Accepts every connect, and then answers nothing.
    pub(crate) fn falling_silent() -> Self {
        Self::start(|path, _| (path == "/connect").then(|| (201, connected(""))))
    }

    /// Accepts every connect, and returns this message on every poll.
    pub(crate) fn telling(text: &str) -> Self {
        let text = text.to_owned();
        Self::start(move |path, _| match path {
            "/connect" => Some((201, connected(""))),
            "/status" => Some((200, status())),
            "/poll" => Some((200, json!({ "messages": [message(&text)], "more": false, "cursor": "d" }))),
            _ => None,
        })
    }

    fn start(answer: impl Fn(&str, usize) -> Option<(u16, Value)> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sends = Arc::<AtomicUsize>::default();
        let (answer, counted) = (Arc::new(answer), Arc::clone(&sends));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, sends) = (Arc::clone(&answer), Arc::clone(&counted));
                thread::spawn(move || serve(&stream, &*answer, &sends));
            }
        });
        Self { port, sends }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns how many sends arrived.
    pub(crate) fn sends(&self) -> usize {
        self.sends.load(Ordering::SeqCst)
    }
}

/// Returns a status and a body for a path, given the number of earlier sends. `None` holds the request.
type Answer = dyn Fn(&str, usize) -> Option<(u16, Value)>;

fn serve(mut stream: &TcpStream, answer: &Answer, sends: &AtomicUsize) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        let mut length = 0;
        let mut path = String::new();
        while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
            if path.is_empty() {
                path = line.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        if path.is_empty() || reader.read_exact(&mut body).is_err() {
            return;
        }
        let earlier = if path == "/send" { sends.fetch_add(1, Ordering::SeqCst) } else { 0 };
        match answer(&path, earlier) {
            Some((status, body)) => {
                let body = body.to_string();
                let kind = if status < 400 { "json" } else { "problem+json" };
                let length = body.len();
                let head =
                    format!("HTTP/1.1 {status} X\r\nContent-Type: application/{kind}\r\nContent-Length: {length}");
                let head = head + "\r\nRetry-After: 1\r\n\r\n";
                if stream.write_all((head + &body).as_bytes()).is_err() {
                    return;
                }
            }
            // Held until the other side closes.
            None => drop(reader.read_line(&mut line)),
        }
    }
}

fn connected(text: &str) -> Value {
    let messages = if text.is_empty() { vec![] } else { vec![message(text)] };
    json!({
        "token": "t", "user": { "id": 1, "name": "alice", "guest": true }, "returning": false, "messages": messages,
        "more": false, "cursor": "c", "rooms": [{ "id": 1, "name": "general", "unread": 0 }], "direct": [],
    })
}

fn status() -> Value {
    json!({
        "user": { "id": 1, "name": "alice", "guest": true },
        "server": { "version": "0", "started_at": "2026-11-21T10:00:00.000Z" },
        "users_online": 1, "conversations": [],
    })
}

fn message(text: &str) -> Value {
    json!({ "id": 1, "seq": 1, "room_id": 1, "room": "general", "from": "mallory", "text": text,
        "sent_at": "2026-11-21T10:00:00.000Z" })
}
