//! The positions of `linger read`: named ones, those that a cursor sets, and a database that is replaced.

use crate::harness::{Home, Server};

#[test]
fn a_look_is_free_and_a_named_place_is_a_position_of_its_own() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    alice.run_with_input(&[], "1\n2\n3\n").ok();
    let texts = |arguments: &[&str]| -> String {
        let read = bob.run(&[&["read", "--json"], arguments].concat()).json();
        read.iter().map(|message| message["text"].as_str().unwrap()).collect()
    };
    let token = format!("Bearer {}", bob.token("bob"));
    let polled =
        ureq::get(format!("{}/poll?wait=0&limit=1&mark_read=false", server.url())).header("Authorization", token);
    let polled: serde_json::Value = polled.call().unwrap().body_mut().read_json().unwrap();
    let since = ["--since", polled["cursor"].as_str().unwrap()];
    for stream in [&[][..], &["--room", "general"]] {
        for look in [&since[..], &["--last", "2"]] {
            let place = ["--as", &look[0][2..]];
            assert_eq!(texts(&[stream, look].concat()), "23", "{look:?}");
            assert_eq!(texts(&[stream, look, &place].concat()), "23", "{look:?}");
            assert_eq!(texts(&[stream, &place].concat()), "", "the place was set: {look:?}");
        }
        assert_eq!(texts(&[stream, &["--as", "fresh"]].concat()), "123");
        assert_eq!(texts(stream), "123", "no look has moved it");
        // A look needs no lock either.
        let mut follow = bob.start(&[&["read", "--follow", "--last", "1"], stream].concat());
        follow.lines().next();
        assert_eq!(texts(stream), "");
    }
}

#[test]
fn a_different_database_is_noticed_and_read_from_its_start() {
    let mut server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    let streams = [&["read"][..], &["read", "--room", "general"]];
    for stream in streams {
        bob.run(stream).ok();
    }
    server.kill();
    let backup = server.back_up();
    server.start_again();
    for text in ["one", "two"] {
        alice.run(&["send", text]).ok();
    }
    for stream in streams {
        assert_eq!(bob.run(stream).ok().lines().count(), 2);
    }
    server.kill();
    server.restore(&backup);
    server.start_again();
    // As many as before, so ids and seqs repeat.
    for text in ["three", "four"] {
        alice.run(&["send", text]).ok();
    }
    for stream in streams {
        let ran = bob.run(stream);
        assert!(ran.err.contains("different database"), "{ran:?}");
        let out = ran.ok();
        assert!(out.contains("alice: three\n") && out.ends_with("alice: four\n"), "{out}");
        assert_eq!(bob.run(stream).ok(), "");
    }
}

/// Returns the cursor after everything that was sent so far.
fn cursor_of_now(server: &Server, bob: &Home) -> String {
    let url = format!("{}/direct/subscribe?wait=0", server.url());
    let asked = ureq::get(url).header("Authorization", format!("Bearer {}", bob.token("bob")));
    let polled: serde_json::Value = asked.call().unwrap().body_mut().read_json().unwrap();
    polled["cursor"].as_str().unwrap().to_owned()
}

#[test]
fn a_cursor_that_nothing_follows_sets_a_named_place() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    alice.run_with_input(&[], "1\n2\n").ok();
    for stream in [&["read"][..], &["read", "--room", "general"], &["read", "--room", "general", "--changes"]] {
        let placed = [stream, &["--as", "here"]].concat();
        assert_eq!(bob.run(&[&placed[..], &["--since", &cursor_of_now(&server, &bob)]].concat()).ok(), "");
        assert_eq!(bob.run(&placed).ok(), "", "{stream:?}");
        alice.run(&["send", "next"]).ok();
        let read = bob.run(&placed).ok();
        assert!(read.ends_with("alice: next\n") && read.lines().count() == 1, "{stream:?}: {read}");
    }
}

#[test]
fn a_cursor_of_an_empty_room_sets_a_named_place() {
    let server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    let places = [&["--as", "here"][..], &["--as", "there", "--changes"]];
    let read = |place: &[&str], from: &[&str]| bob.run(&[&["read", "--room", "general"], place, from].concat()).ok();
    for place in places {
        assert_eq!(read(place, &["--since", &cursor_of_now(&server, &bob)]), "");
        assert_eq!(read(place, &[]), "", "{place:?}");
    }
    alice.run_with_input(&[], "1\n2\n").ok();
    for place in places {
        let out = read(place, &[]);
        assert!(out.ends_with("alice: 2\n") && out.lines().count() == 2, "{place:?}: {out}");
    }
}

#[test]
fn a_follower_goes_on_after_the_database_was_replaced() {
    let mut server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    let follow = |stream: &[&str]| bob.start(&[&["read", "--follow"], stream].concat());
    server.kill();
    let backup = server.back_up();
    server.start_again();
    let mut followers: Vec<_> = [&[][..], &["--room", "general"], &["--room", "general", "--changes"]]
        .map(|stream| {
            bob.run(&[&["read"], stream].concat()).ok();
            let mut running = follow(stream);
            let (lines, errors) = (running.lines(), running.errors());
            (running, lines, errors)
        })
        .into();
    alice.run(&["send", "after the backup"]).ok();
    for (_, lines, _) in &followers {
        assert!(lines.next().ends_with("alice: after the backup"));
    }
    server.kill();
    server.restore(&backup);
    server.start_again();
    for (_, _, errors) in &followers {
        while !errors.next().contains("the server has a different database now") {}
    }
    alice.run(&["send", "goes on"]).ok();
    for (_, lines, _) in &mut followers {
        assert!(lines.next().ends_with("alice: goes on"));
    }
}

#[test]
fn a_place_that_a_cursor_set_is_known_from_that_of_another_database() {
    let mut server = Server::start();
    let (alice, bob) = (Home::of_account(&server, "alice"), Home::of_guest(&server, "bob"));
    let restarted = |server: &mut Server, backup: Option<&tempfile::TempDir>| {
        server.kill();
        let present = server.back_up();
        backup.iter().for_each(|backup| server.restore(backup));
        server.start_again();
        present
    };
    let base = restarted(&mut server, None);
    alice.run_with_input(&[], "a1\na2\n").ok();
    let ours = restarted(&mut server, Some(&base));
    alice.run_with_input(&[], "b1\nb2\nb3\nb4\n").ok();
    let other = restarted(&mut server, Some(&ours));
    let here = ["read", "--room", "general", "--as", "here"];
    assert_eq!(bob.run(&[&here[..], &["--since", &cursor_of_now(&server, &bob)]].concat()).ok(), "");
    restarted(&mut server, Some(&other));
    let ran = bob.run(&here);
    assert!(ran.err.contains("different database"), "{ran:?}");
    assert!(ran.ok().contains("alice: b1\n"));
}
