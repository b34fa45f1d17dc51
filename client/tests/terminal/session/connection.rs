//! A session whose server goes away, comes back, or ends the session.

use std::time::{Duration, Instant};

use crate::harness::{Friend, Home, Pty, Rogue, Server};

/// How long quitting may take on a busy machine. A call to a silent server would last 15 seconds, and a held poll 25.
const LEAVING: Duration = Duration::from_secs(10);

fn signal(linger: &Pty, signal: &str) {
    let sent = std::process::Command::new("kill").args([signal, &linger.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn the_server_goes_away_and_comes_back_under_a_half_typed_line() {
    let mut server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    let mut bob = Pty::guest(&server, "bob");
    alice.types("half a ");
    server.kill();
    alice.shows("No connection");
    alice.types("line");
    alice.prompts("[#general]> half a line");
    alice.enters("");
    alice.shows("… not sent yet: half a line");
    alice.prompts("[#general 1 unsent]>");
    alice.enters("and another");
    alice.prompts("[#general 2 unsent]>");
    alice.types("typing goes on");
    alice.prompts("[#general 2 unsent]> typing goes on");
    server.start_again();
    alice.prompts("[#general]> typing goes on");
    let seen = alice.shows("alice: and another");
    bob.shows("alice: and another");
    alice.enters("");
    bob.shows("alice: typing goes on");
    assert!(!seen.rows.iter().any(|row| row.contains("unread")), "what one said oneself is not: {seen:?}");
    for seen in [seen, bob.sight()] {
        for line in ["alice: half a line", "alice: and another", "No connection", "Reconnected."] {
            assert_eq!(seen.rows.iter().filter(|row| row.contains(line)).count(), 1, "{line} on {seen:?}");
        }
    }
}

#[test]
fn messages_from_while_the_server_was_away_appear_under_a_rule() {
    let mut server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    bob.says("before");
    alice.shows("bob: before");
    server.kill();
    alice.shows("No connection");
    // A client that reconnects before anything is sent has nothing unread.
    signal(&alice, "-STOP");
    server.start_again();
    bob.says("after");
    signal(&alice, "-CONT");
    let seen = alice.shows("bob: after");
    let rule = seen.rows.iter().position(|row| row == "— unread —");
    let after = seen.rows.iter().position(|row| row.ends_with("bob: after"));
    assert!(rule.is_some() && rule.map(|rule| rule + 1) == after, "{seen:?}");
    assert_eq!(seen.rows.iter().filter(|row| row.contains("bob: before")).count(), 1, "{seen:?}");
}

#[test]
fn ctrl_c_stops_waiting_for_a_command_without_an_answer() {
    let server = Rogue::falling_silent();
    let arguments = ["--server", &server.url(), "--guest", "general"];
    let mut alice = Pty::start_on(80, 24, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    alice.enters("/who");
    alice.prompts("[#general]>");
    alice.enters("where does this go?");
    alice.shows("Waiting for the server. Press Ctrl-C to stop waiting.");
    let begun = Instant::now();
    alice.types("\x03");
    alice.shows("Not done: where does this go?");
    alice.prompts("[#general]>");
    alice.types("\x04");
    assert_eq!(alice.ends().0, 0);
    let took = begun.elapsed();
    println!("leaving after waiting took {took:.1?}");
    assert!(took < LEAVING, "{took:?}");
    assert!(alice.is_cooked());
    assert_eq!(server.sends(), 0);
}

#[test]
fn a_rate_limit_is_waited_for_as_the_server_asks() {
    let server = Rogue::limiting();
    let mut alice = Pty::start_on(80, 24, &["--server", &server.url(), "--guest", "general"], &[]);
    alice.prompts("[#general]>");
    alice.enters("too much");
    alice.prompts("[#general 1 unsent]>");
    let begun = Instant::now();
    alice.prompts("[#general]>");
    assert!(begun.elapsed() > Duration::from_millis(900), "{:?}", begun.elapsed());
    assert_eq!(server.sends(), 2);
}

#[test]
fn a_user_signed_out_elsewhere_signs_in_again_in_place() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", &server.url(), "--create", "general"];
    let mut alice = Pty::start_in(home.path(), 80, 24, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("Your new name: ");
    alice.types("alice\r");
    alice.prompts("Others will see you as alice. Take this name? [Y/n] ");
    alice.types("\r");
    alice.prompts("New password: ");
    alice.types("alice password\r");
    alice.shows("Password again");
    alice.types("alice password\r");
    alice.prompts("[#general]>");
    bob.tells("alice", "psst");
    alice.prompts("[#general 1+]>");
    alice.types("half a line");
    alice.prompts("[#general 1+]> half a line");
    let token = token_of(home.path(), "alice");
    Friend::with_token(&server, &token).disconnects();
    alice.shows("Your session has ended.");
    bob.says("meanwhile");
    alice.shows("Password:");
    alice.types("alice password\r");
    alice.prompts("[#general 1+]> half a line");
    let seen = alice.shows("bob: meanwhile");
    assert_eq!(seen.rows.iter().filter(|row| row.contains("meanwhile")).count(), 1, "{seen:?}");
    assert!(!seen.rows.iter().any(|row| row.contains("alice password")), "{seen:?}");
    alice.enters("");
    alice.shows("alice: half a line");
    // What was not read before is not read now.
    alice.enters("/unread");
    alice.shows("@bob 1");
    assert_ne!(token_of(home.path(), "alice"), token);
}

#[test]
fn a_guest_whose_session_has_ended_cannot_sign_in_again() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", &server.url(), "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_in(home.path(), 80, 24, &arguments, &[]);
    alice.prompts("[#general]>");
    Friend::with_token(&server, &token_of(home.path(), "alice")).disconnects();
    let (status, seen) = alice.ends();
    assert_eq!(status, 4, "{seen:?}");
    assert!(seen.rows.iter().any(|row| row.contains("a guest cannot sign in again")), "{seen:?}");
    assert!(alice.is_cooked());
}

#[test]
fn a_session_of_a_given_token_leaves_the_kept_sign_in_alone() {
    let server = Server::start();
    let url = server.url();
    for (home, name) in [(Home::of_guest(&server, "alice"), "alice"), (Home::of_account(&server, "carol"), "carol")] {
        let kept = home.token(name);
        for ends_elsewhere in [true, false] {
            let given = Friend::with_token(&server, &kept).connects_again();
            let variables = [("LINGER_TOKEN", &*given), ("NO_COLOR", "1")];
            let mut session = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &variables);
            session.prompts("[#general]>");
            match ends_elsewhere {
                true => Friend::with_token(&server, &given).disconnects(),
                false => session.enters("/disconnect"),
            }
            match (name, ends_elsewhere) {
                ("carol", true) => {
                    session.shows("Password:");
                }
                (_, true) => assert_eq!(session.ends().0, 4),
                (_, false) => assert_eq!(session.ends().0, 0),
            }
            drop(session);
            assert_eq!(home.token(name), kept);
            assert_eq!(home.run(&["whoami"]).ok(), format!("{name}\n"));
        }
    }
}

#[test]
fn disconnecting_signs_out_and_forgets() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", &server.url(), "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_in(home.path(), 80, 24, &arguments, &[]);
    alice.prompts("[#general]>");
    let token = token_of(home.path(), "alice");
    alice.enters("/disconnect");
    alice.shows("A guest cannot come back as alice.");
    alice.enters("");
    alice.prompts("[#general]>");
    alice.enters("/disconnect");
    alice.shows("Sign out? [y/N]");
    alice.enters("y");
    assert_eq!(alice.ends().0, 0);
    assert!(credential(home.path(), "alice").is_none());
    let status = ureq::get(format!("{}/status", server.url())).header("Authorization", format!("Bearer {token}"));
    let status = status.config().http_status_as_error(false).build().call().unwrap().status();
    assert_eq!(status, 401);
}

#[test]
fn a_different_database_is_noticed() {
    let mut server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", &server.url(), "--guest", "--user", "alice", "general"];
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::start_in(home.path(), 80, 24, &arguments, &[]);
    alice.prompts("[#general]>");
    bob.says("in the backup");
    alice.shows("in the backup");
    server.kill();
    let backup = server.back_up();
    server.start_again();
    alice.shows("Reconnected.");
    bob.says("after the backup");
    alice.shows("after the backup");
    server.kill();
    server.restore(&backup);
    server.start_again();
    alice.shows("The server has a different database now.");
    bob.says("with an id that was used before");
    let seen = alice.shows("with an id that was used before");
    for said in ["in the backup", "after the backup", "with an id that was used before"] {
        assert_eq!(seen.rows.iter().filter(|row| row.contains(said)).count(), 1, "{said} on {seen:?}");
    }
}

#[test]
fn the_terminal_is_restored_whatever_ends_the_session() {
    let server = Server::start();
    for (signal, status) in [(rustix::process::Signal::TERM, 15), (rustix::process::Signal::HUP, 1)] {
        let mut alice = Pty::guest(&server, &format!("alice-{status}"));
        alice.types("half a line");
        alice.prompts("[#general]> half a line");
        assert!(!alice.is_cooked());
        alice.signals(signal);
        let (ended, _) = alice.ends();
        assert_ne!(ended, 0);
        assert!(alice.is_cooked(), "after {signal:?}");
        assert!(alice.written().trim_end().ends_with("\u{1b}[?2026l"), "{:?}", alice.written());
    }
}

fn credential(home: &std::path::Path, user: &str) -> Option<std::path::PathBuf> {
    let mut folders = vec![home.join(".local/state/linger")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path if path.ends_with(format!("{user}.json")) => return Some(path),
                _ => {}
            }
        }
    }
    None
}

fn token_of(home: &std::path::Path, user: &str) -> String {
    let text = std::fs::read_to_string(credential(home, user).expect("a kept sign-in")).unwrap();
    let credential: serde_json::Value = serde_json::from_str(&text).unwrap();
    credential["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_pipe_signs_out_too() {
    let server = Server::start();
    let home = Home::of_guest(&server, "alice");
    home.run_with_input(&["--user", "alice"], "goodbye\n/disconnect\nnever sent\n").ok();
    assert!(credential(home.path(), "alice").is_none());
    assert_eq!(Friend::guest(&server, "bob").reads().len(), 1);
}

#[test]
fn a_dumb_terminal_is_used_as_a_pipe() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let arguments = ["--server", &server.url(), "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_on(80, 24, &arguments, &[("TERM", "dumb")]);
    alice.shows("You are alice");
    bob.says("hello");
    alice.shows("[#general] bob: hello");
    alice.types("hello yourself\n\x04");
    assert_eq!(alice.ends().0, 0);
    assert_eq!(bob.reads().last().unwrap().text, "hello yourself");
    assert!(!alice.written().contains('\u{1b}'));
}
