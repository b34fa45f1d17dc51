//! Something between client and server answers in the server's place: it is a pause, never an end.

use std::fs;
use std::time::{Duration, Instant};

use crate::harness::{Between, Friend, Home, Pty, Server, finish_running};

const PAGE: &str = "Content-Type: text/html\r\n";

/// Answers that are not linger's: status, headers and body.
const ANSWERS: [(&str, &str, &str); 10] = [
    ("401 Unauthorized", PAGE, "<h1>Sign in</h1>"),
    ("302 Found", "Content-Type: text/html\r\nLocation: https://sso.example/\r\n", ""),
    ("400 Bad Request", PAGE, "<h1>No</h1>"),
    ("403 Forbidden", PAGE, "<h1>No</h1>"),
    ("404 Not Found", PAGE, "<h1>No</h1>"),
    ("410 Gone", PAGE, "<h1>No</h1>"),
    ("413 Content Too Large", PAGE, "<h1>No</h1>"),
    ("204 No Content", "", ""),
    ("200 OK", PAGE, "<h1>Welcome to the hotel</h1>"),
    (
        "401 Unauthorized",
        "Content-Type: application/problem+json\r\n",
        r#"{"type":"about:blank","title":"","status":401,"detail":""}"#,
    ),
];

#[test]
fn a_session_outlives_answers_that_are_not_the_servers() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let home = Home::new();
    let url = between.url();
    let arguments = ["--server", &url, "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_in(home.path(), 100, 24, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    let kept = fs::read_to_string(home.credential("alice")).unwrap();
    alice.types("half a line");
    for (number, (status, headers, body)) in ANSWERS.into_iter().enumerate() {
        between.answers("/", status, headers, body);
        let seen = alice.shows(&format!("Something between you and the server answered {}", &status[..3]));
        assert!(!seen.rows.iter().any(|row| row.contains("session has ended")), "{status}: {seen:?}");
        between.passes();
        bob.says(&format!("number {number}"));
        alice.shows(&format!("bob: number {number}"));
        alice.prompts("[#general]> half a line");
        alice.types("\x0c");
        alice.waits("a clear screen", |seen| seen.rows == ["[#general]> half a line"]);
    }
    alice.enters(", and the rest");
    alice.shows("alice: half a line, and the rest");
    assert_eq!(fs::read_to_string(home.credential("alice")).unwrap(), kept);
}

#[test]
fn a_line_is_kept_until_the_server_itself_answers() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let url = between.url();
    let arguments = ["--server", &url, "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_on(100, 24, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    for (number, (status, headers, body)) in ANSWERS.into_iter().enumerate() {
        between.answers("/send", status, headers, body);
        alice.enters(&format!("line {number}"));
        alice.prompts("[#general 1 unsent]>");
        between.passes();
        alice.shows(&format!("alice: line {number}"));
        alice.prompts("[#general]>");
    }
    let texts: Vec<_> = bob.reads().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, (0..ANSWERS.len()).map(|number| format!("line {number}")).collect::<Vec<_>>());
}

#[test]
fn a_follower_outlives_answers_that_are_not_the_servers() {
    let server = Server::start();
    let alice = Friend::guest(&server, "alice");
    let between = Between::at(&server);
    let bob = Home::new().with("LINGER_SERVER", &between.url());
    bob.run(&["login", "--guest", "--user", "bob"]).ok();
    for stream in [&["read", "--follow"][..], &["read", "--follow", "--room", "general"]] {
        bob.run(&stream.iter().copied().filter(|argument| *argument != "--follow").collect::<Vec<_>>()).ok();
        let mut follow = bob.start(stream);
        let (lines, errors) = (follow.lines(), follow.errors());
        alice.says("ready?");
        assert!(lines.next().ends_with("alice: ready?"));
        for (number, (status, headers, body)) in ANSWERS.into_iter().enumerate() {
            between.answers("/", status, headers, body);
            let said = errors.next();
            assert!(said.contains(&format!("between you and the server answered {}", &status[..3])), "{said}");
            between.passes();
            alice.says(&format!("number {number}"));
            assert!(lines.next().ends_with(&format!("alice: number {number}")));
        }
    }
    assert_eq!(bob.run(&["whoami"]).ok(), "bob\n");
}

#[test]
fn a_start_that_something_else_answers_keeps_the_sign_in() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    for (status, headers, body) in ANSWERS {
        between.answers("/", status, headers, body);
        let url = between.url();
        let mut alice = Pty::start_in(home.path(), 100, 24, &["--server", &url, "general"], &[]);
        let (ended, seen) = alice.ends();
        assert_eq!(ended, 3, "{status}: {seen:?}");
        assert!(home.run(&["send", "--retry", "0", "hi"]).fails(3).contains("Something between"));
        between.passes();
    }
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n");
}

#[test]
fn a_command_is_retried_while_something_else_answers() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    between.answers("/send", "403 Forbidden", PAGE, "<h1>No</h1>");
    let sending = home.start(&["send", "insisted on"]);
    between.waits_for("POST /send", 2);
    between.passes();
    finish_running(sending);
    let texts: Vec<_> = Friend::guest(&server, "bob").reads().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["insisted on"]);
}

