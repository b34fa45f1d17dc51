//! Sessions in a pipe: lines go in, and another client sees what arrived.

use crate::harness::{Between, Friend, Home, Linger, Server};

#[test]
fn each_line_arrives_once_and_in_order() {
    let server = Server::start();
    let bob = Linger::guest(&server, "bob");
    let mut alice = Linger::guest(&server, "alice");
    alice.types("hello\n\n//slash\n  spaced  out  \r\n/msg bob psst\n/quit\nnever sent\n");
    let (status, ..) = alice.ends();
    assert_eq!(status, 0);
    for said in [
        "[#general] alice: hello",
        "[#general] alice: /slash",
        "[#general] alice:   spaced  out",
        "[@alice] alice: psst",
    ] {
        let line = bob.next_line();
        assert!(line.ends_with(said), "{line:?} is not {said:?}");
    }
    let (status, rest, _) = bob.ends();
    assert_eq!((status, rest), (0, vec![]));
}

#[test]
fn failed_lines_are_reported_and_not_sent_and_exit_with_1() {
    let server = Server::start();
    let bob = Linger::guest(&server, "bob");
    let mut alice = Linger::guest(&server, "alice");
    let too_long = "x".repeat(16_385);
    alice.types(&format!("/nope secret\n/join nowhere\n/msg nobody hi\n/msg bob\n/switch general\n{too_long}\nlast\n"));
    for complaint in [
        "Unknown command /nope",
        "There is no room named nowhere",
        "There is no user named nobody",
        "Usage: /msg NAME TEXT",
        "text must be at most 16,384 bytes long.",
    ] {
        alice.notes(complaint);
    }
    let (status, said) = alice.ends_saying();
    assert_eq!((status, said.as_str()), (1, "linger: 5 of the lines failed"));
    assert!(bob.next_line().ends_with("alice: last"));
}

#[test]
fn a_line_meant_for_another_conversation_is_not_said_in_this_one() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let alice = Home::of_guest(&server, "alice");
    let run = |input: &str| alice.run_with_input(&["--user", "alice"], format!("{input}\nsecret words\n"));
    for command in [
        "/join lobyb",
        "/j 7",
        "/query bbo",
        "/query bbo hi",
        "/switch lobyb",
        "/switch #lobyb",
        "/switch @bbo",
        "/create Bad!Name",
        "/create lobby",
        "/jion lobby",
        "/join",
        "/join the lobby",
        "/next bob",
        "/join lobyb\n/leave",
        "/join lobyb\n/rooms",
    ] {
        let said = run(command).fails_saying(1);
        assert!(said.contains("Not done, because the command before it failed: secret words"), "{command}: {said}");
    }
    // Nothing failed, but there was nowhere to go.
    run("/next").fails_saying(1);
    assert_eq!(bob.reads(), []);
    run("/join lobyb\nsecret\n/join lobby\nhello\n/query bob\npsst\n/leave\nagain\n/switch general").fails_saying(1);
    let texts: Vec<_> = bob.reads().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["secret words"], "it was meant for general this time");
    let lobby = alice.run(&["read", "--room", "lobby", "--json"]).json();
    let texts: Vec<_> = lobby.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["hello", "again"]);
}

#[test]
fn a_rate_limit_on_the_way_to_a_room_sends_nothing_elsewhere() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let between = Between::at(&server);
    let alice = Home::new().with("LINGER_SERVER", &between.url());
    alice.run_with_input(&["--guest", "--user", "alice"], "/create den\n").ok();
    let problem = r#"{"type":"/problems/too-many-requests","title":"","status":429,"detail":"Too many."}"#;
    between.answers("/room/", "429 Too Many Requests", "Content-Type: application/problem+json\r\n", problem);
    for commands in ["/join lobby", "/join den\n/leave"] {
        let ran = alice.run_with_input(&["--user", "alice"], format!("{commands}\nsecret\n"));
        assert!(ran.err.contains("Not done, because the command before it failed: secret"), "{ran:?}");
        assert_eq!(ran.status, 1);
    }
    assert_eq!(bob.reads(), []);
    assert!(!between.requests().iter().any(|request| request.line == "POST /send"));
}

