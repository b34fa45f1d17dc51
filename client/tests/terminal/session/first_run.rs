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

/// How a stranger is asked to come in.
const CHOICE: &str = "Sign in, new account or guest? [s/n/g] ";

#[test]
fn the_server_is_named_before_a_name_is_asked_for() {
    let server = Server::start_with(&[("ROCKET_CHAT__NAME", "The harbour")]);
    let mut alice = linger(&Home::at(&server), &server);
    let seen = alice.prompts(CHOICE);
    assert!(seen.rows[0].starts_with(&format!("Server: {}", server.url())), "{seen:?}");
    assert_eq!(seen.rows[1], "Welcome to The harbour.");

    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{nobody}");
    let mut alice = Pty::start_in(Home::new().path(), 80, 24, &["--server", &nobody], &[]);
    let (status, seen) = alice.ends();
    let seen = seen.rows.join(" ");
    assert!(status == 3 && seen.contains(&nobody) && !seen.contains("Sign in"), "{status}: {seen}");
}

#[test]
fn a_new_account_has_its_name_said_back_and_the_next_run_asks_nothing() {
    let server = Server::start();
    let home = Home::at(&server);
    let mut first = linger(&home, &server);
    for (asked, answer) in (1..).zip(["", "what?", "n"]) {
        let is_asked = |row: &&String| row.starts_with(CHOICE.trim_end());
        first.waits("the question again", |seen| seen.rows.iter().filter(is_asked).count() == asked);
        first.enters(answer);
    }
    first.prompts("Your new name: ");
    first.enters("Alice Miller");
    first.shows("A name consists of a-z, 0-9, - and _.");
    first.prompts("Your new name: ");
    first.enters("Alcie");
    first.prompts("Others will see you as alcie. Take this name? [Y/n] ");
    first.enters("n");
    first.prompts("Your new name: ");
    first.enters("Alice");
    first.prompts("Others will see you as alice. Take this name? [Y/n] ");
    first.enters("");
    for again in ["corect horse", "correct horse"] {
        first.prompts("New password: ");
        first.enters("correct horse");
        first.prompts("Password again: ");
        first.enters(again);
    }
    first.shows("The passwords differ.");
    first.prompts("[#general]> ");
    assert!(!first.written().contains("correct"), "a password is not echoed");
    first.types(CTRL_D);
    assert_eq!(first.ends().0, 0);

    let mut second = linger(&home, &server);
    second.prompts("[#general]> ");
    assert!(!second.written().contains("Server") && !second.written().contains("Password"));
    second.enters("here again");
    second.shows("alice: here again");
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n", "scripts use the same sign-in");
}

#[test]
fn an_existing_name_asks_for_its_password_once() {
    let server = Server::start();
    let _elsewhere = Friend::account(&server, "alice");
    let mut alice = linger(&Home::at(&server), &server);
    alice.prompts(CHOICE);
    alice.enters("sign in");
    alice.prompts("Name: ");
    alice.enters("alice");
    alice.prompts("Password: ");
    alice.enters("alice password");
    alice.prompts("[#general]> ");
    assert!(!alice.written().contains("again"));
}

