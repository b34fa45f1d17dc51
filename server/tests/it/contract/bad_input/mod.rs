//! Bad input: hundreds of requests, each wrong in one way. Each gets a 4xx, the server keeps working, and its log
//! shows no panic.

mod bodies;
mod headers;
mod json;
mod queries;
mod request;
mod sockets;
mod targets;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::TestServer;
use crate::harness::described::{self, Answer};
use request::{Case, Expected, Reply, exchange};

#[tokio::test]
async fn bad_input_is_a_4xx_problem_and_harms_nothing() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let cases: Vec<Case> =
        [targets::cases(), queries::cases(), headers::cases(), bodies::cases(), json::cases(), sockets::cases()]
            .into_iter()
            .flatten()
            .collect();
    let mut wrong = Vec::new();
    for case in &cases {
        let reply = exchange(server.port(), case, &alice.token).await;
        if let Err(error) = check(reply, case) {
            wrong.push(format!("{error}, not {:?}: {}", case.expected, case.name));
        }
    }
    println!("bad input: {} cases", cases.len());
    assert!(cases.len() >= 150, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));

    // Nothing was stored, no session ended, and everything still works.
    assert_eq!(alice.get("/health").await.status(), 200);
    let said = bob.say("general", "still here").await;
    assert_eq!((said.id, said.seq), (1, 1));
    assert_eq!(alice.poll("&wait=5").await.messages, [said]);
    for line in server.log() {
        assert!(!line.contains("panic") && !line.contains("status=5"), "{line}");
    }
}

/// Rocket reads the beginning of a body before anything of ours, and drops an error there.
#[tokio::test]
async fn a_body_that_breaks_off_in_its_first_bytes_does_nothing() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let signed_in = format!("Authorization: Bearer {}\r\n", alice.token);
    for (call, authorization, body) in [
        ("POST /connect", "", "{}"),
        ("DELETE /me", signed_in.as_str(), "{}"),
        ("POST /send", signed_in.as_str(), r#"{"text":"hi"}"#),
    ] {
        for (framing, sent) in [
            ("Content-Length: 99", ""),
            ("Content-Length: 99", body),
            ("Transfer-Encoding: chunked", ""),
            ("Transfer-Encoding: chunked", &format!("{:x}\r\n{body}\r\n", body.len())),
            ("Transfer-Encoding: chunked", "zz\r\n"),
        ] {
            for kind in ["application/json", "application/x-www-form-urlencoded"] {
                let head = format!("{call} HTTP/1.1\r\nHost: localhost\r\n{authorization}Content-Type: {kind}");
                let request = format!("{head}\r\nConnection: close\r\n{framing}\r\n\r\n{sent}");
                let mut socket = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
                socket.write_all(request.as_bytes()).await.unwrap();
                socket.shutdown().await.unwrap();
                let mut answer = String::new();
                socket.read_to_string(&mut answer).await.unwrap();
                assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("ended early"), "{request}\n{answer}");
            }
        }
    }
    assert_eq!(server.guest("bob").await.id, alice.id + 1, "nobody was made");
    assert_eq!(alice.say("general", "still here").await.seq, 1);
}

/// Returns an error if an answer is not the expected one.
fn check(reply: Option<Reply>, case: &Case) -> Result<(), String> {
    match (reply, case.expected) {
        (None, Expected::Refusal) => Ok(()),
        (None, _) => Err("no answer".to_owned()),
        (Some(reply), Expected::Refusal) if (400..500).contains(&reply.status) => Ok(()),
        (Some(reply), Expected::Problem(status)) if reply.status == status => {
            check_problem(&reply).and_then(|()| check_described(&reply, case))
        }
        (Some(reply), _) => Err(format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body))),
    }
}

/// Returns an error unless an answer is a complete problem of a type that belongs to its status.
fn check_problem(reply: &Reply) -> Result<(), String> {
    let types: &[&str] = match reply.status {
        400 => &["bad-input"],
        401 => &["unauthorized", "wrong-credentials"],
        403 => &["forbidden"],
        404 => &["not-found"],
        405 => &["method-not-allowed"],
        409 => &["name-taken", "cannot-leave-general"],
        413 => &["too-large"],
        415 => &["not-json"],
        421 => &["misdirected-host"],
        _ => &[],
    };
    let body: serde_json::Value = serde_json::from_slice(&reply.body).map_err(|error| error.to_string())?;
    let is_type = |kind: &&str| body["type"] == format!("/problems/{kind}");
    let is_whole = reply.header("content-type") == Some("application/problem+json")
        && reply.header("cache-control") == Some("no-store")
        && (reply.status != 401 || reply.header("www-authenticate") == Some("Bearer"))
        && types.iter().any(is_type)
        && body["status"] == reply.status
        && [&body["title"], &body["detail"]].iter().all(|text| text.as_str().is_some_and(|text| !text.is_empty()));
    is_whole.then_some(()).ok_or_else(|| format!("{:?} {body}", reply.headers))
}

/// Returns an error if the OpenAPI document does not describe an answer. Requests without a method and target are
/// exempt.
fn check_described(reply: &Reply, case: &Case) -> Result<(), String> {
    let line = case.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Ok(()) };
    let headers = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    // A target may be an absolute URI; only its path matters.
    let target = target.split_once("://").map_or(target, |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
    let path = target.split('?').next().unwrap_or_default();
    described::check(method, path, &Answer { status: reply.status, headers, body: Some(&reply.body) })
}
