//! Leaving a session: how long it takes, and what is said of lines that were not sent.

use std::time::{Duration, Instant};

use crate::harness::{Between, DEADLINE, Friend, Home, Pty, Rogue, Server};

/// How long quitting may take on a busy machine. A call to a silent server would last 15 seconds, and a held poll 25.
const LEAVING: Duration = Duration::from_secs(10);

#[test]
fn quitting_does_not_wait_for_a_held_poll() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    for (number, keys) in ["/quit\r", "\x04", "\x03\x03"].into_iter().enumerate() {
        alice.prompts("[#general]>");
        let begun = Instant::now();
        alice.types(keys);
        assert_eq!(alice.ends().0, 0);
        let took = begun.elapsed();
        println!("leaving with {keys:?} took {took:.1?}");
        assert!(took < LEAVING, "{keys:?} took {took:?}");
        alice = Pty::guest(&server, &format!("after-{number}"));
    }
}

#[test]
fn quitting_does_not_wait_for_a_silent_server_and_prints_unsent_lines() {
    let server = Rogue::falling_silent();
    let mut alice = Pty::start_on(80, 24, &["--server", &server.url(), "--guest", "general"], &[]);
    alice.prompts("[#general]>");
    alice.enters("into the void");
    alice.prompts("[#general 1 unsent]>");
    let begun = Instant::now();
    alice.enters("/quit");
    let (status, seen) = alice.ends();
    let took = begun.elapsed();
    println!("leaving a silent server took {took:.1?}");
    assert!(took < LEAVING, "{took:?}");
    assert_eq!(status, 3);
    assert!(seen.rows.iter().any(|row| row.contains("may not have been sent: #general: into the void")), "{seen:?}");
    assert!(alice.is_cooked());
}

#[test]
fn lines_that_surely_were_not_sent_are_listed_as_that() {
    let mut server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    server.kill();
    alice.shows("No connection");
    alice.enters("into the void");
    alice.shows("… not sent yet: into the void");
    alice.enters("/quit");
    let (status, seen) = alice.ends();
    assert_eq!(status, 3);
    assert!(seen.rows.iter().any(|row| row.contains("linger: not sent: #general: into the void")), "{seen:?}");
}

#[test]
fn a_line_that_the_server_could_not_confirm_may_have_been_sent() {
    let server = Server::start();
    let between = Between::at(&server);
    let mut alice = Pty::start_on(80, 24, &["--server", &between.url(), "--guest", "general"], &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    let problem = r#"{"type":"/problems/unavailable","title":"","status":503,"detail":"Not confirmed."}"#;
    let headers = "Content-Type: application/problem+json\r\nRetry-After: 60\r\n";
    between.answers("/send", "503 Service Unavailable", headers, problem);
    alice.enters("hi");
    alice.prompts("[#general 1 unsent]>");
    alice.enters("/quit");
    let (status, seen) = alice.ends();
    assert_eq!(status, 3);
    assert!(seen.rows.iter().any(|row| row.contains("linger: may not have been sent: #general: hi")), "{seen:?}");
}

#[test]
fn the_last_message_arrives_before_the_client_quits() {
    let server = Server::start();
    let give_up_at = Instant::now() + DEADLINE;
    for number in 1.. {
        let mut alice = Pty::guest(&server, &format!("alice-{number}"));
        alice.types("goodbye\r/quit\r");
        let (status, seen) = alice.ends();
        if status == 0 {
            assert!(seen.rows.iter().any(|row| row.ends_with(&format!("alice-{number}: goodbye"))), "{seen:?}");
            break;
        }
        // Leaving waits for a moment only, in which a busy machine may not get so far. Then it says so.
        assert_eq!(status, 3, "{seen:?}");
        assert!(seen.rows.iter().any(|row| row.contains("sent: #general: goodbye")), "{seen:?}");
        assert!(Instant::now() < give_up_at, "{seen:?}");
    }
    assert_eq!(Friend::guest(&server, "bob").reads().last().unwrap().text, "goodbye");
}

#[test]
fn a_session_that_was_ended_says_so_beside_what_was_not_sent() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::new();
    let arguments = ["--server", &between.url(), "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_in(home.path(), 100, 24, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    between.answers("/send", "502 Bad Gateway", "", "");
    alice.enters("hi");
    alice.prompts("[#general 1 unsent]>");
    Friend::with_token(&server, &home.token("alice")).disconnects();
    let (status, seen) = alice.ends();
    assert_eq!(status, 4, "{seen:?}");
    for said in ["linger: may not have been sent: #general: hi", "a guest cannot sign in again"] {
        assert!(seen.rows.iter().any(|row| row.contains(said)), "{said} on {seen:?}");
    }
}