#[test]
fn a_follower_that_catches_up_outlives_them_too() {
    let server = Server::start();
    let alice = Friend::guest(&server, "alice");
    let mut count = 120;
    for number in 1..=count {
        alice.says(&format!("number {number}"));
    }
    let between = Between::at(&server);
    let bob = Home::new().with("LINGER_SERVER", &between.url());
    bob.run(&["login", "--guest", "--user", "bob"]).ok();
    let room = ["read", "--room", "general", "--follow"];
    for (arguments, spared, path, expected) in [
        // The first page, and the second.
        (&[&room[..], &["--last", "110"]].concat()[..], 0, "/room/1/messages", 110),
        (&[&room[..], &["--last", "110"]].concat()[..], 1, "/room/1/messages", 110),
        // Whether the last message is still the same.
        (&room[..], 0, "/room/1/messages", 0),
        (&[&room[..], &["--last", "3"]].concat()[..], 0, "/room/1/subscribe", 3),
        // The present place, and the latest messages. The first call of all is not repeated.
        (&["read", "--last", "3", "--follow"][..], 0, "/direct/subscribe", 3),
        (&["read", "--last", "3", "--follow"][..], 1, "/status", 3),
    ] {
        for (status, headers, body) in [ANSWERS[1], ("502 Bad Gateway", PAGE, "")] {
            between.answers_after(spared, path, status, headers, body);
            let mut follow = bob.start(arguments);
            let (lines, errors) = (follow.lines(), follow.errors());
            let said = errors.next();
            assert!(said.contains("; retrying"), "{arguments:?} {path} {status}: {said}");
            between.passes();
            for _ in 0..expected {
                let line = lines.next();
                assert!(line.contains("alice: number "), "{arguments:?} {path} {status}: {line}");
            }
            count += 1;
            alice.says(&format!("number {count}"));
            // The run before may have been killed between a line and its position.
            while !lines.next().ends_with(&format!("alice: number {count}")) {}
        }
    }
}

#[test]
fn an_empty_answer_of_something_else_is_no_success() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    let token = home.token("alice");
    let nothing = |path| between.answers(path, "204 No Content", "Server: hotel\r\n", "");

    nothing("/disconnect");
    let said = home.run(&["logout"]).fails(3);
    assert!(said.contains("Something between you and the server answered 204"), "{said}");
    assert_eq!(home.token("alice"), token);

    between.passes();
    bob.creates("lobby");
    let url = between.url();
    let mut alice = Pty::start_in(home.path(), 100, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    alice.enters("/create den");
    alice.prompts("[#den]>");
    nothing("/room/");
    for command in ["/read", "/leave", "/join lobby"] {
        alice.enters(command);
        alice.shows("Something between you and the server answered 204");
        alice.prompts("[#den]>");
        alice.types("\x0c");
        alice.waits("a clear screen", |seen| seen.rows == ["[#den]>"]);
    }
    nothing("/disconnect");
    alice.enters("/disconnect");
    alice.shows("Sign out? [y/N]");
    alice.enters("y");
    assert_eq!(alice.ends().0, 3);
    between.passes();
    assert_eq!(home.token("alice"), token);
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n");
    let is_joined = |room: &str| room.split_whitespace().any(|word| word == "joined");
    assert!(home.run(&["rooms"]).ok().lines().any(|room| room.starts_with("den") && is_joined(room)));
    home.run(&["logout"]).ok();
}

#[test]
fn a_server_under_a_path_of_its_own_works() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::under("/chat", &server);
    let url = format!("{}/", between.url());
    let home = Home::new().with("LINGER_SERVER", &url);
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    home.run(&["send", "--to", "bob", "psst"]).ok();
    for command in [&["rooms"][..], &["users"], &["status"], &["read", "--last", "5"], &["read", "--room", "general"]] {
        home.run(command).ok();
    }
    let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    alice.enters("/create den");
    alice.prompts("[#den]>");
    alice.enters("/query bob");
    alice.shows("alice: psst");
    bob.tells("alice", "what?");
    alice.shows("bob: what?");
    alice.enters("/read");
    alice.shows("@bob is marked as read.");
    alice.enters("/disconnect");
    alice.shows("Sign out? [y/N]");
    alice.enters("y");
    assert_eq!(alice.ends().0, 0);
    assert!(between.requests().iter().all(|request| request.line.contains(" /chat/")));
}

#[test]
fn only_the_servers_own_401_ends_a_session_and_at_once() {
    let server = Server::start();
    let between = Between::at(&server);
    let url = between.url();
    let mut alice = Pty::start_on(80, 24, &["--server", &url, "--guest", "--user", "alice", "general"], &[]);
    alice.prompts("[#general]>");
    let begun = Instant::now();
    let problem = r#"{"type":"/problems/unauthorized","title":"","status":401,"detail":"No."}"#;
    between.answers("/poll", "401 Unauthorized", "Content-Type: application/problem+json\r\n", problem);
    assert_eq!(alice.ends().0, 4);
    // An answer of something in between is asked for again after ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_line_without_an_answer_is_shown_as_not_sent_yet() {
    let server = Server::start();
    let between = Between::at(&server);
    let arguments = ["--server", &between.url(), "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_on(100, 24, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    between.slows_down("/send", Duration::from_secs(60));
    alice.enters("is anybody there?");
    alice.shows("Not sent yet (no answer came in time); retrying.");
    alice.prompts("[#general 1 unsent]>");
    // A few seconds each. Failures that the network tells of come after the fourth.
    let tried = between.requests().into_iter().filter(|request| request.line == "POST /send").count();
    assert!(tried < 4, "{tried}");
    between.slows_down("/send", Duration::ZERO);
    alice.prompts("[#general]>");
    let texts: Vec<_> = Friend::guest(&server, "bob").reads().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["is anybody there?"]);
}

#[test]
fn a_sign_up_is_repeated_under_its_key_if_something_else_answers() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    between.answers_once("/connect", "502 Bad Gateway", PAGE, "<h1>No</h1>");
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    let requests = between.requests();
    let sign_ups = requests.iter().filter(|request| request.line == "POST /connect");
    let keys: Vec<_> = sign_ups.map(|request| request.header("idempotency-key").unwrap()).collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
}
