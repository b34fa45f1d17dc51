//! Several lines at once, pasted or typed: one message. And what is no text.

use crate::harness::{Friend, Home, Pty, Server};

#[test]
fn pasted_text_is_not_sent_before_enter() {
    let server = Server::start();
    let friend = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    alice.types("\x1b[200~one\ntwo\nthree\x1b[201~");
    let seen = alice.waits("three rows", |seen| seen.rows.last().is_some_and(|row| row == "three"));
    assert_eq!(seen.rows[seen.rows.len() - 3], "[#general]> one");
    alice.enters(" and a half");
    alice.shows("alice: one");
    let messages = friend.reads();
    let texts: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["one\ntwo\nthree and a half"]);
    let rows = alice.sight().rows;
    let at = rows.iter().position(|row| row.ends_with("alice: one")).unwrap();
    assert_eq!(rows[at + 1..at + 3], ["      two", "      three and a half"]);
}

#[test]
fn more_than_five_lines_at_once_are_one_message_that_enter_sends() {
    let server = Server::start();
    let historian = Friend::guest(&server, "historian");
    let mut alice = Pty::guest(&server, "alice");
    // Without brackets, as terminals paste that have none.
    alice.types("one\rtwo\r\rfour\r/five\rsix\r");
    let seen = alice.prompts("six");
    assert_eq!(seen.rows[seen.rows.len() - 6], "[#general]> one");
    // Ctrl-C drops it, and so does Escape.
    alice.types("\x03");
    alice.prompts("[#general]>");
    alice.types("a\rb\rc\rd\re\rf");
    alice.prompts("f");
    alice.types("\x1b");
    alice.prompts("[#general]>");
    assert_eq!(historian.reads(), []);
    alice.types("1\r2\r3\r4\r5\r6\r");
    alice.prompts("6");
    alice.enters("");
    alice.shows("alice: 1");
    alice.types("few\rlines\r");
    alice.shows("alice: lines");
    let said: Vec<_> = historian.reads().into_iter().map(|message| message.text).collect();
    assert_eq!(said, ["1\n2\n3\n4\n5\n6", "few", "lines"]);
}

#[test]
fn several_lines_say_which_keys_send_and_drop_them() {
    let server = Server::start();
    let home = Home::at(&server);
    let arguments = ["--guest", "--user", "alice", "general"];
    let url = server.url();
    let mut alice = Pty::start_in(home.path(), 80, 24, &arguments, &[("LINGER_SERVER", &url)]);
    alice.prompts("[#general]>");
    alice.types("\x1b[200~one\rtwo\x1b[201~");
    alice.shows("two  (2 lines: Enter sends them, Escape drops them)");
    alice.types("\x1b");
    alice.prompts("[#general]>");
    alice.types("\x1b[200~one\rtwo\r\x1b[201~");
    alice.shows("  (2 lines: Enter sends them, Escape drops them)");
}

#[test]
fn bytes_that_are_no_text_do_not_end_the_session() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    // As a terminal types that is set to Latin-1, and as a pasted file may begin.
    alice.types_bytes(b"caf\xe9 first");
    alice.prompts("[#general]> caf? first");
    alice.types_bytes(b"\x1b[200~ and \xff\xfe\x1b[201~");
    alice.prompts("[#general]> caf? first and ??");
    alice.enters("");
    alice.shows("alice: caf? first and ??");
}
