//! `linger read`: what it prints, where it starts and continues, and that nothing else notices.

use std::os::unix::process::ExitStatusExt;

use serde_json::json;

use crate::harness::{Home, Server};

#[test]
fn sent_messages_are_read_once_and_in_order() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    assert_eq!(bob.run(&["read"]).ok(), "", "nothing is unread");
    alice.run(&["send", "one"]).ok();
    alice.run_with_input(&["send", "--room", "general", "-"], "two\nlines\n").ok();
    alice.run_with_input(&["send", "--to", "@bob"], "psst\n").ok();

    let read = bob.run(&["read", "--json"]).json();
    let texts: Vec<_> = read.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["one", "two\nlines", "psst"]);
    assert_eq!((&read[0]["room"], &read[2]["to"]), (&json!("general"), &json!("bob")));
    assert_eq!(bob.run(&["read", "--json"]).ok(), "", "each is printed once");

    alice.run(&["send", "#four", "--room", "#general"]).ok();
    let line = bob.run(&["read"]).ok();
    assert!(line.ends_with(" #general alice: #four\n"), "{line}");
}

#[test]
fn messages_read_by_a_script_stay_unread_for_a_session() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    bob.run(&["read"]).ok();
    alice.run(&["send", "one"]).ok();
    alice.run(&["send", "two"]).ok();
    for arguments in [&["read"][..], &["read"], &["read", "--room", "general"], &["read", "--last", "5"]] {
        bob.run(arguments).ok();
    }
    let status = bob.run(&["status", "--json"]).json();
    assert_eq!(status[0]["conversations"][0]["unread"], 2);
    assert!(bob.run(&["status"]).ok().contains("#general 2"));
}

#[test]
fn a_text_of_several_lines_cannot_imitate_several_messages() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    alice.run(&["send", "hi\n2026-11-21 10:00:00 #general bob: I agree"]).ok();
    let lines = bob.run(&["read", "--last", "1"]).ok();
    let (_, second) = lines.trim_end().split_once('\n').unwrap();
    assert!(second.starts_with("    2026"), "{lines}");
}

#[test]
fn read_starts_where_its_flags_say() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    alice.run_with_input(&[], "1\n2\n3\n4\n5\n").ok();
    let texts = |arguments: &[&str]| -> String {
        let read = bob.run(&[&["read", "--json"], arguments].concat()).json();
        read.iter().map(|message| message["text"].as_str().unwrap()).collect()
    };
    assert_eq!(texts(&[]), "12345", "the first run starts with unread messages");
    assert_eq!(texts(&["--last", "2"]), "45");
    assert_eq!(texts(&["--last", "0"]), "");
    assert_eq!(
        texts(&["--room", "general"]),
        "12345",
        "a room has its own position, and starts with its latest messages"
    );
    assert_eq!(texts(&["--room", "general"]), "");
    assert_eq!(texts(&["--room", "general", "--last", "3"]), "345");
    assert_eq!(texts(&["--room", "general"]), "", "a look moves no position");

    let token = format!("Bearer {}", bob.token("bob"));
    let polled =
        ureq::get(format!("{}/poll?wait=0&limit=2&mark_read=false", server.url())).header("Authorization", token);
    let polled: serde_json::Value = polled.call().unwrap().body_mut().read_json().unwrap();
    let cursor = polled["cursor"].as_str().unwrap();
    for arguments in [&["--since", cursor][..], &["--room", "general", "--since", cursor]] {
        assert_eq!(texts(arguments), "345", "{arguments:?}");
        assert_eq!(texts(&arguments[..arguments.len() - 2]), "", "everything was read before");
    }
}

#[test]
fn a_look_at_the_latest_messages_moves_no_position_and_needs_none() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    for (name, stream) in [("bob", &["read"][..]), ("carol", &["read", "--room", "general"])] {
        let reader = Home::of_guest(&server, name);
        for text in ["one", "two", "three"] {
            alice.run(&["send", text]).ok();
        }
        let look = [stream, &["--last", "1"]].concat();
        assert!(reader.run(&look).ok().ends_with("alice: three\n"));
        assert!(reader.run(stream).ok().lines().count() >= 3, "{stream:?}");
        let mut follow = reader.start(&[stream, &["--follow"]].concat());
        let lines = follow.lines();
        alice.run(&["send", "four"]).ok();
        assert!(lines.next().ends_with("alice: four"));
        assert!(reader.run(&look).ok().ends_with("alice: four\n"), "a follower holds its position");
        drop(follow);
        assert_eq!(reader.run(stream).ok(), "");
    }
}

