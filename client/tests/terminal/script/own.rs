//! `password` and `sessions`: the user's own account.

use crate::harness::{Home, Pty, Server};

#[test]
fn a_new_password_ends_the_other_sessions() {
    let server = Server::start();
    let (alice, elsewhere) = (Home::of_account(&server, "alice"), Home::at(&server));
    elsewhere.run_with_input(&["login", "--user", "alice"], "alice password\n").ok();
    let said = alice.run_with_input(&["password", "--password-stdin"], "not hers\nnew password of alice\n").fails(4);
    assert!(said.contains("password"), "{said}");
    let set = alice.run_with_input(&["password", "--password-stdin"], "alice password\nnew password of alice\n");
    assert!(set.err.contains("Your password is set."), "{set:?}");
    assert_eq!(alice.run(&["whoami"]).ok(), "alice\n");
    elsewhere.run(&["whoami", "--user", "alice"]).fails(4);
    Home::at(&server).run_with_input(&["login", "--user", "alice"], "alice password\n").fails(4);
    Home::at(&server).run_with_input(&["login", "--user", "alice"], "new password of alice\n").ok();
    for nothing in ["", "new password of alice\n", "\n\n"] {
        alice.run_with_input(&["password", "--password-stdin"], nothing).fails(2);
    }
    alice.run_with_input(&["password"], "new password of alice\nanother password\n").fails(2);
}

#[test]
fn a_guest_becomes_an_account() {
    let server = Server::start();
    let bob = Home::of_guest(&server, "bob");
    bob.run_with_input(&["password", "--password-stdin", "--user", "bob"], "password of bob\n").ok();
    assert_eq!(bob.run(&["whoami", "--user", "bob", "--json"]).json()[0]["guest"], false);
    assert!(!std::fs::read_to_string(bob.credential("bob")).unwrap().contains("\"guest\":true"));
    Home::at(&server).run_with_input(&["login", "--user", "bob"], "password of bob\n").ok();
}

#[test]
fn sessions_are_listed_and_ended() {
    let server = Server::start();
    let (alice, phone, tablet) = (Home::of_account(&server, "alice"), Home::at(&server), Home::at(&server));
    for home in [&phone, &tablet] {
        home.run_with_input(&["login"], "alice\nalice password\n").ok();
    }
    let all = alice.run(&["sessions", "--json"]).json();
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(all.iter().filter(|one| one["current"] == true).count(), 1);
    assert_eq!(alice.run(&["sessions"]).ok().lines().filter(|line| line.ends_with("this session")).count(), 1);
    let own = phone.run(&["sessions", "--json"]).json();
    let id = own.iter().find(|one| one["current"] == true).unwrap()["id"].as_str().unwrap().to_owned();
    alice.run(&["sessions", "--end", &id[..12]]).ok();
    phone.run(&["whoami"]).fails(4);
    assert!(alice.run(&["sessions", "--end", "nope"]).fails(5).contains("there is no session nope"));
    tablet.run(&["whoami"]).ok();
    alice.run(&["sessions", "--end-others"]).ok();
    tablet.run(&["whoami"]).fails(4);
    assert_eq!(alice.run(&["sessions", "--json"]).json().len(), 1);
}

#[test]
fn passwords_are_asked_for_without_echo() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
    let start = || Pty::start_in(home.path(), 100, 24, &["password"], &variables);
    let mut differing = start();
    for (question, answer) in
        [("Old password: ", "alice password"), ("New password: ", "correct horse"), ("New password again: ", "x")]
    {
        differing.prompts(question);
        differing.enters(answer);
    }
    differing.shows("the passwords differ; nothing has changed");
    assert_eq!(differing.ends().0, 2);
    let mut alice = start();
    for (question, answer) in [
        ("Old password: ", "alice password"),
        ("New password: ", "correct horse"),
        ("New password again: ", "correct horse"),
    ] {
        alice.prompts(question);
        alice.enters(answer);
    }
    alice.shows("Your password is set.");
    assert!(!alice.written().contains("horse"));
    assert_eq!(alice.ends().0, 0);
}
