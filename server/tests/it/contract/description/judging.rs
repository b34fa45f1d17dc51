//! Tests of the check itself: it accepts good answers and rejects any that deviate.

use serde_json::{Value, json};

use crate::harness::described::{Answer, check};

const HEADERS: [(&str, &str); 7] = [
    ("content-type", "application/json"),
    ("x-request-id", "1"),
    ("cache-control", "no-store"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("date", "Sat, 21 Nov 2026 10:00:00 GMT"),
];

fn message() -> Value {
    json!({ "id": 2, "seq": 1, "room_id": 1, "room": "general", "from": "alice", "text": "hi",
            "sent_at": "2026-11-21T10:00:00.123Z" })
}

fn judge(method: &str, path: &str, status: u16, headers: &[(&str, &str)], body: &str) -> Result<(), String> {
    check(method, path, &Answer { status, headers: headers.to_vec(), body: Some(body.as_bytes()) })
}

#[test]
fn a_good_answer_is_accepted() {
    judge("POST", "/send", 201, &HEADERS, &message().to_string()).unwrap();
    judge("GET", "/rooms", 200, &HEADERS, "[]").unwrap();
    judge("HEAD", "/rooms", 200, &HEADERS, "").unwrap();
    judge("POST", "/room/7/join", 204, &HEADERS[1..], "").unwrap();
}

#[test]
fn an_undescribed_missing_or_mistyped_field_is_rejected() {
    let change = |pointer: &str, value: Option<Value>| {
        let mut message = message();
        match value {
            Some(value) => message[pointer] = value,
            None => drop(message.as_object_mut().unwrap().remove(pointer)),
        }
        judge("POST", "/send", 201, &HEADERS, &message.to_string())
    };
    assert!(change("mood", Some(json!("glad"))).is_err());
    for field in ["id", "seq", "from", "text", "sent_at"] {
        assert!(change(field, None).is_err(), "{field}");
    }
    for (field, value) in [
        ("id", json!("2")),
        ("id", json!(0)),
        ("seq", json!(1.5)),
        ("room", json!(null)),
        ("from", json!("Alice")),
        ("text", json!("")),
        ("text", json!(" \n")),
        ("text", json!("a\u{1b}")),
        ("sent_at", json!("2026-11-21 10:00:00")),
    ] {
        assert!(change(field, Some(value.clone())).is_err(), "{field}: {value}");
    }
    let listed = json!([message()]);
    assert!(judge("GET", "/rooms", 200, &HEADERS, &listed.to_string()).is_err(), "messages are not rooms");
}

#[test]
fn an_undescribed_status_is_rejected() {
    for (method, path, status) in [
        ("POST", "/send", 200),
        ("POST", "/send", 409),
        ("GET", "/rooms", 404),
        ("GET", "/nowhere", 200),
        ("PUT", "/rooms", 404),
        ("DELETE", "/send", 204),
    ] {
        assert!(judge(method, path, status, &HEADERS, "").unwrap_err().contains("described"), "{method} {path}");
    }
}

#[test]
fn a_problem_must_have_a_type_that_the_call_describes_for_its_status() {
    let problem = |kind: &str, title: &str, status: u16| {
        json!({ "type": kind, "title": title, "status": status, "detail": "So it is." }).to_string()
    };
    let taken = problem("/problems/name-taken", "Name taken", 409);
    let mut headers = HEADERS;
    headers[0].1 = "application/problem+json";
    judge("POST", "/rooms", 409, &headers, &taken).unwrap();
    assert!(judge("POST", "/rooms", 409, &HEADERS, &taken).is_err(), "plain JSON");
    assert!(judge("POST", "/room/1/leave", 409, &headers, &taken).is_err(), "another problem");
    assert!(judge("POST", "/rooms", 409, &headers, &problem("/problems/name-taken", "Taken", 409)).is_err());
    assert!(judge("POST", "/rooms", 409, &headers, &problem("/problems/name-taken", "Name taken", 410)).is_err());
}

#[test]
fn missing_undescribed_or_repeated_headers_and_unexpected_bodies_are_rejected() {
    let body = message().to_string();
    for missing in HEADERS.iter().filter(|(name, _)| *name != "date") {
        let rest: Vec<_> = HEADERS.into_iter().filter(|header| header != missing).collect();
        assert!(judge("POST", "/send", 201, &rest, &body).is_err(), "without {missing:?}");
    }
    let more = [&HEADERS[..], &[("x-powered-by", "linger")]].concat();
    assert!(judge("POST", "/send", 201, &more, &body).is_err());
    let twice = [&HEADERS[..], &[("cache-control", "no-store")]].concat();
    assert!(judge("POST", "/send", 201, &twice, &body).is_err());
    let cacheable = [&HEADERS[..2], &[("cache-control", "max-age=60")], &HEADERS[3..]].concat();
    assert!(judge("POST", "/send", 201, &cacheable, &body).is_err());
    let html = [&[("content-type", "text/html")], &HEADERS[1..]].concat();
    assert!(judge("POST", "/send", 201, &html, &body).is_err());
    assert!(judge("POST", "/room/7/join", 204, &HEADERS[1..], "x").is_err());
}
