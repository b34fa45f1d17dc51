//! Getting the attention of a user who looks elsewhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{DEADLINE, Friend, Home, Pty, Server};

const FOCUS_OUT: &str = "\x1b[O";
const FOCUS_IN: &str = "\x1b[I";
const BELL: &str = "\x07";

/// Starts a session with these settings.
fn session(home: &Home, server: &Server, toml: &str) -> Pty {
    home.configure(toml);
    let (url, arguments) = (server.url(), ["general"]);
    let session = Pty::start_in(home.path(), 80, 24, &arguments, &[("LINGER_SERVER", &url), ("NO_COLOR", "1")]);
    session.waits("a prompt", |seen| seen.rows.iter().any(|row| row.starts_with("[#general]>")));
    session
}

/// Waits until this was written to the terminal.
fn waits_for(session: &Pty, escapes: &str) {
    let give_up_at = Instant::now() + DEADLINE;
    while !session.written().contains(escapes) {
        assert!(Instant::now() < give_up_at, "no {escapes:?} in {:?}", session.written());
        session.waits_for_a_change();
    }
}

#[test]
fn what_is_for_the_user_rings_and_notifies_while_they_look_elsewhere() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = session(&home, &server, "");
    bob.says("alice: with the focus");
    alice.shows("bob: alice: with the focus");
    alice.types(FOCUS_OUT);
    bob.says("for everybody");
    alice.shows("bob: for everybody");
    assert!(!alice.written().contains(BELL), "{:?}", alice.written());
    bob.says("alice: are you there?");
    waits_for(&alice, "\x1b]9;bob in #general: alice: are you there?\x1b\\");
    bob.tells("alice", "psst");
    waits_for(&alice, "\x1b]9;bob: psst\x1b\\");
    assert_eq!(alice.written().matches(BELL).count(), 2);
    alice.types(FOCUS_IN);
    waits_for(&alice, "\x1b]2;(1) linger #general\x1b\\");
}

#[test]
fn the_title_counts_and_is_put_back() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = session(&home, &server, "");
    waits_for(&alice, "\x1b[22;2t\x1b]2;linger #general\x1b\\");
    bob.tells("alice", "psst");
    waits_for(&alice, "\x1b]2;(1) linger #general\x1b\\");
    alice.prompts("[#general 1+]>");
    alice.enters("/next");
    waits_for(&alice, "\x1b]2;linger @bob\x1b\\");
    alice.enters("/quit");
    alice.ends();
    assert!(alice.written().contains("\x1b[23;2t"));
}

#[test]
fn each_can_be_off() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = session(&home, &server, "bell = false\ntitle = 'off'\nnotify = 'off'\n");
    alice.types(FOCUS_OUT);
    bob.tells("alice", "psst");
    alice.prompts("[#general 1+]>");
    alice.enters("/quit");
    alice.ends();
    let written = alice.written();
    assert!(!written.contains(BELL) && !written.contains("\x1b]"), "{written:?}");
}

#[test]
fn a_program_gets_the_text_and_no_shell_reads_it() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let (program, told) = (home.path().join("tell me"), home.path().join("told"));
    let script = format!("#!/bin/sh\n{{ echo \"$1 $2\"; cat; }} >{0}.new\nmv {0}.new {0}\n", told.display());
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let mut alice = session(&home, &server, &format!("notify = \"'{}' -a\"\n", program.display()));
    alice.types(FOCUS_OUT);
    bob.tells("alice", "$(id) `id`; id");
    alice.shows("bob: $(id)");
    let give_up_at = Instant::now() + DEADLINE;
    while !told.exists() {
        assert!(Instant::now() < give_up_at, "the program is run");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(fs::read_to_string(&told).unwrap(), "-a bob: $(id) `id`; id\nbob: $(id) `id`; id");
}

#[test]
fn a_program_that_cannot_be_run_is_reported_once() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = session(&home, &server, "notify = '/nowhere/tell'\n");
    alice.types(FOCUS_OUT);
    for text in ["one", "two"] {
        bob.tells("alice", text);
        alice.shows(&format!("bob: {text}"));
    }
    let seen = alice.shows("Cannot run /nowhere/tell, which the setting notify names: No such file");
    assert_eq!(seen.rows.iter().filter(|row| row.contains("Cannot run")).count(), 1, "{seen:?}");
}
