//! Where a session is: where it begins, what it shows of a conversation that is entered, and how others are found.

use crate::harness::{Friend, Home, Pty, Server, Sight};

/// Starts `linger` of this home on a tall screen.
fn session(home: &Home, server: &Server, arguments: &[&str]) -> Pty {
    Pty::start_in(home.path(), 80, 40, arguments, &[("LINGER_SERVER", &server.url()), ("NO_COLOR", "1")])
}

#[test]
fn a_word_that_is_neither_a_room_nor_a_command_is_a_usage_error() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    Friend::guest(&server, "bob").creates("lobby");
    for (words, meant) in [
        (&["stauts"][..], "`linger status`"),
        (&["lobyb"], "`linger lobby`"),
        (&["bob"], "`linger @bob`"),
        (&["sned", "hello"], "`linger send`"),
        (&["xyzzy"], "`linger rooms`"),
        (&[""], "the name of the room is missing"),
        (&["#"], "the name of the room is missing"),
        (&["@"], "the name of the user is missing"),
    ] {
        let said = alice.run(words).fails(2);
        assert!(said.contains(meant), "{words:?}: {said}");
    }
    alice.configure("room = '#'\n");
    assert!(alice.run(&[]).fails(2).contains("the name of the room is missing"));
    alice.configure("");
    let stranger = Home::at(&server);
    let said = stranger.run_with_input(&["stauts"], "alice\nalice password\n").fails(2);
    assert!(said.contains("`linger status`"), "{said}");
    assert_eq!(stranger.state_files().len(), 0);
    // No guest is made for it.
    for nameless in ["#", "@"] {
        stranger.run(&["--guest", nameless]).fails(2);
    }
    let users = alice.run(&["users"]).ok();
    assert_eq!(users.lines().count(), 2, "{users}");
    alice.run(&["Lobby"]).ok();
    alice.run(&["#lobby"]).ok();
    alice.run_with_input(&["@bob"], "psst\n").ok();
    assert_eq!(alice.run(&["read", "--last", "1", "--json"]).json()[0]["to"], "bob");
}

#[test]
fn a_session_that_cannot_begin_greets_no_user() {
    let server = Server::start();
    let bob = Friend::account(&server, "bob");
    bob.creates("lobby");
    let alice = Home::of_account(&server, "alice");
    alice.run_with_input(&["lobby"], "hello\n").ok();
    bob.gives_role(2, "alice", "banned");
    for (arguments, why) in [
        (&["#nowhere"][..], "There is no room named nowhere"),
        (&["@nobody"], "There is no user named nobody"),
        (&["#lobby"], "You may not join this room."),
        (&["--guest", "#nowhere"], "There is no room named nowhere"),
    ] {
        let said = alice.run(arguments).fails_saying(5);
        assert!(said.contains(why) && !said.contains("You are"), "{arguments:?}: {said}");
    }
    alice.configure("room = 'nowhere'\n");
    let said = alice.run(&[]).fails_saying(5);
    assert!(said.contains("There is no room named nowhere") && !said.contains("You are"), "{said}");
    let mut typed = session(&alice, &server, &["@nobody"]);
    let (status, seen) = typed.ends();
    assert_eq!(status, 5);
    assert!(!seen.rows.iter().any(|row| row.contains("You are")), "{seen:?}");
}

#[test]
fn a_pipe_uses_the_kept_sign_in() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let alice = Home::of_account(&server, "alice");
    alice.run_with_input(&[], "hello\nthere\n").ok();
    let texts = || bob.reads().into_iter().map(|message| message.text).collect::<Vec<_>>();
    assert_eq!(texts(), ["hello", "there"]);
    // A script of 0.1 begins with the name and the password.
    for script in ["Alice\nalice password\nsecret\n", "bob\nbob password\n"] {
        let said = alice.run_with_input(&[], script).fails_saying(2);
        assert!(said.contains("nothing was sent"), "{said}");
    }
    alice.run_with_input(&["--user", "alice"], "bob\n").ok();
    alice.run_with_input(&["--create"], "carol\ncarol password\nme, too\n").ok();
    assert_eq!(texts(), ["hello", "there", "bob", "me, too"]);
}

