//! What the user does in other sessions shows here at once.

use std::time::{Duration, Instant};

use crate::harness::{Friend, Home, Pty, Server};

/// Starts alice's session, and another one of hers over plain HTTP.
pub(crate) fn two_sessions(server: &Server) -> (Home, Pty, Friend) {
    let home = Home::of_guest(server, "alice");
    let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
    let session = Pty::start_in(home.path(), 80, 24, &["general"], &variables);
    session.waits("a prompt", |seen| seen.rows.iter().any(|row| row.starts_with("[#general")));
    let other = Friend::with_token(server, &home.token("alice"));
    let other = Friend::with_token(server, &other.connects_again());
    (home, session, other)
}

#[test]
fn what_is_read_elsewhere_is_no_longer_unread_here() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let (_home, mut alice, other) = two_sessions(&server);
    for text in ["one", "two", "three", "four", "five"] {
        bob.tells("alice", text);
    }
    alice.prompts("[#general 5+]>");
    alice.types("half a line");
    let begun = Instant::now();
    for (seq, prompt) in [(1, "[#general 4+]>"), (2, "[#general 3+]>"), (3, "[#general 2+]>"), (4, "[#general 1+]>")] {
        other.has_read("direct/bob", seq);
        alice.prompts(&format!("{prompt} half a line"));
    }
    other.has_read("direct/bob", 5);
    alice.prompts("[#general]> half a line");
    // The look around every ten seconds would notice five changes in forty seconds or more.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    // Set back, it is unread again, and stays so.
    other.has_read("direct/bob", 1);
    alice.prompts("[#general 4+]> half a line");
    bob.says("in the open room");
    alice.shows("bob: in the open room");
    alice.prompts("[#general 4+]> half a line");
}

#[test]
fn what_is_read_in_another_run_with_the_same_sign_in_is_noticed() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let (home, mut alice, _) = two_sessions(&server);
    for text in ["one", "two", "three"] {
        bob.tells("alice", text);
    }
    alice.prompts("[#general 3+]>");
    let same = Friend::with_token(&server, &home.token("alice"));
    same.has_read("direct/bob", 2);
    alice.prompts("[#general 1+]>");
}

#[test]
fn rooms_joined_and_left_elsewhere_are_noticed() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let (_home, mut alice, other) = two_sessions(&server);
    other.creates("lobby");
    bob.says_in("lobby", "hello, lobby");
    alice.shows("[#lobby] bob: hello, lobby");
    alice.enters("/switch #lobby");
    alice.prompts("[#lobby]>");
    alice.enters("hello, bob");
    alice.shows("alice: hello, bob");
    other.leaves(2);
    alice.shows("You have left #lobby elsewhere: its messages no longer arrive.");
    // Its own departure is no news.
    alice.enters("/create den");
    alice.prompts("[#den]>");
    alice.enters("/leave");
    alice.shows("You left #den.");
    bob.says("last");
    alice.shows("bob: last");
    let shown = alice.transcript();
    assert!(!shown.iter().any(|row| row.contains("left #den elsewhere")), "{shown:#?}");
}
