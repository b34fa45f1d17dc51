//! `linger read --changes`: messages and their changes, from where the last output ended.

use std::io::{BufRead, BufReader};

use serde_json::{Value, json};

use crate::harness::{Between, Friend, Home, Server};

/// Returns the messages of an output, as number, text and whether they are changed ones.
fn messages(lines: &[Value]) -> Vec<(i64, &str, bool)> {
    let messages = lines.iter().filter(|line| line["id"].is_i64());
    messages
        .map(|line| (line["seq"].as_i64().unwrap(), line["text"].as_str().unwrap(), !line["revision"].is_null()))
        .collect()
}

#[test]
fn changes_are_printed_once_as_the_messages_are_now() {
    let server = Server::start();
    let alice = Friend::guest(&server, "alice");
    for stream in [&["read", "--changes", "--json"][..], &["read", "--changes", "--json", "--room", "general"]] {
        let bob = Home::of_guest(&server, if stream.len() == 3 { "bob" } else { "carol" });
        let first = alice.says("one").seq;
        alice.says("two");
        let read = || bob.run(stream).json();
        let lines = read();
        let found = messages(&lines);
        assert!(found.ends_with(&[(first, "one", false), (first + 1, "two", false)]), "{lines:#?}");
        alice.edits(first, "uno");
        alice.edits(first, "UNO");
        alice.deletes(first + 1);
        alice.says("three");
        let lines = read();
        let expected = [(first + 2, "three", false), (first, "UNO", true), (first + 1, "", true)];
        assert_eq!(messages(&lines), expected, "{lines:#?}");
        assert_eq!(lines.last().map(|line| &line["deleted_by"]), Some(&json!("alice")));
        assert!(read().is_empty());
        // Nobody else's position has moved.
        let plain = bob.run(&stream.iter().copied().filter(|flag| *flag != "--changes").collect::<Vec<_>>()).json();
        assert!(plain.iter().any(|line| line["text"] == "UNO"), "{plain:#?}");
    }
}

#[test]
fn changes_are_printed_although_an_output_was_interrupted() {
    let server = Server::start();
    let alice = Friend::guest(&server, "alice");
    for stream in [&["read", "--changes", "--json"][..], &["read", "--changes", "--json", "--room", "general"]] {
        let bob = Home::of_guest(&server, if stream.len() == 3 { "bob" } else { "carol" });
        // The first run reads a history or unread messages, the second one goes on after a cursor.
        for run in ["first", "second"] {
            // More than a pipe takes.
            let sent: Vec<_> = (0..12).map(|_| alice.says(&"long ".repeat(3_000)).seq).collect();
            let mut reader = bob.start(stream);
            let mut output = BufReader::new(reader.0.stdout.take().unwrap()).lines().map_while(Result::ok);
            let seqs: Vec<_> =
                output.by_ref().map(|line| seq(&line)).filter(|seq| sent.contains(seq)).take(2).collect();
            assert_eq!(seqs, sent[..2], "{run}");
            drop(output);
            reader.0.wait().unwrap();
            alice.edits(sent[1], "short");
            let rest = bob.run(stream).json();
            let rest = messages(&rest);
            assert!(rest.contains(&(sent[1], "short", true)), "{run} {stream:?}: {rest:?}");
            let new: Vec<_> = rest.iter().filter(|(_, _, is_changed)| !is_changed).map(|(seq, ..)| *seq).collect();
            assert!(new.len() > 2 && sent.ends_with(&new), "{run} {stream:?}: {new:?}");
            assert!(bob.run(stream).ok().is_empty());
        }
    }
}

fn seq(line: &str) -> i64 {
    serde_json::from_str::<Value>(line).unwrap()["seq"].as_i64().unwrap_or_default()
}

#[test]
fn changes_are_followed() {
    let server = Server::start();
    let alice = Friend::guest(&server, "alice");
    let bob = Home::of_guest(&server, "bob");
    for stream in [&["read", "--changes", "--follow"][..], &["read", "--changes", "--follow", "--room", "general"]] {
        let mut follow = bob.start(stream);
        let lines = follow.lines();
        let seq = alice.says("teh text").seq;
        while !lines.next().ends_with("alice: teh text") {}
        alice.edits(seq, "the fixed\u{202e} text");
        let line = lines.next();
        assert!(line.starts_with("— alice edited ") && line.ends_with(": the fixed<U+202E> text"), "{line}");
        alice.likes(seq);
        while !lines.next().starts_with("— reactions to ") {}
        alice.deletes(seq);
        let line = lines.next();
        assert!(line.starts_with("— alice deleted "), "{line}");
    }
}

#[test]
fn what_is_read_and_joined_is_told_as_json() {
    let server = Server::start();
    let alice = Friend::guest(&server, "alice");
    let bob = Home::of_guest(&server, "bob");
    bob.run(&["read", "--changes"]).ok();
    alice.says("hi");
    bob.run(&["read", "--changes"]).ok();
    // Another session: what a session reads itself is no news to it.
    let other = Friend::with_token(&server, &bob.token("bob")).connects_again();
    Friend::with_token(&server, &other).has_read("room/1", 1);
    let lines = bob.run(&["read", "--changes", "--json"]).json();
    assert!(lines.iter().any(|line| line["room"] == "general" && line["unread"] == 0), "{lines:#?}");
}

#[test]
fn a_server_of_0_1_prints_messages_and_says_so() {
    let server = Server::start();
    let alice = Friend::guest(&server, "alice");
    let between = Between::at(&server);
    between.is_of_0_1();
    let bob = Home::new().with("LINGER_SERVER", &between.url());
    bob.run(&["login", "--guest", "--user", "bob"]).ok();
    alice.says("hi");
    let ran = bob.run(&["read", "--changes"]);
    assert!(ran.err.contains("tells no changes"), "{ran:?}");
    assert!(ran.ok().ends_with("alice: hi\n"));
}
