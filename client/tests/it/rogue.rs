//! A server that says what ours would not, or nothing at all.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

/// Listens on a port of its own, until the tests are over.
pub struct Rogue {
    port: u16,
    sends: Arc<AtomicUsize>,
}

impl Rogue {
    /// Lets everybody in, and says this to them, once.
    pub fn saying(text: &str) -> Self {
        let text = text.to_owned();
        Self::start(move |path, _| match path {
            "/connect" => Some((201, connected(&text))),
            _ => None,
        })
    }

    /// Lets everybody in; refuses the first send for a second, as a limit does, and takes the next.
    pub fn limiting() -> Self {
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

    /// Lets everybody in, and answers nothing from then on.
    pub fn falling_silent() -> Self {
        Self::start(|path, _| (path == "/connect").then(|| (201, connected(""))))
    }

    /// Lets everybody in, and says this to who asks for a page of messages.
    pub fn telling(text: &str) -> Self {
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

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How often something was sent to it.
    pub fn sends(&self) -> usize {
        self.sends.load(Ordering::SeqCst)
    }
}

/// A status and a body for a path; the number is how often something was sent before. Nothing for a held request.
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
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nRetry-After: 1\r\n\r\n", body.len());
                if stream.write_all((head + &body).as_bytes()).is_err() {
                    return;
                }
            }
            // Held for as long as the other side likes.
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
