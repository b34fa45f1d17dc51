//! Query parameters.

use super::request::{Case, Request};

/// The calls that take each parameter, and values that they refuse.
const VALUES: [(&str, &[&str], &[&str]); 9] = [
    ("cursor", &["/poll?wait=0", "/room/1/subscribe?wait=0", "/direct/subscribe?wait=0"], &CURSORS),
    ("wait", &["/poll?", "/room/1/subscribe?", "/direct/subscribe?"], &["-1", "18446744073709551616", "1s"]),
    ("limit", &["/poll?wait=0", "/room/1/subscribe?wait=0", "/direct/subscribe?wait=0"], &["0", "-1"]),
    ("limit", &["/rooms?", "/users?", "/room/1/messages?", "/direct/bob/messages?"], &["0", "-9223372036854775808"]),
    ("before", &["/room/1/messages?", "/direct/bob/messages?"], &["-1", "1&after=1"]),
    ("after", &["/room/1/messages?", "/direct/bob/messages?"], &["-1", "0&before=0"]),
    ("after", &["/rooms?", "/users?"], &[]),
    ("latest", &["/status?", "/status?room=general"], &["-1", "101"]),
    ("mark_read", &["/poll?wait=0"], &["yes", "1", "TRUE", "no"]),
];

const CURSORS: [&str; 8] = ["x", "====", "%00", "%FF", "AAAAAAAAAAAAAAAAAAAA", "0", "..%2F..", "AQAAAAAAAAAAAAAAAAA"];

/// Values that are neither a number nor true or false.
const NONSENSE: [&str; 12] =
    ["abc", "1.5", "1e3", "0x1", "%00", "%FF", "%", "%C2%B2", "null", "[]", "%201", "99999999999999999999"];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (parameter, paths, values) in VALUES {
        let nonsense = NONSENSE.iter().filter(|_| parameter != "cursor");
        for path in paths {
            for value in values.iter().chain(nonsense.clone()) {
                cases.push(Request::new(&format!("GET {path}&{parameter}={value}")).gets(400));
            }
            // A parameter may not be repeated, even with the same value. An empty cursor counts as none.
            let twice = format!("{parameter}=1&{parameter}=1");
            cases.push(Request::new(&format!("GET {path}&{twice}")).gets(400));
            if parameter != "cursor" {
                cases.push(Request::new(&format!("GET {path}&{parameter}=")).gets(400));
            }
        }
    }
    let long = format!("/poll?wait=0&cursor={}", "A".repeat(8000));
    for (target, status) in [
        (long.as_str(), 400),
        ("/status?room=a%20b", 400),
        ("/status?room=", 400),
        ("/status?room=%FF", 400),
        ("/status?room=nothing", 404),
        ("/status?room=general&room=general", 400),
        ("/status?room=general&direct=bob", 400),
        ("/status?direct=", 400),
        ("/status?direct=alice", 400),
        ("/status?direct=Alice", 400),
        ("/status?direct=nobody", 404),
        ("/status?direct=bob&direct=bob", 400),
        ("/users?online=maybe", 400),
        ("/users?online=1", 400),
        ("/users?online=", 400),
        ("/users?online=true&online=true", 400),
        ("/room/999/subscribe?wait=0", 404),
        ("/direct/nobody/messages?limit=1", 404),
    ] {
        cases.push(Request::new(&format!("GET {target}")).gets(status));
    }
    cases
}