#[test]
fn signing_in_makes_no_account() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::at(&server);
    let variables = [("LINGER_SERVER", &*between.url()), ("NO_COLOR", "1")];
    let mut alice = Pty::start_in(home.path(), 80, 24, &["general"], &variables);
    for _ in 0..3 {
        alice.prompts(CHOICE);
        alice.enters("s");
        alice.prompts("Name: ");
        alice.enters("alice");
        alice.prompts("Password: ");
        alice.enters("correct horse");
    }
    assert_eq!(alice.ends().0, 4);
    let requests = between.requests();
    let mut sign_ins = requests.iter().filter(|request| request.line == "POST /connect");
    assert!(sign_ins.all(|request| request.body.contains(r#""create": false"#)), "{requests:?}");
    home.run_with_input(&["login"], "alice\ncorrect horse\n").fails(4);
}

#[test]
fn a_wrong_password_may_be_corrected_twice() {
    let server = Server::start();
    let _elsewhere = Friend::account(&server, "alice");
    let mut alice = linger_with(&Home::at(&server), &server, &["general", "--user", "alice"]);
    for _ in 0..2 {
        alice.prompts("Password: ");
        alice.enters("not the password");
        alice.shows("No user has this name and password.");
    }
    alice.prompts("Password: ");
    alice.enters("alice password");
    alice.prompts("[#general]> ");

    let mut mallory = linger_with(&Home::at(&server), &server, &["general", "--user", "alice"]);
    for wrong in ["not the password", "nor this one", "too short"] {
        mallory.prompts("Password: ");
        mallory.enters(wrong);
    }
    assert_eq!(mallory.ends().0, 4);
}

/// A server before 0.2 makes accounts unasked, and tells only afterwards.
#[test]
fn a_new_password_that_cannot_be_repeated_is_shown_on_request() {
    let server = Server::start();
    let between = Between::at(&server);
    between.is_of_0_1();
    let body = serde_json::json!({ "username": "alice", "password": "corect horse" });
    let made = ureq::post(format!("{}/connect", server.url())).send_json(body).unwrap();
    let made = made.into_body().read_to_string().unwrap();
    between.answers("/connect", "201 Created", "Content-Type: application/json\r\n", &made);
    let home = Home::new();
    let variables = [("LINGER_SERVER", &*between.url()), ("NO_COLOR", "1")];
    let mut alice = Pty::start_in(home.path(), 80, 24, &["general", "--user", "alice"], &variables);
    alice.prompts("Password: ");
    alice.enters("corect horse");
    alice.shows("The name alice was free and is now yours.");
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
fn a_guest_returns_under_the_same_name() {
    let server = Server::start();
    let home = Home::at(&server);
    let mut bob = linger(&home, &server);
    bob.prompts(CHOICE);
    bob.enters("g");
    bob.prompts("Your name (empty for a made-up one): ");
    bob.enters("bob");
    bob.prompts("Others will see you as bob. Take this name? [Y/n] ");
    bob.enters("y");
    bob.shows("You are bob, a guest.");
    bob.prompts("[#general]> ");
    drop(bob);
    let mut again = linger(&home, &server);
    again.shows("You are bob, a guest.");

    let mut somebody = linger(&Home::at(&server), &server);
    somebody.prompts(CHOICE);
    somebody.enters("guest");
    somebody.prompts("Your name (empty for a made-up one): ");
    somebody.enters("");
    somebody.shows("You are guest");
    somebody.prompts("[#general]> ");
}

#[test]
fn ctrl_c_at_either_prompt_exits_with_130_and_restores_the_terminal() {
    let server = Server::start();
    let mut alice = linger(&Home::at(&server), &server);
    alice.prompts(CHOICE);
    alice.types(CTRL_C);
    assert_eq!(alice.ends().0, 130);

    let mut alice = linger_with(&Home::at(&server), &server, &["general", "--user", "alice"]);
    alice.prompts("Password: ");
    alice.types(&format!("half{CTRL_C}"));
    assert_eq!(alice.ends().0, 130);
    assert!(alice.is_cooked());
}

#[test]
fn the_end_of_the_input_at_the_first_prompt_signs_in_no_user() {
    let server = Server::start();
    let home = Home::at(&server);
    let mut nobody = linger(&home, &server);
    nobody.prompts(CHOICE);
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
    alice.prompts("Password: ");
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

#[test]
fn a_guest_is_asked_before_the_name_is_lost() {
    let server = Server::start();
    let home = Home::of_guest(&server, "alice");
    for (answer, said) in [("", "You are still signed in."), ("y", "alice is signed out of")] {
        let url = server.url();
        let mut logout = Pty::start_in(home.path(), 80, 24, &["logout"], &[("LINGER_SERVER", &url)]);
        logout.prompts("A guest cannot come back as alice. Sign out? [y/N]");
        logout.enters(answer);
        logout.shows(said);
        assert_eq!(logout.ends().0, 0);
    }
    home.run(&["whoami"]).fails(4);
}
