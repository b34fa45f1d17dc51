//! Something between client and server that answers in the server's place, swallows connections, or serves it under a
//! path of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::Server;

/// How often a waiting connection looks whether its fate has changed.
const LOOK: Duration = Duration::from_millis(20);

/// A reverse proxy, until the tests end.
pub(crate) struct Between {
    port: u16,
    path: &'static str,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The answer given in the server's place, and the paths that get it.
    canned: Option<(&'static str, String)>,
    /// How many of their requests pass before.
    spared: usize,
    /// Whether one request gets it, and all others pass.
    is_single: bool,
    /// The path of a request whose answer is lost with its connection.
    lost: Option<&'static str>,
    /// Connections with a smaller number carry nothing any more, and stay open.
    swallowed_below: usize,
    connections: usize,
    /// How long answers to requests whose path begins with this take.
    slow: Option<(&'static str, Duration)>,
    /// Answers to requests whose path begins with this wait.
    withheld: Option<&'static str>,
    /// Whether the server looks like one of 0.1.
    is_old: bool,
    requests: Vec<Request>,
    /// The requests without an answer yet, by their connections.
    held: BTreeMap<usize, String>,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The method and the path, without the query.
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// Returns the value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.to_lowercase().starts_with(&format!("{name}: "));
        self.head.lines().find(named).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }
}

impl Between {
    /// Starts a proxy that forwards everything.
    pub(crate) fn at(server: &Server) -> Self {
        Self::under("", server)
    }

    /// Starts a proxy that serves the server under this path, and web pages elsewhere.
    pub(crate) fn under(path: &'static str, server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = server.url().trim_start_matches("http://").to_owned();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (state, address) = (Arc::clone(&shared), address.clone());
                let number = {
                    let mut state = state.lock().unwrap();
                    state.connections += 1;
                    state.connections
                };
                thread::spawn(move || {
                    serve(&client, &address, path, number, &state);
                    state.lock().unwrap().held.remove(&number);
                });
            }
        });
        Self { port, path, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// Answers requests whose path begins with `path`, those that are held included, with this status line, headers and
    /// body.
    pub(crate) fn answers(&self, path: &'static str, status: &str, headers: &str, body: &str) {
        self.answers_after(0, path, status, headers, body);
    }

    /// Does so after this many more of these requests.
    pub(crate) fn answers_after(&self, spared: usize, path: &'static str, status: &str, headers: &str, body: &str) {
        let length =
            if status.starts_with("204") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let answer = format!("HTTP/1.1 {status}\r\n{headers}{length}\r\n{body}");
        let mut state = self.state.lock().unwrap();
        (state.canned, state.spared, state.is_single) = (Some((path, answer)), spared, false);
    }

    /// Answers one request so, and forwards everything again.
    pub(crate) fn answers_once(&self, path: &'static str, status: &str, headers: &str, body: &str) {
        self.answers(path, status, headers, body);
        self.state.lock().unwrap().is_single = true;
    }

    /// Loses the server's answer to the next request whose path begins with `path`: the connection ends. Does so before
    /// anything else is answered there in the server's place.
    pub(crate) fn loses(&self, path: &'static str) {
        self.state.lock().unwrap().lost = Some(path);
    }

    /// Makes each answer to requests whose path begins with `path` take this much longer.
    pub(crate) fn slows_down(&self, path: &'static str, by: Duration) {
        self.state.lock().unwrap().slow = Some((path, by));
    }

    /// Withholds the answers to requests whose path begins with `path` until everything passes again.
    pub(crate) fn withholds(&self, path: &'static str) {
        self.state.lock().unwrap().withheld = Some(path);
    }

    /// Makes the server look like one of 0.1, which neither tells changes nor has their calls.
    pub(crate) fn is_of_0_1(&self) {
        self.state.lock().unwrap().is_old = true;
    }

    /// Forwards everything again.
    pub(crate) fn passes(&self) {
        let mut state = self.state.lock().unwrap();
        (state.canned, state.withheld) = (None, None);
    }

    /// Leaves every open connection open, and carries nothing over it any more. New ones work.
    pub(crate) fn swallows_what_is_open(&self) {
        let mut state = self.state.lock().unwrap();
        state.swallowed_below = state.connections + 1;
    }

    /// Returns the requests that arrived so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Waits until this many requests with this line have arrived.
    pub(crate) fn waits_for(&self, line: &str, count: usize) {
        self.waits_until(line, || self.requests().iter().filter(|request| request.line == line).count() >= count);
    }

    /// Waits until a request with this line has no answer yet, on a connection that is not swallowed.
    pub(crate) fn waits_until_held(&self, line: &str) {
        self.waits_until(line, || {
            let state = self.state.lock().unwrap();
            state.held.range(state.swallowed_below..).any(|(_, held)| held == line)
        });
    }

    fn waits_until(&self, line: &str, is_so: impl Fn() -> bool) {
        let give_up_at = Instant::now() + super::DEADLINE;
        while !is_so() {
            assert!(Instant::now() < give_up_at, "{line}: {:?}", self.requests());
            thread::sleep(LOOK);
        }
    }
}

