//! Raw bytes that are barely HTTP, or not at all.

use super::request::{Case, Expected};

/// Requests that reach the framework, with the status that it answers.
const PROBLEMS: [(&str, u16); 13] = [
    ("GET http://example.com/room/0 HTTP/1.1\r\n{auth}", 404),
    ("GET https://user:secret@example.com/room/0 HTTP/1.1\r\n{auth}", 404),
    ("GET /room/0#fragment HTTP/1.1\r\n{auth}", 404),
    ("GET /room/0 HTTP/1.0\r\n{auth}", 404),
    ("GET /room/0 HTTP/1.1\n{auth}", 404),
    ("\r\n\r\nGET /room/0 HTTP/1.1\r\n{auth}", 404),
    ("GET /room/0\" HTTP/1.1\r\n{auth}", 400),
    ("OPTIONS * HTTP/1.1\r\n{auth}", 404),
    ("CONNECT example.com:80 HTTP/1.1\r\n{auth}", 400),
    ("GET example.com HTTP/1.1\r\n{auth}", 400),
    ("POST /send HTTP/1.1\r\n{json}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400),
    ("POST /send HTTP/1.1\r\n{json}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    ("POST /send HTTP/1.1\r\n{json}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
];

/// Requests that are refused before they reach the framework, or truncated.
const REFUSED: [&[u8]; 40] = [
    b"\0\0\0\0\r\n\r\n",
    b"hello\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /health\r\n\r\n",
    b"GET  /health HTTP/1.1\r\n\r\n",
    b" GET /health HTTP/1.1\r\n\r\n",
    b"GET /health HTTP/1.1 x\r\n\r\n",
    b"GET /health HTTP/9.9\r\n\r\n",
    b"GET /health HTTP/2.0\r\n\r\n",
    b"GET /health http/1.1\r\n\r\n",
    b"GET /health HTTP/1.\r\n\r\n",
    b"G\xc3\x89T /health HTTP/1.1\r\n\r\n",
    b"G\0T /health HTTP/1.1\r\n\r\n",
    b"GET /\0 HTTP/1.1\r\n\r\n",
    b"GET /a b HTTP/1.1\r\n\r\n",
    b"GET /\x01 HTTP/1.1\r\n\r\n",
    b"GET /room/<1> HTTP/1.1\r\n\r\n",
    b"GET //////\x7f HTTP/1.1\r\n\r\n",
    b"GET http:// HTTP/1.1\r\n\r\n",
    b"GET /room/0 HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET /room/0 HTTP/1.1\r\n: x\r\n\r\n",
    b"GET /room/0 HTTP/1.1\r\nX : y\r\n\r\n",
    b"GET /room/0 HTTP/1.1\r\nX: y\r\n folded\r\n\r\n",
    b"GET /room/0 HTTP/1.1\r\nX: \0\r\n\r\n",
    b"GET /room/0 HTTP/1.1\r\n\xff: y\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    b"\x80\x2e\x01\x00\x02\xff\xfe\xfd",
    b"POST /send HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nContent-Length: 0x2\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nContent-Length: 2.0\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nContent-Length: two\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nContent-Length: 2, 3\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n{}",
    b"POST /send HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n{}",
    b"POST /send HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
];

/// The framing header and body of sends that are truncated or badly chunked.
const BODIES: [(&str, &str); 14] = [
    ("Content-Length: 100", "{\"text\":\"hello\"}"),
    ("Content-Length: 100", ""),
    ("Content-Length: 10000000000", "{\"text\":\"hello\"}"),
    ("Content-Length: 18446744073709551613", "{\"text\":\"hello\"}"),
    ("Transfer-Encoding: chunked", ""),
    ("Transfer-Encoding: chunked", "10\r\n{\"text\":\"hello\"}"),
    ("Transfer-Encoding: chunked", "10\r\n{\"text\":\"hello\"}\r\n"),
    ("Transfer-Encoding: chunked", "zz\r\n{\"text\":\"hello\"}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "-10\r\n{\"text\":\"hello\"}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "0x10\r\n{\"text\":\"hello\"}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "fffffffffffffffff\r\n{\"text\":\"hello\"}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "10\n{\"text\":\"hello\"}\n0\n\n"),
    ("Transfer-Encoding: chunked", "f\r\n{\"text\":\"hello\"}\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", "{\"text\":\"hello\"}"),
];

const AUTHORIZATION: &str = "Authorization: Bearer {token}\r\nConnection: close\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let json = format!("{AUTHORIZATION}Content-Type: application/json\r\n");
    for (request, status) in PROBLEMS {
        let request = request.replace("{auth}", &format!("{AUTHORIZATION}\r\n")).replace("{json}", &json);
        cases.push(raw(request.as_bytes(), Expected::Problem(status)));
    }
    for request in REFUSED {
        cases.push(raw(request, Expected::Refusal));
    }
    let bodies = BODIES.map(|(length, body)| format!("POST /send HTTP/1.1\r\n{json}{length}\r\n\r\n{body}"));
    let heads = ["", "\r\n\r\n", "GET /room/0 HT", "GET /room/0 HTTP/1.1\r\nHost: x", "GET /room/0 HTTP/1.1\r\n"];
    for half in bodies.iter().map(String::as_str).chain(heads) {
        cases.push(Case { is_truncated: true, ..raw(half.as_bytes(), Expected::Refusal) });
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000));
    cases.push(raw(long.as_bytes(), Expected::Refusal));
    let endless = vec![b'x'; 1024 * 1024];
    cases.push(raw(&endless, Expected::Refusal));
    // An answer to HEAD has no body, so there is no problem to check.
    let head = format!("HEAD /send HTTP/1.1\r\n{AUTHORIZATION}\r\n");
    cases.push(raw(head.as_bytes(), Expected::Refusal));
    cases
}

fn raw(bytes: &[u8], expected: Expected) -> Case {
    Case {
        name: format!("{:.300}", bytes.escape_ascii().to_string()),
        bytes: bytes.to_owned(),
        is_truncated: false,
        expected,
    }
}
