//! Methods and paths.

use super::request::{Case, Request};
use crate::house::coverage::{CALLS, with_message};

/// Paths without a route. A trailing slash is not listed, because Rocket ignores it.
const NO_ROUTES: [&str; 14] = [
    "/nothing",
    "/room",
    "/room/",
    "/rooms/1",
    "/room/1/unknown",
    "/room/1/messages/1/unknown",
    "/direct/bob",
    "/direct//messages",
    "/Poll",
    "/poll%2F",
    "/poll;x=1",
    "/../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/.git/config",
];

/// Path segments that are not room ids.
const NO_IDS: [&str; 17] = [
    "abc",
    "1.5",
    "1e3",
    "0x1",
    "-",
    "%2B",
    "%20",
    "1%20",
    "1%00",
    "%FF",
    "%zz",
    "%",
    "9223372036854775808",
    "1%27%20or%201=1",
    "1;2",
    "%D9%A1",
    "null",
];

/// Path segments that are not user names.
const NO_NAMES: [&str; 12] = [
    "a%20b",
    "-a",
    "_a",
    "a.b",
    "..",
    "%00",
    "%FF",
    "%C3%A9",
    "a%2Fb",
    "a@b",
    "%E2%80%AE",
    "a123456789012345678901234567890123",
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for path in NO_ROUTES {
        cases.push(Request::new(&format!("GET {path}")).gets(404));
    }
    cases.push(Request::new(&format!("GET /{}", "x".repeat(8000))).gets(404));
    for id in NO_IDS {
        for call in ["GET /room/{id}", "GET /room/{id}/messages", "POST /room/{id}/join"] {
            cases.push(Request::new(&call.replace("{id}", id)).gets(400));
        }
    }
    for call in CALLS.iter().filter(|call| call.contains("<id>")) {
        for (id, status) in [("x", 400), ("0", 404), ("-1", 404), ("9223372036854775807", 404)] {
            cases.push(with_body(&with_message(call).replace("<id>", id).replace("<name>", "bob")).gets(status));
        }
    }
    for name in NO_NAMES {
        cases.push(Request::new(&format!("GET /direct/{name}/messages")).gets(400));
    }
    for call in CALLS.iter().filter(|call| call.contains("/direct/<name>")) {
        for (name, status) in [("a.b", 400), ("alice", 400), ("ALICE", 400), ("nobody", 404)] {
            cases.push(with_body(&with_message(call).replace("<name>", name)).gets(status));
        }
    }
    for (name, status) in [("a.b", 400), ("nobody", 404)] {
        cases.push(Request::new(&format!("GET /users/{name}")).gets(status));
    }
    for call in CALLS {
        let path = call.split_once(' ').unwrap().1;
        let is_a_call = |method: &str| CALLS.contains(&format!("{method} {path}").as_str());
        let methods = ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"].into_iter().filter(|method| !is_a_call(method));
        let path = with_message(path).replace("<id>", "1").replace("<name>", "bob");
        let path = path.replace("<hash>", "0").replace("<file>", "chat/chat.js").replace("<kind>", "not-found");
        for method in methods {
            cases.push(Request::new(&format!("{method} {path}")).gets(405));
        }
    }
    for line in ["GET /send", "GET /connect", "GET /disconnect", "GET /room/1/join", "POST /poll", "POST /status"] {
        cases.push(Request::new(line).gets(405));
    }
    // Unknown methods. Methods are case-sensitive, so lower case is unknown too.
    for method in ["FOO", "PROPFIND", "get", "Post", "M-SEARCH", "_", "GETGETGETGETGETGETGETGETGETGETGET"] {
        cases.push(Request::new(&format!("{method} /poll?wait=0")).gets(400));
    }
    cases.push(Request::new("POST /room/1/leave").gets(409));
    cases
}

/// Creates a request with a valid body, if the call takes one.
fn with_body(call: &str) -> Request {
    let request = Request::new(call);
    match call.rsplit_once('/') {
        Some((post, "messages")) if post.starts_with("POST") => request.json(r#"{"text":"hi"}"#),
        Some((patch, "1")) if patch.ends_with("/messages") && patch.starts_with("PATCH") => {
            request.json(r#"{"text":"hi"}"#)
        }
        Some(("PATCH /room", _)) => request.json(r#"{"topic":"hi"}"#),
        Some((put, "bob")) if put.starts_with("PUT") => request.json(r#"{"role":"member"}"#),
        Some((_, "read")) => request.json(r#"{"seq":0}"#),
        _ => request,
    }
}