impl State {
    /// Counts a request. Returns whether it passes.
    fn spares(&mut self, path: &str) -> bool {
        let is_meant = self.canned.as_ref().is_some_and(|(paths, _)| path.starts_with(paths));
        let is_spared = is_meant && self.spared > 0;
        self.spared -= usize::from(is_spared);
        is_spared
    }
}

fn serve(client: &TcpStream, address: &str, path: &str, number: usize, state: &Mutex<State>) {
    let mut reader = BufReader::new(client);
    let Ok(mut server) = TcpStream::connect(address) else { return };
    server.set_read_timeout(Some(LOOK)).unwrap();
    let is_swallowed = || number < state.lock().unwrap().swallowed_below;
    while let Some(mut request) = read_request(&mut reader) {
        let asked = request.line.split(' ').nth(1).unwrap_or_default().to_owned();
        {
            let mut state = state.lock().unwrap();
            state.held.insert(number, request.line.clone());
            state.requests.push(request.clone());
        }
        // Before the client has it: what it does next comes after.
        let answer_with = |answer: &[u8]| {
            state.lock().unwrap().held.remove(&number);
            let mut client = client;
            let _ = client.write_all(answer);
        };
        let Some(inner) = asked.strip_prefix(path) else {
            let page = "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nnope\n";
            answer_with(page.as_bytes());
            continue;
        };
        let is_lost = state.lock().unwrap().lost.take_if(|path| inner.starts_with(*path)).is_some();
        let is_spared = is_lost || state.lock().unwrap().spares(inner);
        let canned = || canned(state, inner).filter(|_| !is_spared);
        request.head = request.head.replacen(&format!(" {path}/"), " /", 1);
        if state.lock().unwrap().is_old {
            request.head = request.head.replacen("changes=true", "unknown=true", 1);
            request.head = request.head.replacen(" /server ", " /unknown ", 1);
            if request.line.contains("/messages/") {
                request.head = request.head.replacen("/messages/", "/unknown/", 1);
            }
        }
        if !is_swallowed() && canned().is_none() {
            let _ = server.write_all(format!("{}\r\n{}", request.head, request.body).as_bytes());
        }
        let mut answer = Vec::new();
        loop {
            if is_swallowed() {
                // Reads on, so that the client notices nothing.
                let _ = std::io::copy(&mut reader, &mut std::io::sink());
                return;
            }
            if let Some(canned) = canned().filter(|_| answer.is_empty()) {
                {
                    let state = &mut *state.lock().unwrap();
                    state.canned.take_if(|_| std::mem::take(&mut state.is_single));
                }
                answer_with(canned.as_bytes());
                // The server may still answer the request before.
                match TcpStream::connect(address) {
                    Ok(fresh) => server = fresh,
                    Err(_) => return,
                }
                server.set_read_timeout(Some(LOOK)).unwrap();
                break;
            }
            let mut bytes = [0; 4096];
            match server.read(&mut bytes) {
                Ok(0) => return,
                Ok(count) => answer.extend_from_slice(&bytes[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
                Err(_) => return,
            }
            if is_complete(&answer) && is_lost {
                return;
            }
            if is_complete(&answer) {
                let slow = state.lock().unwrap().slow.filter(|(paths, _)| inner.starts_with(paths));
                slow.into_iter().for_each(|(_, by)| thread::sleep(by));
                while state.lock().unwrap().withheld.is_some_and(|paths| inner.starts_with(paths)) {
                    thread::sleep(LOOK);
                }
                answer_with(&answer);
                break;
            }
        }
    }
}

fn canned(state: &Mutex<State>, path: &str) -> Option<String> {
    let state = state.lock().unwrap();
    state.canned.as_ref().filter(|(paths, _)| path.starts_with(paths)).map(|(_, answer)| answer.clone())
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = head.split(['?', '\r']).next()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Request { line, head, body: String::from_utf8(body).unwrap() })
}

/// Returns whether this is a whole answer of the server, which gives every body its length.
fn is_complete(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    answer.len() >= end + 4 + length.unwrap_or(0)
}
