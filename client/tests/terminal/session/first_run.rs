//! Signing in on a terminal, the first time and later.

use crate::harness::{Between, Friend, Home, Pty, Server};

const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// Starts `linger general` in this home.
fn linger(home: &Home, server: &Server) -> Pty {
    linger_with(home, server, &["general"])
}

fn linger_with(home: &Home, server: &Server, arguments: &[&str]) -> Pty {
    Pty::start_in(home.path(), 80, 24, arguments, &[("LINGER_SERVER", &server.url()), ("NO_COLOR", "1")])
}

#[test]
fn a_new_name_asks_for_its_password_twice_and_the_next_run_not_at_all() {
    let server = Server::start();
    let home = Home::at(&server);
    let mut first = linger_with(&home, &server, &["--create", "general"]);
    first.prompts("Name (empty for a made-up one): ");
    first.enters("Alice");
    first.prompts("Password (empty for a guest): ");
    first.enters("correct horse");
    first.shows("The name alice was free and is now yours.");
    first.prompts("Password again: ");
    first.enters("correct horse");
    first.prompts("[#general]> ");
    assert!(!first.written().contains("correct"), "a password is not echoed");
    first.types(CTRL_D);
    assert_eq!(first.ends().0, 0);

    let mut second = linger(&home, &server);
    second.prompts("[#general]> ");
    assert!(!second.written().contains("Name") && !second.written().contains("Password"));
    second.enters("here again");
    second.shows("alice: here again");
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n", "scripts use the same sign-in");
}

#[test]
fn an_existing_name_asks_for_its_password_once() {
    let server = Server::start();
    let _elsewhere = Friend::account(&server, "alice");
    let mut alice = linger(&Home::at(&server), &server);
    alice.prompts("Name (empty for a made-up one): ");
    alice.enters("alice");
    alice.prompts("Password (empty for a guest): ");
    alice.enters("alice password");
    alice.prompts("[#general]> ");
    assert!(!alice.written().contains("again"));
}

