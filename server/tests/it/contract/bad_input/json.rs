//! JSON objects with bad fields.

use super::request::{Case, Request};

/// JSON values that are not strings.
const NO_STRINGS: [&str; 7] = ["0", "1.5", "true", "[]", "{}", "[\"a\"]", "\"\\ud800\""];

/// JSON values that are not 64-bit integers.
const NO_INTEGERS: [&str; 14] = [
    "\"1\"",
    "1.5",
    "1.0",
    "1e3",
    "-0",
    "true",
    "[]",
    "[1]",
    "{}",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "1e400",
    "100000000000000000000000000000000000000000",
];

/// Strings that are not valid names.
const NO_NAMES: [&str; 11] =
    ["", " ", "a b", "-a", "_a", "a.b", "\u{e9}", "a\\u0000", "a\\n", "\u{17f}", "a123456789012345678901234567890123"];

/// Strings that are not valid message texts.
const NO_TEXTS: [&str; 15] = [
    "",
    " ",
    "\\n\\t",
    "\u{2003}",
    "a\\u0000",
    "\\u001b[2J",
    "a\\r",
    "\\r\\n",
    "\\u007f",
    "\\u0085",
    "\u{9b}",
    "\\b",
    "\\u200b",
    "\u{3164}\u{2800}",
    "\u{e0020}\u{202e}",
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |call: &str, body: String, status| cases.push(Request::new(call).json(body).gets(status));
    let long = "x".repeat(16_385);
    for (call, rest) in [
        ("POST /send", ""),
        ("POST /send-private", r#","to":"bob""#),
        ("POST /room/1/messages", ""),
        ("POST /direct/bob/messages", ""),
    ] {
        for value in NO_STRINGS.iter().chain(&["null"]) {
            add(call, format!(r#"{{"text":{value}{rest}}}"#), 400);
        }
        for text in NO_TEXTS.iter().chain(&[long.as_str()]) {
            add(call, format!(r#"{{"text":"{text}"{rest}}}"#), 400);
        }
        add(call, format!(r#"{{"Text":"hi"{rest}}}"#), 400);
        add(call, format!(r#"{{"text":"hi","roomid":1{rest}}}"#), 400);
        add(call, format!(r#"{{"text":"hi","text":"hi"{rest}}}"#), 400);
    }
    for (call, field, rest) in [
        ("POST /rooms", "name", ""),
        ("POST /send", "room", r#","text":"hi""#),
        ("POST /send-private", "to", r#","text":"hi""#),
    ] {
        for value in NO_STRINGS {
            add(call, format!(r#"{{"{field}":{value}{rest}}}"#), 400);
        }
        for name in NO_NAMES {
            add(call, format!(r#"{{"{field}":"{name}"{rest}}}"#), 400);
        }
        add(call, format!(r#"{{"{field}":"a","{field}":"a"{rest}}}"#), 400);
    }
    for call in ["POST /room/1/read", "POST /direct/bob/read"] {
        for value in NO_INTEGERS.iter().chain(&["null", "-1", "-9223372036854775808"]) {
            add(call, format!(r#"{{"seq":{value}}}"#), 400);
        }
        add(call, "{}".to_owned(), 400);
        add(call, r#"{"seq":1,"seq":1}"#.to_owned(), 400);
    }
    for value in NO_INTEGERS {
        add("POST /send-private", format!(r#"{{"text":"hi","recipient_id":{value}}}"#), 400);
    }
    for (call, body, status) in [
        ("POST /rooms", r#"{}"#, 400),
        ("POST /rooms", r#"{"name":"a","colour":"red"}"#, 400),
        ("POST /room/1/read", r#"{"seq":0,"only_foward":true}"#, 400),
        ("POST /direct/bob/read", r#"{"seq":0,"seqq":0}"#, 400),
        ("POST /send", r#"{"text":"hi","room_id":99}"#, 404),
        ("POST /send", r#"{"text":"hi","room_id":"1"}"#, 400),
        ("POST /send", r#"{"text":"hi","room":"general","room_id":2}"#, 400),
        ("POST /rooms", r#"{"name":null}"#, 400),
        ("POST /rooms", r#"{"name":"general"}"#, 409),
        ("POST /rooms", r#"{"name":"GENERAL"}"#, 409),
        ("POST /send", r#"{"text":"hi","room":"nothing"}"#, 404),
        ("POST /send-private", r#"{"text":"hi"}"#, 400),
        ("POST /send-private", r#"{"text":"hi","to":null,"recipient_id":null}"#, 400),
        ("POST /send-private", r#"{"text":"hi","to":"bob","recipient_id":2}"#, 400),
        ("POST /send-private", r#"{"text":"hi","to":"alice"}"#, 400),
        ("POST /send-private", r#"{"text":"hi","recipient_id":1}"#, 400),
        ("POST /send-private", r#"{"text":"hi","to":"nobody"}"#, 404),
        ("POST /send-private", r#"{"text":"hi","recipient_id":0}"#, 404),
        ("POST /send-private", r#"{"text":"hi","recipient_id":-1}"#, 404),
        ("POST /send-private", r#"{"text":"hi","recipient_id":9223372036854775807}"#, 404),
    ] {
        add(call, body.to_owned(), status);
    }
    cases.extend(connecting());
    cases
}

fn connecting() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |body: String, status| cases.push(Request::anonymous("POST /connect").json(body).gets(status));
    for value in NO_STRINGS {
        add(format!(r#"{{"username":{value}}}"#), 400);
        add(format!(r#"{{"username":"carol","password":{value}}}"#), 400);
    }
    for name in NO_NAMES {
        add(format!(r#"{{"username":"{name}"}}"#), 400);
    }
    for value in NO_INTEGERS.iter().chain(&["-1", "101"]) {
        add(format!(r#"{{"latest":{value}}}"#), 400);
    }
    let long = "p".repeat(129);
    for password in ["", "1234567", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", &long] {
        add(format!(r#"{{"username":"carol","password":"{password}"}}"#), 400);
    }
    add(r#"{"password":"long enough"}"#.to_owned(), 400);
    add(r#"{"user":"zz"}"#.to_owned(), 400);
    add(r#"{"username":"carol","username":"dave"}"#.to_owned(), 400);
    add(r#"{"username":"alice"}"#.to_owned(), 409);
    add(r#"{"username":"ALICE"}"#.to_owned(), 409);
    add(r#"{"username":"alice","password":"a guest has none"}"#.to_owned(), 401);
    cases
}
