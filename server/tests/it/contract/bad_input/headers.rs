//! Headers: authorization, idempotency keys and entity tags.
//!
//! Most values are valid UTF-8. Rocket drops any other header, so the server has to notice on its own.

use super::request::{Case, Request};
use crate::house::coverage::{CALLS, is_open, with_message};

/// The calls that send a message, each with a valid body.
const SENDS: [(&str, &str); 4] = [
    ("POST /send", r#"{"text":"hi"}"#),
    ("POST /send-private", r#"{"text":"hi","to":"bob"}"#),
    ("POST /room/1/messages", r#"{"text":"hi"}"#),
    ("POST /direct/bob/messages", r#"{"text":"hi"}"#),
];

/// `Authorization` headers that name no session.
const NO_SESSION: [&str; 15] = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Bearer a.b.c",
    "Bearer ..",
    "Bearer {token}x",
    "Bearer x{token}",
    "Bearer {token} {token}",
    "Bearer, {token}",
    "{token}",
    "Basic YWxpY2U6YWxpY2U=",
    "Basic {token}",
    "Token {token}",
    "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for call in CALLS.iter().filter(|call| !is_open(call)) {
        let line = with_message(call).replace("<id>", "1").replace("<name>", "bob");
        cases.push(Request::anonymous(&line).gets(401));
    }
    // An invalid token must not create a new guest.
    for line in ["GET /status", "POST /connect"] {
        for value in NO_SESSION {
            cases.push(Request::anonymous(line).header("Authorization", value).gets(401));
        }
        for value in ["Bearer \u{e9}".as_bytes(), b"Bearer {token}\xff", &[b'x'; 8000]] {
            cases.push(Request::anonymous(line).header("Authorization", value).gets(401));
        }
        cases.push(Request::new(line).header("Authorization", b"\xff").gets(401));
        let twice = Request::new(line).header("authorization", "Bearer {token}");
        cases.push(twice.gets(401));
    }
    let long = "k".repeat(65);
    for (line, body) in SENDS {
        let send = || Request::new(line).json(body);
        let keys = ["", &long, "a b", "a\tb", "\u{e9}", "\"a\", b"].map(str::as_bytes);
        let keys = keys.into_iter().chain([&b"k\xff"[..], b"\xe9"]);
        for key in keys {
            cases.push(send().header("Idempotency-Key", key).gets(400));
        }
        cases.push(send().header("Idempotency-Key", "a").header("idempotency-key", "a").gets(400));
        cases.push(send().header("Idempotency-Key", "a").header("Idempotency-Key", b"\xff").gets(400));
    }
    for path in ["/poll?wait=0", "/room/1/subscribe?wait=0", "/direct/subscribe?wait=0"] {
        let poll = || Request::new(&format!("GET {path}"));
        for tag in ["x", "\"", "\"x", "\"x\"", "\"x-gzip\"", "\"a\", \"b\"", "W/x", "\"\u{e9}\""] {
            cases.push(poll().header("If-None-Match", tag).gets(400));
        }
        for name in ["If-None-Match", "Prefer", "Accept"] {
            cases.push(poll().header(name, b"\xff").gets(400));
        }
        cases.push(poll().header("Accept", "text/event-stream").header("Last-Event-ID", b"\xff").gets(400));
    }
    // Refused below the framework: malformed, too long or too many headers.
    for (name, value) in
        [("X-Nul", "a\0b"), ("X-Control", "a\u{1}b"), ("X-Return", "a\rb"), ("Bad Name", "x"), ("", "x")]
    {
        cases.push(Request::new("GET /room/0").header(name, value).refused());
    }
    cases.push(Request::new("GET /room/0").header("X-Long", "x".repeat(600_000)).refused());
    let many = |request: Request, n| request.header(&format!("X-{n}"), "x");
    cases.push((0..200).fold(Request::new("GET /room/0"), many).refused());
    // Odd headers that make no difference.
    for (name, value) in [
        ("Cookie", "=;=;\u{ff}"),
        ("Range", "bytes=9-1"),
        ("Prefer", "wait=;;=,\"wait"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("X-Request-Id", "\u{1f40e}"),
        ("X-Forwarded-Proto", "javascript"),
        ("X-Real-IP", "not an address"),
        ("Accept", "\u{ff}/*;q=x"),
        ("Upgrade", "websocket"),
        ("Expect", "a miracle"),
    ] {
        cases.push(Request::new("GET /room/0").header(name, value).gets(404));
    }
    for (name, value) in [("Cookie", b"\xff"), ("User-Agent", b"\xe9"), ("X-Request-Id", b"\xff")] {
        cases.push(Request::new("GET /room/0").header(name, value).gets(404));
    }
    for host in ["a b", "\u{ff}", "chat.example"] {
        cases.push(Request::new("GET /rooms").header("Host", host).gets(421));
    }
    for name in ["Host", "Origin", "X-Forwarded-Host", "X-Forwarded-Proto", "Sec-Fetch-Site", "Sec-Fetch-Mode"] {
        for line in ["GET /rooms", "GET /health", "POST /connect"] {
            cases.push(Request::anonymous(line).header(name, b"\xff").gets(400));
        }
    }
    cases
}
