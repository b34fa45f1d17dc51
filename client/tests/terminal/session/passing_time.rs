//! Time passes: the machine sleeps, connections die without a sign, tokens run out.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::harness::{Between, Friend, Home, Pty, Request, Server};

/// How long it may take on a busy machine until a session is connected again after a sleep, and shows it. If the sleep
/// were not noticed, a probe would find the dead connection after eleven seconds.
const AWAKE: Duration = Duration::from_secs(9);
/// The shortest sleep that is noticed.
const SLEEP: Duration = Duration::from_millis(3500);

fn signal(process: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

#[test]
fn after_a_sleep_the_session_is_connected_at_once() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let mut alice = Pty::start_on(80, 24, &["--server", &between.url(), "--guest", "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    bob.says("before");
    alice.shows("bob: before");
    alice.types("half a line");
    alice.prompts("[#general]> half a line");
    between.waits_until_held("GET /poll");
    signal(alice.id(), "-STOP");
    between.swallows_what_is_open();
    bob.says("meanwhile");
    std::thread::sleep(SLEEP);
    signal(alice.id(), "-CONT");
    let begun = Instant::now();
    let seen = alice.shows("bob: meanwhile");
    let took = begun.elapsed();
    println!("after a sleep the session showed what it had missed in {took:.1?}");
    assert!(took < AWAKE, "{took:?}");
    assert!(seen.rows.iter().any(|row| row == "[#general]> half a line"), "{seen:?}");
}

#[test]
fn a_follower_goes_on_after_a_sleep_at_once() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    home.run(&["read"]).ok();
    let mut follow = home.start(&["read", "--follow"]);
    let lines = follow.lines();
    bob.says("before");
    assert!(lines.next().ends_with("bob: before"));
    between.waits_until_held("GET /poll");
    signal(follow.0.id(), "-STOP");
    between.swallows_what_is_open();
    bob.says("meanwhile");
    std::thread::sleep(SLEEP);
    signal(follow.0.id(), "-CONT");
    let begun = Instant::now();
    assert!(lines.next().ends_with("bob: meanwhile"));
    assert!(begun.elapsed() < AWAKE, "{:?}", begun.elapsed());
}

#[test]
fn a_sent_line_appears_although_every_connection_is_dead() {
    let server = Server::start();
    let between = Between::at(&server);
    let mut alice = Pty::start_on(80, 24, &["--server", &between.url(), "--guest", "--user", "alice", "general"], &[]);
    alice.prompts("[#general]>");
    alice.enters("before");
    alice.shows("alice: before");
    for number in 0..2 {
        between.waits_until_held("GET /poll");
        between.swallows_what_is_open();
        let begun = Instant::now();
        alice.enters(&format!("after {number}"));
        let seen = alice.shows(&format!("alice: after {number}"));
        println!("a line sent over dead connections appeared in {:.1?}", begun.elapsed());
        // The time limit of a call is 15 seconds.
        assert!(begun.elapsed() < Duration::from_secs(14), "{:?}", begun.elapsed());
        assert!(!seen.rows.iter().any(|row| row.contains("No connection")), "{seen:?}");
    }
    assert_eq!(Friend::guest(&server, "bob").reads().len(), 3, "each is stored once");
}

#[test]
fn a_sent_line_appears_although_every_poll_takes_seconds() {
    let server = Server::start();
    let between = Between::at(&server);
    let mut alice = Pty::start_on(80, 24, &["--server", &between.url(), "--guest", "--user", "alice", "general"], &[]);
    alice.prompts("[#general]>");
    between.slows_down("/poll", Duration::from_millis(4_500));
    alice.enters("slowly");
    alice.shows("alice: slowly");
}

/// The token of a session that has run for more than half of the token's life.
const AGE: Duration = Duration::from_secs(20 * 24 * 60 * 60);
const LEFT: Duration = Duration::from_secs(10 * 24 * 60 * 60);

#[test]
fn running_sessions_that_share_a_sign_in_renew_it_once() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    home.run(&["read"]).ok();
    home.ages("alice", AGE, LEFT);
    let first = home.token("alice");
    let signed_in = between.requests().iter().filter(|request| request.line == "POST /connect").count();
    let variables = [("LINGER_SERVER", &*between.url()), ("NO_COLOR", "1")];
    let mut sessions = [(); 2].map(|()| Pty::start_in(home.path(), 80, 24, &["general"], &variables));
    let mut follow = home.start(&["read", "--follow"]);
    let lines = follow.lines();
    for session in &mut sessions {
        session.prompts("[#general]>");
    }
    let give_up_at = Instant::now() + crate::harness::DEADLINE;
    while home.token("alice") == first {
        assert!(Instant::now() < give_up_at, "the token is renewed");
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = home.token("alice");
    let bearer = format!("Bearer {second}");
    let is_new = |request: &Request| request.header("authorization") == Some(&*bearer);
    // The token that was renewed works for a minute yet, so it matters which one they use.
    for session in &mut sessions {
        let mut rounds = 0..;
        let mut goes_on = || {
            let line = format!("from {}, round {}", session.id(), rounds.next().unwrap());
            let before = between.requests().len();
            session.enters(&line);
            session.shows(&format!("alice: {line}"));
            between.requests()[before..].iter().filter(|request| request.line == "POST /send").all(is_new)
        };
        while !goes_on() {
            assert!(Instant::now() < give_up_at, "each session goes on with the new token");
        }
    }
    for session in &mut sessions {
        session.enters("/quit");
        assert_eq!(session.ends().0, 0);
    }
    // Now every poll is the follower's.
    for round in 0.. {
        assert!(Instant::now() < give_up_at, "the follower goes on with the new token");
        let polls = between.requests().iter().filter(|request| request.line == "GET /poll").count();
        bob.says(&format!("round {round}?"));
        while !lines.next().ends_with(&format!("bob: round {round}?")) {}
        between.waits_for("GET /poll", polls + 1);
        if between.requests().iter().rfind(|request| request.line == "GET /poll").is_some_and(is_new) {
            break;
        }
    }
    assert_eq!(home.token("alice"), second, "it is renewed once");
    // A new session would leave the older token valid, whoever signs out.
    for (line, count) in [("POST /me/token", 1), ("POST /connect", signed_in)] {
        assert_eq!(between.requests().iter().filter(|request| request.line == line).count(), count, "{line}");
    }
    home.run(&["logout"]).ok();
    for token in [first, second] {
        Home::at(&server).with("LINGER_TOKEN", &token).run(&["whoami"]).fails(4);
    }
}

#[test]
fn a_held_poll_that_is_swallowed_is_noticed_though_the_machine_is_awake() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run(&["login", "--guest", "--user", "alice"]).ok();
    home.run(&["read"]).ok();
    let mut all = home.start(&["read", "--follow"]);
    let mut room = home.start(&["read", "--follow", "--room", "general", "--last", "1"]);
    let followers = [all.lines(), room.lines()];
    let url = between.url();
    let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    bob.says("before");
    alice.shows("bob: before");
    for lines in &followers {
        assert!(lines.next().ends_with("bob: before"));
    }
    // Once more, so that each of the three has a poll underway that began after a message.
    let is_held = |line: &str| ["GET /poll", "GET /room/1/subscribe"].contains(&line);
    let held = || between.requests().iter().filter(|request| is_held(&request.line)).count();
    let before = held();
    bob.says("once more");
    alice.shows("bob: once more");
    for lines in &followers {
        assert!(lines.next().ends_with("bob: once more"));
    }
    let give_up_at = Instant::now() + crate::harness::DEADLINE;
    while held() < before + 3 {
        assert!(Instant::now() < give_up_at, "each polls again: {:?}", between.requests());
        std::thread::sleep(Duration::from_millis(5));
    }
    between.swallows_what_is_open();
    let begun = Instant::now();
    bob.says("swallowed");
    let seen = alice.shows("bob: swallowed");
    for lines in &followers {
        assert!(lines.next().ends_with("bob: swallowed"));
    }
    println!("swallowed polls were noticed after {:.1?}", begun.elapsed());
    assert!(!seen.rows.iter().any(|row| row.contains("No connection")), "{seen:?}");
}

