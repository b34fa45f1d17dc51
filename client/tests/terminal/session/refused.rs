//! A token that the server refuses in the middle of a line: what the line does happens once, where it was meant.

use crate::harness::{Between, Friend, Home, Pty, Server};

const PROBLEM: &str = "Content-Type: application/problem+json\r\n";
const ENDED: &str = r#"{"type":"/problems/unauthorized","title":"","status":401,"detail":""}"#;

#[test]
fn a_piped_line_whose_answer_was_lost_before_a_renewal_is_stored_once() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::of_account(&server, "alice").with("LINGER_SERVER", &between.url());
    home.run_with_input(&["login"], "alice\nalice password\n").ok();
    between.loses("/send");
    between.answers_once("/send", "401 Unauthorized", PROBLEM, ENDED);
    home.run_with_input(&[], "said once only?\n").ok();
    let tried = between.requests().into_iter().filter(|request| request.line == "POST /send").count();
    assert_eq!(tried, 3, "a lost answer, a refused token, and the message");
    let texts: Vec<_> = Friend::guest(&server, "bob").reads().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["said once only?"]);
}

#[test]
fn a_command_whose_token_is_refused_is_carried_out_with_another() {
    let server = Server::start();
    Friend::guest(&server, "bob").creates("lobby");
    let refused = |between: &Between, path| between.answers_once(path, "401 Unauthorized", PROBLEM, ENDED);
    // A token that was just renewed is not renewed again, so each has a session of its own.
    let session = |between: &Between| {
        let home = Home::new().with("LINGER_SERVER", &between.url());
        home.run_with_input(&["login", "--create"], "alice\nalice password\n").ok();
        let url = between.url();
        let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
        alice.prompts("[#general]>");
        (alice, home)
    };

    let between = Between::at(&server);
    let (mut alice, _home) = session(&between);
    refused(&between, "/room/2/join");
    alice.enters("/join lobby");
    alice.prompts("[#lobby]>");

    // It leads to where it led at first, which is not the conversation before that one.
    let between = Between::at(&server);
    let (mut alice, _home) = session(&between);
    alice.enters("/join lobby");
    alice.prompts("[#lobby]>");
    refused(&between, "/status");
    alice.enters("/switch");
    alice.prompts("[#general]>");

    // A retry creates no second room.
    for (command, said) in [("/create den", "[#den]>"), ("/group bob", "bob and you are here")] {
        let between = Between::at(&server);
        let (mut alice, _home) = session(&between);
        between.loses("/rooms");
        refused(&between, "/rooms");
        alice.enters(command);
        alice.shows(said);
        let requests = between.requests();
        let created = requests.iter().filter(|request| request.line == "POST /rooms");
        let keys: Vec<_> = created.map(|request| request.header("idempotency-key").unwrap()).collect();
        assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
}

#[test]
fn a_command_whose_token_is_refused_changes_the_message_that_it_meant() {
    let server = Server::start();
    let mut home = Home::of_account(&server, "alice");
    let (elsewhere, bob) = (Friend::account(&server, "alice"), Friend::guest(&server, "bob"));
    for (command, author, method, path) in [
        ("/delete", &elsewhere, "DELETE", ""),
        ("/edit otherwise", &elsewhere, "PATCH", ""),
        ("/react 👍", &bob, "PUT", "/reactions/%F0%9F%91%8D"),
    ] {
        let (meant, later) = (format!("before {method}"), format!("after {method}"));
        let seq = author.says(&meant).seq;
        let between = Between::at(&server);
        home.set("LINGER_SERVER", &between.url());
        home.run_with_input(&["login"], "alice\nalice password\n").ok();
        let url = between.url();
        let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[("NO_COLOR", "1")]);
        alice.shows(&meant);
        between.answers_once("/room/1/messages/", "401 Unauthorized", PROBLEM, ENDED);
        between.withholds("/me/token");
        alice.enters(command);
        between.waits_for("POST /me/token", 1);
        author.says(&later);
        alice.shows(&later);
        between.passes();
        between.waits_for(&format!("{method} /room/1/messages/{seq}{path}"), 2);
    }
}
