//! SIGINT from another process, which ends whatever runs. Ctrl-C is a key in a session, and no signal.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use crate::harness::{Home, Pty, Rogue, Server, Sight};

/// Interrupts a session from outside, and returns its exit status. The terminal must be as it was.
fn interrupted(session: Pty) -> u32 {
    last_sight(session).0
}

/// Interrupts a session from outside, and returns its exit status and what it leaves on the screen.
fn last_sight(mut session: Pty) -> (u32, Sight) {
    assert!(Command::new("kill").args(["-INT", &session.id().to_string()]).status().unwrap().success());
    let end = session.ends();
    assert!(session.is_cooked());
    end
}

#[test]
fn an_interrupted_session_exits_with_130() {
    let server = Server::start();
    let alice = Pty::guest(&server, "alice");
    assert_eq!(interrupted(alice), 130, "on an empty line");
    let mut bob = Pty::guest(&server, "bob");
    bob.types("half a line");
    bob.prompts("[#general]> half a line");
    assert_eq!(interrupted(bob), 130, "in the middle of a line");
    let home = Home::of_account(&server, "carol");
    let mut carol = Pty::start_in(home.path(), 80, 24, &["--server", &server.url()], &[]);
    carol.prompts("Number or name (general): ");
    assert_eq!(interrupted(carol), 130, "at a question");
}

#[test]
fn a_session_that_waits_for_the_server_is_interrupted_too() {
    let server = Rogue::falling_silent();
    let arguments = ["--server", &server.url(), "--guest", "general"];
    let mut alice = Pty::start_on(80, 24, &arguments, &[]);
    alice.prompts("[#general]>");
    alice.enters("/who");
    alice.prompts("[#general]>");
    alice.enters("where does this go?");
    alice.shows("Waiting for the server. Press Ctrl-C to stop waiting.");
    assert_eq!(interrupted(alice), 130);
}

#[test]
fn an_interrupted_session_lists_what_was_not_sent() {
    let mut server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    server.kill();
    alice.shows("No connection");
    alice.enters("into the void");
    alice.prompts("[#general 1 unsent]>");
    let (status, seen) = last_sight(alice);
    assert_eq!(status, 130);
    assert!(seen.rows.iter().any(|row| row == "linger: not sent: #general: into the void"), "{seen:?}");

    let server = Rogue::falling_silent();
    let mut bob = Pty::start_on(80, 24, &["--server", &server.url(), "--guest", "general"], &[]);
    bob.prompts("[#general]>");
    bob.enters("into the silence");
    bob.prompts("[#general 1 unsent]>");
    bob.enters("/who");
    bob.prompts("[#general 1 unsent]>");
    bob.enters("where does this go?");
    bob.shows("Waiting for the server.");
    let (status, seen) = last_sight(bob);
    assert_eq!(status, 130, "while no line is read");
    let listed = "linger: may not have been sent: #general: into the silence";
    assert!(seen.rows.iter().any(|row| row == listed), "{seen:?}");
}

#[test]
fn an_interrupted_pipe_ends_as_any_program_does() {
    let server = Server::start();
    let home = Home::of_guest(&server, "alice");
    let mut session = home.command(&["--user", "alice"]).spawn().map(crate::harness::Running).unwrap();
    assert!(session.errors().next().contains("You are alice"));
    // A shell reports this end as 130.
    assert_eq!(session.interrupt().signal(), Some(2));
}
