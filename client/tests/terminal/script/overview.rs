//! The other commands, as scripts use them: what they print, and what they change.

use std::io;
use std::process::Command;

use serde_json::json;

use crate::harness::{Home, Pty, Server, finish};

#[test]
fn whoami_users_and_status_print_users() {
    let server = Server::start();
    let (alice, _bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    assert_eq!(alice.run(&["whoami"]).ok(), "alice\n");
    let me = alice.run(&["whoami", "--json"]).json();
    assert_eq!(
        (&me[0]["name"], &me[0]["guest"], &me[0]["server"]),
        (&json!("alice"), &json!(false), &json!(server.url()))
    );
    let names = |ran: Vec<serde_json::Value>| ran.iter().map(|user| user["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(alice.run(&["users", "--json"]).json()), ["alice", "bob"]);
    assert_eq!(names(alice.run(&["users", "--online", "--json"]).json()), ["alice", "bob"]);
    assert!(alice.run(&["status"]).ok().contains("you      alice\nonline   2\nunread   nothing\n"));
}

#[test]
fn more_rooms_than_a_page_holds_are_listed() {
    let server = Server::start_with(&[
        ("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0"),
        ("ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE", "0"),
        ("ROCKET_CHAT__LIMITS__ROOMS_PER_USER", "0"),
    ]);
    let alice = Home::of_account(&server, "alice");
    let agent = ureq::agent();
    for number in 0..501 {
        let create = agent
            .post(format!("{}/rooms", server.url()))
            .header("Authorization", format!("Bearer {}", alice.token("alice")));
        create.send_json(json!({ "name": format!("r{number}") })).unwrap();
    }
    assert_eq!(alice.run(&["rooms", "--json"]).json().len(), 502);
}

#[test]
fn a_closed_pipe_is_silent_and_loses_no_message() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    bob.run(&["read"]).ok();
    alice.run(&["send", "one"]).ok();
    let closed = || {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        writer
    };
    for arguments in [
        &["read"][..],
        &["read", "--follow"],
        &["read", "--room", "general"],
        &["rooms"],
        &["users"],
        &["status"],
        &["whoami", "--json"],
        &["config", "show"],
        &["completions", "bash"],
    ] {
        let ended = finish(bob.command(arguments).stdout(closed()).spawn().unwrap(), Vec::new());
        assert_eq!((ended.status, ended.err.as_str()), (141, ""), "{arguments:?}");
    }
    assert!(bob.run(&["read"]).ok().ends_with("alice: one\n"));
    assert!(bob.run(&["read", "--room", "general"]).ok().ends_with("alice: one\n"));
}

#[test]
fn nothing_is_coloured_without_a_terminal() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    alice.run(&["send", "hello"]).ok();
    for arguments in
        [&["read", "--last", "1"][..], &["rooms"], &["users"], &["status"], &["--help"], &["config", "show"]]
    {
        let out = alice.run(arguments).ok();
        assert!(!out.is_empty() && !out.contains('\x1b'), "{out}");
    }
}

#[test]
fn colours_can_be_forced_and_are_never_in_json() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    alice.run(&["send", "hello"]).ok();
    let read = ["read", "--last", "1"];
    let out = |arguments: &[&str]| alice.run(&[&read, arguments].concat()).ok();
    assert!(out(&["--color", "always"]).contains("\x1b["));
    assert!(!out(&["--color", "always", "--json"]).contains('\x1b'));
    let plain = Home::at(&server).with("NO_COLOR", "1").with("LINGER_TOKEN", &alice.token("alice"));
    assert!(!plain.run(&read).ok().contains('\x1b'));
}

#[test]
fn a_text_that_cannot_be_sent_whole_is_not_sent() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let long = "x".repeat(16_384);
    let said = alice.run_with_input(&["send", "-"], format!("{long}x")).fails(5);
    assert!(said.contains("16,384 bytes"), "{said}");
    let said = alice.run(&["send", &format!("{long}x")]).fails(5);
    assert!(said.contains("16,384 bytes"), "{said}");
    alice.run_with_input(&["send"], b"caf\xe9").fails(5);
    alice.run(&["send"]).fails(5);
    alice.run_with_input(&["send"], format!("{long}\n")).ok();
    assert_eq!(alice.run(&["read", "--last", "9", "--json"]).json().len(), 1);
}

#[test]
fn every_command_shows_examples() {
    let home = Home::new();
    for command in ["send", "read", "rooms", "users", "whoami", "status", "login", "logout", "config", "completions"] {
        let help = home.run(&[command, "--help"]).ok();
        assert!(help.contains(&format!("Examples:\n  linger {command}")), "{help}");
    }
    let help = home.run(&["--help"]).ok();
    assert!(help.contains("Examples:\n  linger ") && help.contains("exit-codes"), "{help}");
    for (topic, part) in [("exit-codes", "130  Ctrl-C"), ("environment", "LINGER_TOKEN"), ("files", "config.toml")] {
        assert!(home.run(&["help", topic]).ok().contains(part), "{topic}");
    }
    assert_eq!(home.run(&["help", "send"]).ok(), home.run(&["send", "--help"]).ok());
    assert_eq!(home.run(&["help"]).ok(), home.run(&["--help"]).ok());
    assert!(home.run(&["help", "evironment"]).fails(2).contains("`linger help environment`"));
}

#[test]
fn help_is_wrapped_and_grouped() {
    let home = Home::new();
    for columns in [60, 80, 120] {
        for arguments in [&["--help"][..], &["help", "read"], &["help", "environment"]] {
            let mut help = Pty::start_in(home.path(), columns, 24, arguments, &[("NO_COLOR", "1")]);
            assert_eq!(help.ends().0, 0);
            let written = help.written();
            let widest = written.lines().map(|line| line.trim_end().chars().count()).max().unwrap();
            assert!(widest <= usize::from(columns).min(100), "{columns} {arguments:?}: {widest} in {written}");
        }
    }
    let help = home.run(&["help", "send"]).ok();
    let (own, global) = help.split_once("Options of every command:").unwrap();
    assert!(own.contains("--retry") && !own.contains("--server") && global.contains("--server"), "{help}");
    home.configure("nonsense = 1\n");
    home.run(&["help", "files"]).ok();
}

#[test]
fn a_manual_page_is_written_for_each_command() {
    let home = Home::new();
    home.run(&["man", "share/man/man1"]).ok();
    let page = |name: &str| std::fs::read_to_string(home.path().join("share/man/man1").join(name)).unwrap();
    assert!(page("linger.1").contains("LINGER_TOKEN") && page("linger.1").contains("linger\\-send(1)"));
    assert!(page("linger-read.1").contains("\\-\\-since"));
    assert!(!home.path().join("share/man/man1/linger-man.1").exists());
}

#[test]
fn each_shell_can_parse_its_completions() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let path = home.path().join(shell);
        std::fs::write(&path, home.run(&["completions", shell]).ok()).unwrap();
        let checked = Command::new(shell).arg("-n").arg(&path).output();
        let checked = checked.unwrap_or_else(|error| panic!("{shell}: {error}; scripts/test-tools installs it"));
        assert!(checked.status.success(), "{shell}: {checked:?}");
        let script = std::fs::read_to_string(&path).unwrap();
        assert!(script.contains("LINGER_COMPLETE") && !script.contains("bashdefault"), "{script}");
    }
    home.run(&["completions", "cobol"]).fails(2);
    home.configure("nonsense = 1\n");
    home.run(&["completions", "bash"]).ok();
}
