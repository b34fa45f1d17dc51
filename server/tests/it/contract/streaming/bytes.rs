//! Streams as raw bytes, and as read by curl.

use std::process::Stdio;

use linger_api::Polled;
use reqwest::StatusCode;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::harness::{DEADLINE, TestServer, User, texts};

/// Requests a stream of `/poll` with this version of HTTP. Returns the socket and the answer's head in lower case.
async fn ask(server: &TestServer, user: &User, version: &str) -> (BufReader<TcpStream>, String) {
    let mut socket = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    let request = format!(
        "GET /poll {version}\r\nHost: localhost\r\nAccept: text/event-stream\r\nAuthorization: Bearer {}\r\n\r\n",
        user.token
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut socket = BufReader::new(socket);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(socket.read_line(&mut head).await.unwrap(), 0, "{head}");
    }
    (socket, head.to_lowercase())
}

/// Reads the next chunk (RFC 9112, section 7.1).
async fn chunk(socket: &mut BufReader<TcpStream>) -> String {
    let mut size = String::new();
    timeout(DEADLINE, socket.read_line(&mut size)).await.expect("the server sends in time").unwrap();
    let size = usize::from_str_radix(size.trim_end(), 16).unwrap();
    let mut chunk = vec![0; size + 2];
    socket.read_exact(&mut chunk).await.unwrap();
    String::from_utf8(chunk).unwrap().strip_suffix("\r\n").unwrap().to_owned()
}

#[tokio::test]
async fn a_stream_is_chunked_uncached_and_unbuffered() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let (mut socket, head) = ask(&server, &alice, "HTTP/1.1").await;
    let (status, headers) = head.split_once("\r\n").unwrap();
    assert_eq!(status, "http/1.1 200 ok");
    for header in [
        "content-type: text/event-stream",
        "transfer-encoding: chunked",
        "cache-control: no-store, no-transform",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
    ] {
        assert_eq!(headers.lines().filter(|line| *line == header).count(), 1, "{header} in {headers}");
    }
    assert!(headers.contains("\r\nx-request-id: "));
    for header in ["content-length:", "content-encoding:", "etag:", "preference-applied:"] {
        assert!(!headers.contains(header), "{header} in {headers}");
    }
    assert_eq!(chunk(&mut socket).await, format!("id: {}\n\n", alice.cursor));

    let said = bob.say("general", "one\ntwo").await;
    let cursor = bob.get_json("/poll?wait=0&mark_read=false").await["cursor"].as_str().unwrap().to_owned();
    let said = serde_json::to_string(&said).unwrap();
    let event = format!("id: {cursor}\ndata: {{\"messages\":[{said}],\"more\":false,\"cursor\":\"{cursor}\"}}\n\n");
    assert_eq!(chunk(&mut socket).await, event, "one event in one chunk");

    bob.say("general", &"x".repeat(4096)).await;
    let mut long = String::new();
    while !long.ends_with("\n\n") {
        let piece = chunk(&mut socket).await;
        assert!(piece.len() <= 1024, "a chunk of {} bytes would wait for a slow reader", piece.len());
        long.push_str(&piece);
    }
    assert!(long.len() > 4096);

    assert_eq!(alice.post("/disconnect", &json!({})).await.status(), StatusCode::NO_CONTENT);
    let problem = chunk(&mut socket).await;
    assert!(problem.starts_with("event: problem\ndata: {") && problem.ends_with("}\n\n"), "{problem}");
    assert_eq!(problem.lines().count(), 3, "{problem}");
    assert_eq!(chunk(&mut socket).await, "", "the last chunk is empty");
}

#[tokio::test]
async fn an_http_1_0_client_gets_an_unchunked_stream() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let (mut socket, head) = ask(&server, &alice, "HTTP/1.0").await;
    assert!(!head.contains("transfer-encoding"), "{head}");
    bob.say("general", "one").await;
    let mut stream = String::new();
    while !stream.contains("\"one\"") {
        assert_ne!(
            timeout(DEADLINE, socket.read_line(&mut stream)).await.expect("the server sends in time").unwrap(),
            0
        );
    }
    assert!(stream.starts_with(&format!("id: {}\n\nid: ", alice.cursor)), "{stream}");
    alice.post("/disconnect", &json!({})).await;
    timeout(DEADLINE, socket.read_to_string(&mut stream)).await.expect("the connection ends").unwrap();
    assert!(stream.contains("\n\nevent: problem\n"), "{stream}");
}

/// Runs curl as a user would. Returns the process and its lines of output.
fn curl(server: &TestServer, user: &User, more: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = Command::new("curl");
    command.args(["-sN", &server.url("/poll"), "-H", "Accept: text/event-stream"]);
    command.args(["-H", &format!("Authorization: Bearer {}", user.token)]).args(more);
    let mut curl = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let lines = BufReader::new(curl.stdout.take().unwrap()).lines();
    (curl, lines)
}

/// Returns the rest of the next line after a prefix.
async fn after(prefix: &str, lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let line = timeout(DEADLINE, lines.next_line()).await.expect("the server sends in time").unwrap();
    let line = line.expect("curl prints another line");
    line.strip_prefix(prefix).unwrap_or_else(|| panic!("{line:?} does not begin with {prefix:?}")).to_owned()
}

#[tokio::test]
async fn curl_reads_a_stream_resumes_it_and_ends_with_it() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let (curl_once, mut lines) = curl(&server, &alice, &[]);
    assert_eq!(after("id: ", &mut lines).await, alice.cursor);
    assert_eq!(after("", &mut lines).await, "");
    let mut cursors = Vec::new();
    for text in ["one", "two"] {
        bob.say("general", text).await;
        cursors.push(after("id: ", &mut lines).await);
        let polled: Polled = serde_json::from_str(&after("data: ", &mut lines).await).unwrap();
        assert_eq!((texts(&polled.messages), polled.more), (vec![text], false));
        assert_eq!(polled.cursor, *cursors.last().unwrap());
        assert_eq!(after("", &mut lines).await, "");
    }
    drop(curl_once);
    let (mut resumed, mut lines) = curl(&server, &alice, &["-H", &format!("Last-Event-ID: {}", cursors[0])]);
    assert_eq!(after("id: ", &mut lines).await, cursors[1]);
    assert!(after("data: ", &mut lines).await.contains(r#""text":"two""#));
    assert_eq!(after("", &mut lines).await, "");
    assert_eq!(alice.post("/disconnect", &json!({})).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(after("event: ", &mut lines).await, "problem");
    assert!(after("data: ", &mut lines).await.contains(r#""type":"/problems/unauthorized""#));
    let ended = timeout(DEADLINE, resumed.wait()).await.expect("curl ends with the stream").unwrap();
    assert!(ended.success(), "the answer is complete: {ended}");
}
