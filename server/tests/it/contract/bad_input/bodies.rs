//! Bodies that are too large, of another content type, or not JSON objects.

use super::request::{Case, Request};

/// The calls that read a body.
pub(crate) const CALLS: [&str; 8] = [
    "POST /connect",
    "POST /send",
    "POST /send-private",
    "POST /rooms",
    "POST /room/1/messages",
    "POST /room/1/read",
    "POST /direct/bob/messages",
    "POST /direct/bob/read",
];

/// A body with every field that any of these calls needs.
const GOOD: &str = r#"{"text":"hi","to":"bob","name":"lobby","seq":0}"#;

const TYPES: [&str; 12] = [
    "",
    "json",
    "text/plain",
    "text/json",
    "application/",
    "application/jsonp",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json, application/json",
    "\u{ff}",
];

const BROKEN: [&[u8]; 31] = [
    b" ",
    b"null",
    b"true",
    b"0",
    b"\"text\"",
    b"[]",
    b"[\"hi\",\"bob\"]",
    b"[{\"text\":\"hi\"}]",
    b"{",
    b"}",
    b"{}{}",
    b"{}x",
    b"{} 1",
    b"{\"text\":\"hi\"",
    b"{\"text\":\"hi",
    b"{\"text\":\"hi\",}",
    b"{\"text\" \"hi\"}",
    b"{\"text\":}",
    b"{text:\"hi\"}",
    b"{'text':'hi'}",
    b"{\"x\":NaN}",
    b"{\"x\":Infinity}",
    b"{\"x\":01}",
    b"{\"x\":1.}",
    b"{\"x\":\"\\x41\"}",
    b"{\"x\":\"\\ud8\"}",
    b"{\"x\":\"a\nb\"}",
    b"{\"x\":\"\xff\"",
    b"/* */ {}",
    b"\xff\xfe{\0}\0",
    b"\x1f\x8b\x08\0\0\0\0\0",
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let deep = format!("{{\"text\":{}", "[".repeat(16_000));
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(64 * 1024));
    let huge = vec![b'{'; 1024 * 1024];
    for call in CALLS {
        for body in BROKEN.iter().copied().chain([deep.as_bytes()]) {
            cases.push(Request::new(call).json(body).gets(400));
        }
        for kind in TYPES {
            cases.push(Request::new(call).body(kind, GOOD).gets(415));
        }
        cases.push(Request::new(call).json(&large).gets(413));
        cases.push(Request::new(call).body("text/plain", &large).gets(413));
        cases.push(Request::new(call).json(&huge).gets(413));
        if call != "POST /connect" {
            cases.push(Request::new(call).gets(415));
            cases.push(Request::new(call).json("").gets(400));
        }
        // A form cannot change the method.
        for method in ["GET", "delete", "PUT", "HEAD", "x"] {
            let form = format!("_method={method}&text=hi");
            cases.push(Request::new(call).body("application/x-www-form-urlencoded", form).gets(415));
        }
    }
    let poll = Request::new("POST /poll?wait=0").body("application/x-www-form-urlencoded", "_method=GET");
    cases.push(poll.gets(405));
    cases
}