#[test]
fn a_session_and_a_follower_survive_a_renewal_whose_answer_was_lost() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run_with_input(&["login", "--create"], "alice\nalice password\n").ok();
    home.run(&["read"]).ok();
    let url = between.url();
    for (lost, status) in ["502 Bad Gateway", "302 Found"].into_iter().enumerate() {
        let refused = home.token("alice");
        let mut follow = home.start(&["read", "--follow"]);
        let lines = follow.lines();
        let mut alice = Pty::start_in(home.path(), 100, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
        alice.prompts("[#general]>");
        alice.types("half a line");
        alice.prompts("[#general]> half a line");
        between.answers("/me/token", status, "", "");
        let next = Friend::account(&server, "alice").token;
        Friend::with_token(&server, &refused).disconnects();
        alice.shows(&format!("Something between you and the server answered {}", &status[..3]));
        assert_eq!(home.token("alice"), refused, "whether it has ended is not known");
        let renewed = format!(r#"{{"token":"{next}","expires_at":"2100-01-01T00:00:00.000Z"}}"#);
        between.answers("/me/token", "200 OK", "Content-Type: application/json\r\n", &renewed);
        bob.says(&format!("meanwhile {lost}"));
        let seen = alice.shows(&format!("bob: meanwhile {lost}"));
        assert!(!seen.rows.iter().any(|row| row.contains("session has ended")), "{seen:?}");
        alice.prompts("[#general]> half a line");
        assert!(lines.next().ends_with(&format!("bob: meanwhile {lost}")));
        assert_eq!(home.token("alice"), next);
        between.passes();
    }
}

#[test]
fn a_newer_sign_in_counts_though_the_clock_was_ahead_before() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_account(&server, "alice");
    let first = home.token("alice");
    let tomorrow = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 24 * 60 * 60;
    home.rewrites("alice", |kept| kept["since"] = tomorrow.into());
    // Its token looks newer than any other until tomorrow, and is not due.
    home.rewrites("alice", |kept| kept["life"] = (300 * 24 * 60 * 60).into());
    let url = server.url();
    let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    home.run_with_input(&["login"], "alice\nalice password\n").ok();
    let second = home.token("alice");
    Friend::with_token(&server, &first).disconnects();
    bob.says("meanwhile");
    let seen = alice.shows("bob: meanwhile");
    assert!(!seen.rows.iter().any(|row| row.contains("session has ended")), "{seen:?}");
    assert_eq!(home.token("alice"), second);
    alice.enters("still here");
    alice.shows("alice: still here");
}

#[test]
fn a_session_that_has_ended_overwrites_no_newer_sign_in() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let first = home.token("alice");
    let url = server.url();
    let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    Friend::with_token(&server, &first).disconnects();
    alice.shows("Password:");
    home.run_with_input(&["login"], "alice\nalice password\n").ok();
    home.received("alice", Duration::from_secs(60 * 60));
    let second = home.token("alice");
    // The session has looked at the file meanwhile.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(home.token("alice"), second);
}

#[test]
fn a_session_takes_over_a_sign_in_from_elsewhere() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_account(&server, "alice");
    let first = home.token("alice");
    let url = server.url();
    let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    home.run_with_input(&["login"], "alice\nalice password\n").ok();
    assert_ne!(home.token("alice"), first);
    Friend::with_token(&server, &first).disconnects();
    bob.says("meanwhile");
    let seen = alice.shows("bob: meanwhile");
    assert!(!seen.rows.iter().any(|row| row.contains("session has ended")), "{seen:?}");
    alice.enters("still here");
    alice.shows("alice: still here");
}