#[test]
fn after_a_server_restart_nothing_is_lost_or_shown_twice() {
    let mut server = Server::start();
    let bob = Linger::guest(&server, "bob");
    let mut alice = Linger::guest(&server, "alice");
    alice.types("before\n");
    assert!(bob.next_line().ends_with("alice: before"));

    server.kill();
    bob.notes("No connection");
    alice.types("meanwhile\n");
    alice.notes("Not sent yet");
    server.start_again();
    assert!(bob.next_line().ends_with("alice: meanwhile"));
    bob.notes("Reconnected.");
    alice.types("after\n");
    assert!(bob.next_line().ends_with("alice: after"));

    let (status, rest, errors) = bob.ends();
    assert_eq!((status, rest), (0, vec![]));
    assert!(!errors.iter().any(|line| line.contains("No connection")), "reported once");
}

#[test]
fn connecting_again_brings_unread_messages() {
    let server = Server::start();
    let account = ["--create", "--server", &server.url()];
    let mut alice = Linger::start(&account);
    alice.types("alice\nalice's password\nhere I am\n");
    alice.notes("You are alice. ");
    assert_eq!(alice.ends().0, 0);

    let mut bob = Linger::guest(&server, "bob");
    assert!(bob.next_line().ends_with("alice: here I am"), "the latest message of general");
    bob.types("where are you?\n/msg alice psst\n");
    assert_eq!(bob.ends().0, 0);

    let mut alice = Linger::start(&account);
    alice.types("alice\nalice's password\n");
    assert!(alice.next_line().ends_with("[#general] bob: where are you?"));
    assert!(alice.next_line().ends_with("[@bob] bob: psst"));
    assert_eq!(alice.ends().1, Vec::<String>::new());
}

#[test]
fn the_exit_status_tells_what_went_wrong() {
    let server = Server::start();
    let server = ["--server", &server.url()];
    let status = |arguments: &[&str], input: &str| {
        let mut linger = Linger::start(&[&server, arguments].concat());
        linger.types(input);
        linger.ends_saying()
    };
    assert_eq!(status(&["--create"], "alice\nalice's password\n").0, 0);
    // With a name, the first line is the password, of a new account and of one that exists.
    for text in ["hello", "again"] {
        assert_eq!(status(&["--create", "--user", "carol"], &format!("carol's password\n{text}\n")).0, 0);
    }
    let (no_password, said) = status(&["--create", "--user", "dave"], "");
    assert_eq!(no_password, 2);
    assert!(said.contains("no password was given"), "{said}");

    let (wrong_password, said) = status(&[], "alice\nnot alice's\n");
    assert_eq!(wrong_password, 4);
    assert!(said.contains("No user has this name and password."), "{said}");

    let (taken, said) = status(&["--guest", "--user", "alice"], "");
    assert_eq!(taken, 5);
    assert!(said.contains("This name is taken."), "{said}");

    let (no_room, said) = status(&["--guest", "#nowhere"], "");
    assert_eq!(no_room, 5);
    assert!(said.contains("There is no room named nowhere"), "{said}");

    let (no_word, said) = status(&["--guest", "nowhere"], "");
    assert_eq!(no_word, 2);
    assert!(said.contains("There is no room and no command named nowhere."), "{said}");

    let unused_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("http://127.0.0.1:{unused_port}");
    let (no_network, said) = Linger::start(&["--guest", "--server", &nobody]).ends_saying();
    assert_eq!(no_network, 3);
    assert!(said.contains(&nobody), "{said}");

    for usage in [&["--server", "localhost:8000"][..], &["--server", "ftp://localhost"], &["--nope"], &["a", "b"]] {
        assert_eq!(Linger::start(usage).ends_saying().0, 2, "{usage:?}");
    }
}

#[test]
fn a_line_that_no_message_can_hold_is_refused_and_the_next_one_is_sent() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let long = "x".repeat(70_000);
    let said = alice.run_with_input(&[], format!("{long}\nafter\n")).fails(1);
    assert!(said.contains("1 of the lines failed"), "{said}");
    let read = alice.run(&["read", "--room", "general", "--last", "1"]).ok();
    assert!(read.ends_with("alice: after\n"), "{read}");
    for cursor in [long, "é".repeat(35_000)] {
        let said = alice.run(&["read", "--since", &cursor]).fails(5);
        assert!(said.contains("not a valid cursor"), "{said}");
    }
}