#[test]
fn a_name_that_does_not_exist_becomes_an_account_only_if_the_user_agrees() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::at(&server);
    let start = || {
        let variables = [("LINGER_SERVER", &*between.url()), ("NO_COLOR", "1")];
        Pty::start_in(home.path(), 80, 24, &["general"], &variables)
    };
    let problem = r#"{"type":"/problems/wrong-credentials","title":"","status":401,"detail":"No user has these."}"#;
    between.answers("/connect", "401 Unauthorized", "Content-Type: application/problem+json\r\n", problem);
    let mut alice = start();
    for answer in ["", "n", "y"] {
        alice.prompts("Name (empty for a made-up one): ");
        alice.enters("alice");
        alice.prompts("Password (empty for a guest): ");
        alice.enters("correct horse");
        alice.prompts("Create a new account named alice? [y/N] ");
        let requests = between.requests();
        let mut sign_ins = requests.iter().filter(|request| request.line == "POST /connect");
        assert!(
            sign_ins.all(|request| request.body.contains(r#""create": false"#)),
            "no account is made before the answer: {requests:?}"
        );
        if answer == "y" {
            between.passes();
        }
        alice.enters(answer);
    }
    alice.prompts("Password again: ");
    alice.enters("correct horse");
    alice.prompts("[#general]> ");
    assert_eq!(Home::at(&server).run_with_input(&["login"], "alice\ncorrect horse\n").status, 0);

    between.answers("/connect", "401 Unauthorized", "Content-Type: application/problem+json\r\n", problem);
    let again = Home::at(&server);
    let variables = [("LINGER_SERVER", &*between.url()), ("NO_COLOR", "1")];
    let mut bob = Pty::start_in(again.path(), 80, 24, &["general", "--user", "bob"], &variables);
    bob.prompts("Password (empty for a guest): ");
    bob.enters("correct horse");
    bob.prompts("Create a new account named bob? [y/N] ");
    bob.enters("y");
    bob.prompts("Password again: ");
    bob.enters("corect horse");
    bob.shows("The passwords differ; no account was created.");
    bob.prompts("Password (empty for a guest): ");
}

#[test]
fn a_wrong_password_may_be_corrected_twice() {
    let server = Server::start();
    let _elsewhere = Friend::account(&server, "alice");
    let mut alice = linger_with(&Home::at(&server), &server, &["general", "--user", "alice"]);
    for _ in 0..2 {
        alice.prompts("Password (empty for a guest): ");
        alice.enters("not the password");
        alice.shows("No user has this name and password.");
        alice.prompts("Create a new account named alice? [y/N] ");
        alice.enters("");
    }
    alice.prompts("Password (empty for a guest): ");
    alice.enters("alice password");
    alice.prompts("[#general]> ");

    let mut mallory = linger_with(&Home::at(&server), &server, &["general", "--user", "alice"]);
    for wrong in ["not the password", "", "too short"] {
        mallory.prompts("Password (empty for a guest): ");
        mallory.enters(wrong);
        if !wrong.is_empty() {
            mallory.prompts("Create a new account named alice? [y/N] ");
            mallory.enters("");
        }
    }
    assert_eq!(mallory.ends().0, 4);
}

#[test]
fn a_new_password_that_cannot_be_repeated_is_shown_on_request() {
    let server = Server::start();
    let home = Home::at(&server);
    let mut alice = linger_with(&home, &server, &["general", "--create", "--user", "alice"]);
    alice.prompts("Password (empty for a guest): ");
    alice.enters("corect horse");
    for _ in 0..3 {
        alice.prompts("Password again: ");
        alice.enters("correct horse");
    }
    alice.prompts("Show the password you typed first? [y/N] ");
    alice.enters("y");
    alice.shows("It was: corect horse");
    alice.prompts("[#general]> ");
    Home::at(&server).run_with_input(&["login", "--user", "alice"], "corect horse\n").ok();
}

#[test]
fn an_empty_password_makes_a_guest_who_returns_under_the_same_name() {
    let server = Server::start();
    let home = Home::at(&server);
    let mut bob = linger(&home, &server);
    bob.prompts("Name (empty for a made-up one): ");
    bob.enters("bob");
    bob.prompts("Password (empty for a guest): ");
    bob.enters("");
    bob.shows("You are bob, a guest.");
    bob.prompts("[#general]> ");
    drop(bob);
    let mut again = linger(&home, &server);
    again.shows("You are bob, a guest.");

    let mut somebody = linger(&Home::at(&server), &server);
    somebody.prompts("Name (empty for a made-up one): ");
    somebody.enters("");
    somebody.shows("You are guest");
    somebody.prompts("[#general]> ");
}

#[test]
fn ctrl_c_at_either_prompt_exits_with_130_and_restores_the_terminal() {
    let server = Server::start();
    let mut alice = linger(&Home::at(&server), &server);
    alice.prompts("Name (empty for a made-up one): ");
    alice.types(CTRL_C);
    assert_eq!(alice.ends().0, 130);

    let mut alice = linger_with(&Home::at(&server), &server, &["general", "--user", "alice"]);
    alice.prompts("Password (empty for a guest): ");
    alice.types(&format!("half{CTRL_C}"));
    assert_eq!(alice.ends().0, 130);
    assert!(alice.is_cooked());
}

#[test]
fn the_end_of_the_input_at_the_first_prompt_signs_in_no_user() {
    let server = Server::start();
    let home = Home::at(&server);
    let mut nobody = linger(&home, &server);
    nobody.prompts("Name (empty for a made-up one): ");
    nobody.types(CTRL_D);
    assert_eq!(nobody.ends().0, 4);
    assert_eq!(home.state_files().len(), 0);
}

#[test]
fn a_session_ended_elsewhere_asks_for_the_password_again() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    Friend::with_token(&server, &home.token("alice")).disconnects();
    let mut alice = linger(&home, &server);
    alice.shows("alice: your session has ended.");
    alice.prompts("Password (empty for a guest): ");
    alice.enters("alice password");
    alice.prompts("[#general]> ");
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n");
}

#[test]
fn a_table_has_a_heading_on_a_terminal_only() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let mut rooms = linger_with(&home, &server, &["rooms"]);
    let (status, seen) = rooms.ends();
    assert_eq!((status, seen.rows.len()), (0, 2), "{seen:?}");
    assert!(seen.rows[0].starts_with("room ") && seen.rows[1].starts_with("general "));
    assert_eq!(home.run(&["rooms"]).ok().lines().count(), 1);
}

#[test]
fn messages_are_coloured_on_a_terminal_unless_no_color_is_set() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    home.run(&["send", "hello"]).ok();
    let url = server.url();
    let read = |variables: &[(&str, &str)]| {
        let arguments = ["read", "--last", "1", "--server", &url];
        let mut read = Pty::start_in(home.path(), 80, 24, &arguments, variables);
        let (status, seen) = read.ends();
        assert!(status == 0 && seen.rows[0].ends_with("#general alice: hello"), "{seen:?}");
        read.written()
    };
    assert!(read(&[]).contains("\x1b["));
    assert!(!read(&[("NO_COLOR", "1")]).contains("\x1b["));
    assert!(!read(&[("TERM", "dumb")]).contains("\x1b["));
}

#[test]
fn send_without_a_text_on_a_terminal_is_refused() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let mut send = linger_with(&home, &server, &["send"]);
    send.shows("nothing to send");
    assert_eq!(send.ends().0, 2);
}