#[test]
fn a_session_begins_where_the_last_one_ended() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let home = Home::of_account(&server, "alice");
    let mut first = session(&home, &server, &[]);
    first.prompts("Number or name (general): ");
    first.enters("lobby");
    first.prompts("[#lobby]>");
    first.enters("here I stay");
    first.shows("alice: here I stay");
    drop(first);
    let mut second = session(&home, &server, &[]);
    second.prompts("[#lobby]>");
    let seen = second.shows("alice: here I stay");
    assert!(seen.rows.contains(&"— #lobby —".to_owned()), "{seen:?}");
    second.enters("/query bob");
    second.prompts("[@bob]>");
    second.enters("/quit");
    second.ends();
    let mut third = session(&home, &server, &[]);
    third.prompts("[@bob]>");
    third.enters("/j lobby");
    third.prompts("[#lobby]>");
    third.enters("/leave");
    third.prompts("[@bob]>");
    third.enters("/j lobby");
    third.prompts("[#lobby]>");
    third.types("\x04");
    third.ends();
    // Left on another device: nobody is put back into a room.
    Friend::with_token(&server, &home.token("alice")).leaves(2);
    let mut fourth = session(&home, &server, &[]);
    fourth.prompts("Number or name (general): ");
    fourth.enters("general");
    fourth.prompts("[#general]>");
    // A named room counts more.
    let mut fifth = session(&home, &server, &["@bob"]);
    fifth.prompts("[@bob]>");
}

#[test]
fn a_conversation_that_is_entered_shows_its_last_lines_each_time() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let mut alice = Pty::guest_on(80, 60, &server, "alice");
    alice.enters("/j lobby");
    alice.prompts("[#lobby]>");
    let count = |seen: &Sight, part: &str| seen.rows.iter().filter(|row| row.contains(part)).count();
    for number in 1..=12 {
        bob.says_in("lobby", &format!("number {number:02}"));
    }
    alice.shows("number 12");
    bob.says("in general");
    alice.prompts("[#lobby 1+]>");
    for (line, prompt, said) in [
        ("/next", "[#general]>", "bob: in general"),
        ("/switch", "[#lobby]>", "bob: number 12"),
        ("/j general", "[#general]>", "bob: in general"),
    ] {
        let before = count(&alice.sight(), said);
        alice.enters(line);
        alice.prompts(prompt);
        let seen = alice.waits("the last lines again", |seen| count(seen, said) == before + 1);
        let rule = seen.rows.iter().rposition(|row| row.starts_with("— #")).unwrap();
        assert!(prompt.contains(seen.rows[rule].trim_matches(['—', ' '])), "{seen:?}");
    }
    let seen = alice.sight();
    assert_eq!(
        (count(&seen, "number 12"), count(&seen, "number 03"), count(&seen, "number 02")),
        (2, 2, 1),
        "{seen:?}"
    );
    alice.enters("/switch lobby");
    alice.prompts("[#lobby]>");
    alice.enters("/last 2");
    let seen = alice.waits("two lines", |seen| count(seen, "number 12") == 4);
    assert_eq!((count(&seen, "number 11"), count(&seen, "number 10")), (4, 3), "{seen:?}");
    alice.enters("/me waves");
    alice.shows("alice: _waves_");
}

#[test]
fn mentions_of_all_conversations_are_listed() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("/mentions");
    alice.shows("Nobody has mentioned you.");
    alice.enters("/j lobby");
    alice.prompts("[#lobby]>");
    bob.says("lunch, @alice?");
    bob.says("malice is no mention");
    bob.says_in("lobby", "ask alice");
    alice.shows("ask alice");
    alice.enters("/mentions");
    let is_rule = |row: &String| row == "— mentions —";
    let seen = alice.waits("both mentions", |seen| {
        seen.rows.iter().position(is_rule).is_some_and(|rule| seen.rows.len() == rule + 4)
    });
    let rule = seen.rows.iter().position(is_rule).unwrap();
    let listed: Vec<_> = seen.rows[rule + 1..seen.rows.len() - 1].iter().map(|row| &row[6..]).collect();
    assert_eq!(listed, ["[#general] bob: lunch, @alice?", "bob: ask alice"], "{seen:?}");
}