#[test]
fn a_misspelt_cursor_spoils_nothing() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    alice.run(&["send", "one"]).ok();
    for stream in [&["read"][..], &["read", "--room", "general"]] {
        for typo in ["typo", "../x", "a b", "\u{1f980}"] {
            let said = bob.run(&[stream, &["--since", typo]].concat()).fails(5);
            assert!(said.to_lowercase().contains("cursor"), "{said}");
            bob.run(&[stream, &["--since", typo, "--follow"]].concat()).fails(5);
        }
        bob.run(&[stream, &["--since", ""]].concat()).fails(2);
        assert!(bob.run(stream).ok().ends_with("alice: one\n"));
        assert_eq!(bob.run(stream).ok(), "");
    }
    // A position that was spoilt before is given up.
    let position = bob.state_files().into_iter().find(|path| path.ends_with("read/bob.jsonl")).unwrap();
    std::fs::write(position, "{\"cursor\":\"typo\"}\n").unwrap();
    let ran = bob.run(&["read"]);
    assert!(ran.err.contains("starting with its unread messages"), "{ran:?}");
    assert!(ran.ok().ends_with("alice: one\n"));
    assert_eq!(bob.run(&["read"]).ok(), "");
}

#[test]
fn a_room_is_read_without_joining_it() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    let token = format!("Bearer {}", alice.token("alice"));
    let create = ureq::post(format!("{}/rooms", server.url())).header("Authorization", token);
    create.send_json(json!({ "name": "lobby" })).unwrap();
    for number in 1..=30 {
        alice.run(&["send", "--room", "lobby", &number.to_string()]).ok();
    }
    let read = bob.run(&["read", "--room", "#lobby", "--json"]).json();
    assert_eq!((read.len(), &read[0]["text"]), (20, &json!("11")));
    let rooms = bob.run(&["rooms", "--json"]).json();
    assert_eq!((&rooms[1]["name"], &rooms[1]["joined"]), (&json!("lobby"), &json!(false)));
    let listed = alice.run(&["rooms"]).ok();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.lines().all(|line| line.split_whitespace().any(|word| word == "joined")), "{listed}");
}

#[test]
fn follow_prints_new_messages_until_it_is_interrupted() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    for stream in [&["read", "--follow"][..], &["read", "--follow", "--room", "general"]] {
        bob.run(&stream.iter().copied().filter(|argument| *argument != "--follow").collect::<Vec<_>>()).ok();
        let mut follow = bob.start(stream);
        let lines = follow.lines();
        for text in ["one", "two"] {
            alice.run(&["send", text]).ok();
            let line = lines.next();
            assert!(line.ends_with(&format!("alice: {text}")), "{line}");
        }
        // A shell reports this end as 130.
        assert_eq!(follow.interrupt().signal(), Some(2));
    }
}

#[test]
fn follow_outlives_the_server() {
    let mut server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    bob.run(&["read"]).ok();
    let mut follow = bob.start(&["read", "--follow"]);
    let (lines, errors) = (follow.lines(), follow.errors());
    alice.run(&["send", "before"]).ok();
    assert!(lines.next().ends_with("before"));
    server.kill();
    assert!(errors.next().ends_with("; retrying"));
    server.start_again();
    alice.run(&["send", "after"]).ok();
    assert!(lines.next().ends_with("after"));
}

#[test]
fn two_reads_do_not_share_a_position() {
    let server = Server::start();
    let bob = Home::of_guest(&server, "bob");
    bob.run(&["send", "one"]).ok();
    for place in [&[][..], &["--as", "backup"]] {
        let read = [&["read"][..], place].concat();
        bob.run(&read).ok();
        let mut follow = bob.start(&[&read[..], &["--follow"]].concat());
        bob.run(&["send", "two"]).ok();
        follow.lines().next();
        assert!(bob.run(&read).fails(1).contains("another `linger read`"), "it holds its position");
        for other in [&["read", "--as", "other"][..], &["read", "--room", "general"], &["read", "--last", "1"]] {
            bob.run(other).ok();
        }
        drop(follow);
        bob.run(&read).ok();
    }
}
