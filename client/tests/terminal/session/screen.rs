//! The screen when something else changes it: another width, a shell, characters that terminals join.

use std::path::Path;

use crate::harness::{Friend, Home, Pty, Server};

/// Messages that must stay on the screen.
const EARLIER: [&str; 3] = ["bob: the first", "bob: the second", "bob: the third"];

fn with_messages(columns: u16, server: &Server) -> (Friend, Pty) {
    let bob = Friend::guest(server, "bob");
    let mut alice = Pty::guest_on(columns, 24, server, "alice");
    for message in EARLIER {
        bob.says(message.strip_prefix("bob: ").unwrap());
        alice.shows(message);
    }
    (bob, alice)
}

fn has_earlier(rows: &[String]) -> bool {
    EARLIER.iter().all(|message| rows.iter().filter(|row| row.ends_with(message)).count() == 1)
}

#[test]
fn messages_above_a_long_line_survive_another_width() {
    let server = Server::start();
    let (bob, mut alice) = with_messages(40, &server);
    let line = "0123456789".repeat(15);
    alice.types(&line);
    alice.waits("the line", |seen| seen.rows.concat().contains(&line));
    for columns in [120, 40, 30, 200, 80] {
        alice.resize(columns, 24);
        for (keys, all) in [("", line.clone()), ("x", format!("{line}x")), ("\x7f", line.clone())] {
            alice.types(keys);
            let seen = alice.waits("the line", |seen| {
                let typed: Vec<_> =
                    seen.rows.iter().skip_while(|row| !row.starts_with("[#general]>")).cloned().collect();
                let all = format!("[#general]> {all}");
                typed.concat() == all && typed[0].len() == all.len().min(usize::from(columns))
            });
            assert!(has_earlier(&seen.rows), "{columns}: {seen:?}");
        }
    }
    bob.says("the fourth");
    let seen = alice.shows("bob: the fourth");
    assert!(has_earlier(&seen.rows), "{seen:?}");
    alice.enters("");
    let seen = alice.shows("alice: 0123456789");
    assert!(has_earlier(&seen.rows), "{seen:?}");
}

#[test]
fn joined_characters_take_the_columns_that_the_editor_counts() {
    let server = Server::start();
    let (bob, mut alice) = with_messages(40, &server);
    let text = format!("{} and more, ❤️ 👋🏿", "👨‍👩‍👧‍👦".repeat(6));
    alice.types(&text);
    alice.waits("the line", |seen| seen.rows.concat().contains("👨👩👧👦") && seen.rows.concat().contains("and more"));
    for keys in ["x", "\x7f", "\x1b[D", "\x1b[C"] {
        alice.types(keys);
    }
    bob.says("the fourth");
    let seen = alice.shows("bob: the fourth");
    assert!(has_earlier(&seen.rows), "{seen:?}");
    assert!(!alice.written().contains('\u{200d}'), "what terminals would join is drawn apart");
    alice.enters("");
    let seen = alice.waits("the message", |seen| seen.rows.iter().any(|row| row.contains("alice: 👨")));
    assert!(has_earlier(&seen.rows), "{seen:?}");
    assert_eq!(bob.reads().last().unwrap().text, text, "what is sent is what was typed");
}

#[test]
fn a_session_is_stopped_and_continued_by_any_shell() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    for (number, shell) in ["/bin/dash", "/bin/bash"].into_iter().filter(|shell| Path::new(shell).exists()).enumerate()
    {
        let home = Home::new();
        let name = format!("alice{number}");
        let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
        let mut alice = Pty::shell(home.path(), shell, &variables);
        alice.prompts("shell$");
        alice.enters(&format!("$LINGER --guest --user {name} general"));
        alice.prompts("[#general]>");
        for round in 0..2 {
            alice.types("half a ");
            alice.prompts("[#general]> half a");
            alice.types("\x1a");
            alice.prompts("shell$");
            alice.enters("stty -a | grep -c -- -icanon");
            alice.waits("a sane terminal", |seen| seen.rows.iter().any(|row| row == "0"));
            bob.says(&format!("meanwhile {round}"));
            alice.enters("fg");
            alice.shows(&format!("bob: meanwhile {round}"));
            alice.prompts("[#general]> half a");
            alice.types("line\r");
            alice.shows(&format!("{name}: half a line"));
            alice.prompts("[#general]>");
            alice.types("\x0c");
            alice.waits("a clear screen", |seen| seen.rows == ["[#general]>"]);
        }
        alice.enters("/quit");
        alice.prompts("shell$");
    }
}

#[test]
fn ctrl_z_does_nothing_where_nothing_could_continue_the_session() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    alice.types("half a\x1a line\r");
    alice.shows("alice: half a line");
}