#[test]
fn mentions_say_how_far_they_were_looked_for() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let bob = Friend::guest(&server, "bob");
    for number in 1..=22 {
        bob.says(&format!("alice, this is {number}"));
    }
    for number in 1..=78 {
        bob.says(&format!("line {number}"));
    }
    let mut alice = Pty::guest_on(100, 60, &server, "alice");
    alice.enters("/mentions");
    let seen = alice.shows("— the latest 20 mentions —");
    assert!(!seen.rows.iter().any(|row| row.ends_with("this is 2")), "{seen:?}");
    bob.says("one more");
    alice.shows("bob: one more");
    alice.enters("/clear");
    alice.enters("/mentions");
    alice.shows("— the latest 20 mentions in the latest 100 messages of each conversation —");
    for number in 1..=22 {
        bob.says(&format!("again {number}"));
    }
    alice.shows("bob: again 22");
    alice.enters("/mentions");
    alice.shows("Nobody has mentioned you in the latest 100 messages of each conversation.");
}

#[test]
fn mentions_are_found_in_every_busy_room() {
    const ROOMS: [&str; 6] = ["general", "one", "two", "three", "four", "five"];
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest_on(100, 60, &server, "alice");
    for room in &ROOMS[1..] {
        bob.creates(room);
        alice.enters(&format!("/join {room}"));
        alice.prompts(&format!("[#{room}]>"));
    }
    for room in ROOMS {
        bob.says_in(room, &format!("alice, come to {room}"));
        for number in 2..=100 {
            bob.says_in(room, &format!("line {number} of {room}"));
        }
    }
    alice.shows("bob: line 100 of five");
    alice.enters("/mentions");
    alice.waits("mentions in all rooms", |seen| {
        let rule = seen.rows.iter().position(|row| row == "— mentions —");
        let listed: Vec<_> = seen.rows.iter().skip(rule.unwrap_or(seen.rows.len())).collect();
        ROOMS.iter().all(|room| listed.iter().any(|row| row.ends_with(&format!("bob: alice, come to {room}"))))
    });
    bob.says_in("five", "one more");
    alice.shows("bob: one more");
    alice.enters("/mentions");
    alice.shows("— mentions in the latest 100 messages of each conversation —");
}

#[test]
fn long_lists_are_short_and_can_be_searched() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE", "0")]);
    let bob = Friend::guest(&server, "bob");
    for number in 1..=30 {
        bob.creates(&format!("room-{number:02}"));
    }
    for number in 1..=24 {
        Friend::guest(&server, &format!("zoe{number:02}"));
    }
    let arguments = ["--server", &server.url(), "--guest", "--user", "alice"];
    let mut alice = Pty::start_on(80, 60, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("Number or name (general): ");
    alice.shows("… 21 more: /rooms WORD");
    alice.enters("/rooms m-2");
    let seen = alice.shows("10 #room-29");
    assert!(seen.rows.iter().any(|row| row.starts_with(" 1 #room-20")), "{seen:?}");
    alice.enters("10");
    alice.prompts("[#room-29]>");
    alice.enters("/rooms");
    alice.waits("a short list", |seen| {
        let first = seen.rows.iter().rposition(|row| row.contains("[#room-29]>"));
        first.is_some_and(|first| seen.rows[first - 1] == "… 21 more: /rooms WORD")
    });
    alice.enters("/rooms xyzzy");
    alice.shows("No room or user here is named like xyzzy.");
    alice.enters("/users E2");
    let seen = alice.shows("zoe20  online");
    assert!(!seen.rows.iter().any(|row| row.starts_with("zoe19")), "{seen:?}");
    alice.enters("/users");
    alice.shows("… 6 more: /users WORD");
}
