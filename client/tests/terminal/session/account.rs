//! The user's own account in a session.

use crate::harness::{Friend, Home, Pty, Server};

fn start(home: &Home, server: &Server) -> Pty {
    let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
    let mut pty = Pty::start_in(home.path(), 100, 30, &["general"], &variables);
    pty.prompts("[#general]>");
    pty
}

#[test]
fn a_display_name_is_set_shown_and_removed() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let mut alice = start(&home, &server);
    alice.enters("/nick");
    alice.shows("You are alice, and have no other name.");
    alice.enters("/nick Alice Miller");
    alice.shows("You are alice, shown as Alice Miller.");
    alice.enters("/account");
    let seen = alice.shows("an account");
    assert!(seen.rows.iter().any(|row| row.starts_with("shown as  Alice Miller")), "{seen:?}");
    alice.enters("/clear");
    alice.enters("/nick alice");
    alice.shows("You are alice, and have no other name.");
}

#[test]
fn tab_completes_the_sessions_that_can_be_ended() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let phone = Home::at(&server);
    phone.run_with_input(&["login"], "alice\nalice password\n").ok();
    let own = phone.run(&["sessions", "--json"]).json();
    let id = own.iter().find(|one| one["current"] == true).unwrap()["id"].as_str().unwrap().to_owned();
    let mut alice = start(&home, &server);
    alice.types(&format!("/sessions end {}", &id[..6]));
    alice.presses_until("\t", &format!("[#general]> /sessions end {}", &id[..8]));
    alice.types("\r");
    alice.shows("The session has ended.");
    phone.run(&["whoami"]).fails(4);
}

#[test]
fn a_password_is_typed_while_messages_wait() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let bob = Friend::account(&server, "bob");
    let mut alice = start(&home, &server);
    alice.enters("/passwd");
    alice.prompts("Old password: ");
    bob.says("hello there");
    alice.enters("alice password");
    alice.prompts("New password: ");
    alice.enters("correct horse");
    alice.prompts("New password again: ");
    assert!(!alice.written().contains("hello there"), "not in the middle of a question");
    alice.enters("correct horse");
    alice.shows("Your password is set. Your other sessions have ended.");
    alice.shows("bob: hello there");
    assert!(!alice.written().contains("horse"));
    alice.enters("/passwd");
    alice.prompts("Old password: ");
    alice.types("\x03");
    alice.shows("Nothing has changed.");
    alice.enters("still here");
    alice.shows("alice: still here");
}

#[test]
fn sessions_are_ended_from_a_session() {
    let server = Server::start();
    let (home, phone) = (Home::of_account(&server, "alice"), Home::at(&server));
    phone.run_with_input(&["login"], "alice\nalice password\n").ok();
    let mut alice = start(&home, &server);
    alice.enters("/sessions");
    alice.shows("this session");
    alice.enters("/sessions end nope");
    alice.shows("There is no session nope, or more than one");
    alice.enters("/sessions end others");
    alice.shows("Your other sessions have ended.");
    phone.run(&["whoami"]).fails(4);
    alice.enters("still here");
    alice.shows("alice: still here");
}

#[test]
fn a_guest_becomes_an_account_in_a_session() {
    let server = Server::start();
    let home = Home::of_guest(&server, "bob");
    let variables = [("LINGER_SERVER", &*server.url()), ("LINGER_USER", "bob"), ("NO_COLOR", "1")];
    let mut bob = Pty::start_in(home.path(), 100, 30, &["general"], &variables);
    bob.prompts("[#general]>");
    bob.enters("/account");
    bob.shows("a guest; /passwd makes it an account");
    bob.enters("/passwd");
    bob.prompts("New password: ");
    bob.enters("correct horse");
    bob.prompts("New password again: ");
    bob.enters("correct horse");
    bob.shows("bob is an account now, with this password.");
    Home::at(&server).run_with_input(&["login", "--user", "bob"], "correct horse\n").ok();
}

#[test]
fn only_an_administrator_shuts_users_out() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let _bob = Friend::account(&server, "bob");
    let mut alice = start(&home, &server);
    alice.enters("/disable bob");
    alice.shows("dministrator");
    Home::at(&server).run_with_input(&["login", "--user", "bob"], "bob password\n").ok();
}
