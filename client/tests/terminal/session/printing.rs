//! Messages in a session: on wide and narrow screens, whatever they contain.

use crate::harness::{Friend, Home, Pty, Server};

#[test]
fn escapes_in_a_message_do_not_act_on_the_terminal() {
    // Our server rejects such a text, so another one sends it.
    let server = crate::harness::Rogue::saying("\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}evil\r\nforged");
    let mut alice = Pty::start_on(80, 24, &["--server", &server.url(), "--guest", "general"], &[("NO_COLOR", "1")]);
    let seen = alice.shows("forged");
    let at = seen.rows.iter().position(|row| row.contains("^[[2J^[]0;owned^GM-^[31m<U+202E>evil^M")).unwrap();
    assert_eq!(seen.rows[at + 1], "      forged");
    assert!(seen.rows[0].starts_with("You are "), "the screen was not cleared: {seen:?}");
    let written = alice.written();
    for escape in ["\u{1b}]0;", "\u{9b}", "\u{202e}", "\u{1b}[2J"] {
        assert!(!written.contains(escape), "{escape:?} reached the terminal");
    }
}

#[test]
fn escapes_in_json_are_escaped_and_keep_their_meaning() {
    let text = "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}evil";
    let server = crate::harness::Rogue::telling(text);
    let home = Home::new().with("LINGER_SERVER", &server.url()).with("LINGER_TOKEN", "t");
    let mut reading = home.start(&["read", "--follow", "--json"]);
    let line = reading.lines().next();
    assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{line:?}");
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(said["text"], text);
}

#[test]
fn wide_and_combining_characters_keep_the_line_below_in_place() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest_on(40, 12, &server, "alice");
    alice.types("你好 e\u{301} 🦀");
    alice.prompts("[#general]> 你好 e\u{301} 🦀");
    bob.says(&"你好".repeat(20));
    alice.shows("      你好");
    let seen = alice.prompts("[#general]> 你好 e\u{301} 🦀");
    let said: Vec<_> = seen.rows.iter().filter(|row| row.contains('你') && !row.contains('>')).collect();
    assert_eq!(said.len(), 3, "{seen:?}");
    assert!(said[0].contains(" bob: 你好") && said[1].starts_with("      你好"), "{seen:?}");
    assert_eq!(seen.cursor.1, 12 + 9, "{seen:?}");
}

#[test]
fn long_messages_keep_their_indent_on_a_screen_of_forty_columns() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("engine-room");
    let mut alice = Pty::guest_on(40, 16, &server, "alice");
    let text = "The quick brown fox jumps over the lazy dog, and then it goes on and on until it meets another one.";
    bob.says(text);
    let seen = alice.shows("another one.");
    let said: Vec<_> =
        seen.rows.iter().skip_while(|row| !row.contains("bob:")).take_while(|row| !row.contains('>')).collect();
    assert!(said.len() > 2 && said[1..].iter().all(|row| row.starts_with("      ") && row.len() > 6), "{seen:?}");
    let shown: Vec<_> = said.iter().flat_map(|row| row.split_whitespace()).skip(2).collect();
    assert_eq!(shown.join(" "), text);
}

#[test]
fn the_line_is_redrawn_when_the_screen_narrows() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    alice.types("typed before");
    alice.prompts("[#general]> typed before");
    alice.resize(40, 24);
    alice.types(" and after");
    alice.prompts("[#general]> typed before and after");
    bob.says("this message came when the screen was narrow already");
    alice.shows("already");
    let seen = alice.prompts("[#general]> typed before and after");
    assert!(seen.rows.iter().any(|row| row.starts_with("      ") && row.ends_with("already")), "{seen:?}");
}

#[test]
fn names_have_colours_and_mentions_are_marked() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let arguments = ["--server", &server.url(), "--guest", "--user", "alice", "--color", "always", "general"];
    let mut alice = Pty::start_on(80, 24, &arguments, &[]);
    alice.prompts("[#general]>");
    bob.says("nothing special");
    bob.says("hey Alice, look");
    let seen = alice.shows("hey Alice");
    let row = |part: &str| seen.rows.iter().find(|row| row.contains(part)).unwrap().clone();
    assert_eq!(&row("hey Alice")[5..], "*bob: hey Alice, look");
    assert_eq!(&row("special")[5..], " bob: nothing special");
    let written = alice.written();
    assert!(written.contains("\u{1b}[1mAlice\u{1b}[0m"), "{written:?}");
    let bobs = written.matches("mbob\u{1b}[0m").count();
    assert!(bobs >= 2, "{written:?}");
}

#[test]
fn no_color_leaves_no_colours() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    bob.says("hey alice");
    alice.shows("*bob: hey alice");
    alice.types("/jo");
    alice.prompts("[#general]> /jo");
    let written = alice.written();
    let is_color =
        |rest: &str| rest.find(|c: char| !c.is_ascii_digit() && c != ';').is_some_and(|at| rest[at..].starts_with('m'));
    assert!(!written.split("\u{1b}[").skip(1).any(is_color), "{written:?}");
}

#[test]
fn messages_from_while_the_user_was_away_appear_under_a_rule() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let url = server.url();
    let home = Home::at(&server);
    let start = |arguments: &[&str]| {
        let arguments = [&["--server", &url], arguments].concat();
        Pty::start_in(home.path(), 80, 24, &arguments, &[("NO_COLOR", "1")])
    };
    let mut alice = start(&["--guest", "--user", "alice", "general"]);
    alice.prompts("[#general]>");
    bob.says("seen");
    alice.shows("bob: seen");
    // The next poll acknowledges the position.
    home.has_unread("nothing");
    alice.enters("/quit");
    assert_eq!(alice.ends().0, 0);
    bob.says("missed");
    bob.tells("alice", "psst");
    let mut again = start(&["general"]);
    let seen = again.shows("bob: psst");
    let rows: Vec<_> = seen.rows.iter().map(|row| row.get(6..).unwrap_or(row)).collect();
    let at = seen.rows.iter().position(|row| row == "— unread —").unwrap_or_else(|| panic!("{seen:?}"));
    assert_eq!(rows[at + 1..at + 3], ["bob: missed", "[@bob] bob: psst"], "{seen:?}");
    assert!(rows[..at].contains(&"bob: seen"), "what was read before is there to read on from: {seen:?}");
    again.prompts("[#general 1+]>");
}

#[test]
fn times_can_have_12_hours() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    home.configure("time = '12h'\n");
    let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
    let mut alice = Pty::start_in(home.path(), 80, 24, &["general"], &variables);
    alice.prompts("[#general]>");
    bob.says("hello");
    alice.waits("12 hours", |seen| {
        seen.rows.iter().any(|row| row.ends_with(" am bob: hello") || row.ends_with(" pm bob: hello"))
    });
}
