//! Every command, as typed.

use crate::harness::{Friend, Pty, Server};

#[test]
fn help_lists_every_command_and_explains_one() {
    let server = Server::start();
    let mut alice = Pty::guest_on(100, 100, &server, "alice");
    alice.enters("/help");
    let seen = alice.shows("clear the screen");
    assert!(seen.rows.contains(&"Keys:".to_owned()), "{seen:?}");
    for command in [
        "help",
        "rooms",
        "create",
        "group",
        "join",
        "leave",
        "switch",
        "next",
        "msg",
        "me",
        "query",
        "who",
        "users",
        "whois",
        "last",
        "history",
        "mentions",
        "edit",
        "delete",
        "reply",
        "react",
        "unreact",
        "unread",
        "read",
        "topic",
        "title",
        "members",
        "invite",
        "invite-link",
        "role",
        "kick",
        "ban",
        "unban",
        "private",
        "posting",
        "archive",
        "nick",
        "passwd",
        "sessions",
        "code",
        "account",
        "disable",
        "enable",
        "status",
        "clear",
        "disconnect",
        "quit",
    ] {
        let usage = format!("/{command}");
        let is_listed = |row: &String| row.split(' ').next() == Some(&usage);
        assert!(seen.rows.iter().any(is_listed), "/{command} is not in {seen:?}");
    }
    alice.enters("/help j");
    alice.waits("one row of help", |seen| seen.rows.iter().filter(|row| row.starts_with("/join ROOM")).count() == 2);
}

#[test]
fn an_unknown_command_suggests_the_nearest_and_sends_nothing() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("/jion lobby");
    alice.shows("Unknown command /jion. Did you mean /join?");
    alice.enters("/xyzzy");
    alice.shows("Unknown command /xyzzy. /help lists the commands; // sends a line that begins");
    alice.shows("  with /.");
    alice.enters("/part");
    alice.shows("Unknown command /part. Did you mean /leave?");
    alice.enters("/help hsitory");
    alice.shows("Unknown command /hsitory. Did you mean /history?");
    alice.enters("/msg bob");
    alice.shows("Usage: /msg NAME TEXT");
    // Lines that are typed before a failure can be seen are refused.
    alice.enters("/switch general");
    alice.prompts("[#general]>");
    alice.enters("//shrug");
    alice.shows("alice: /shrug");
    let texts: Vec<_> = Friend::guest(&server, "bob").reads().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["/shrug"]);
}

#[test]
fn an_empty_line_sends_nothing_and_says_so() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("");
    alice.enters("   ");
    // The empty lines themselves disappear.
    let quiet = ["(nothing to send)", "(nothing to send)", "[#general]>"];
    alice.waits("two quiet words", |seen| seen.rows[1..] == quiet);
    assert_eq!(Friend::guest(&server, "bob").reads(), []);
}

#[test]
fn rooms_are_created_joined_listed_switched_and_left() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    bob.says_in("lobby", "from before");
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("/create den");
    alice.prompts("[#den]>");
    alice.enters("/create den");
    alice.shows("This name is taken.");
    alice.enters("/j #Lobby");
    alice.prompts("[#lobby]>");
    let seen = alice.shows("bob: from before");
    assert!(seen.rows.contains(&"— #lobby —".to_owned()), "{seen:?}");
    alice.enters("/join nowhere");
    alice.shows("There is no room named nowhere");
    alice.enters("/rooms");
    alice.shows("3 #den");
    let seen = alice.prompts("[#lobby]>");
    assert!(seen.rows.iter().any(|row| row.starts_with("1 #general  2 users")), "{seen:?}");
    assert!(seen.rows.iter().any(|row| row.starts_with("3 #den      1 user")), "{seen:?}");
    alice.enters("/switch 1");
    alice.prompts("[#general]>");
    alice.enters("/switch");
    alice.prompts("[#lobby]>");
    alice.enters("/switch den");
    alice.prompts("[#den]>");
    alice.enters("/leave");
    alice.shows("You left #den.");
    alice.prompts("[#lobby]>");
    alice.enters("/leave general");
    alice.shows("Nobody can leave general.");
    bob.says_in("den", "nobody hears");
    bob.says_in("lobby", "somebody does");
    let seen = alice.shows("bob: somebody does");
    assert!(!seen.rows.iter().any(|row| row.contains("nobody hears")), "{seen:?}");
}

#[test]
fn private_messages_and_unread_conversations_are_a_command_away() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("/m bob psst");
    alice.shows("[@bob] alice: psst");
    alice.prompts("[#general]>");
    alice.enters("/n");
    alice.shows("No unread messages elsewhere.");
    bob.tells("alice", "what?");
    bob.tells("alice", "hello?");
    alice.prompts("[#general 2+]>");
    alice.enters("/unread");
    alice.shows("@bob 2");
    alice.enters("/next");
    alice.prompts("[@bob]>");
    alice.enters("in private");
    let seen = alice.shows("alice: in private");
    assert!(seen.rows.iter().any(|row| row.ends_with(" alice: in private") && !row.contains('[')), "{seen:?}");
    alice.enters("/query");
    alice.prompts("[#general]>");
    alice.enters("/query nobody");
    alice.shows("There is no user named nobody");
    alice.enters("/query bob at once");
    alice.prompts("[@bob]>");
    alice.shows("alice: at once");
    alice.enters("/leave");
    alice.prompts("[#general]>");
    alice.enters("/msg nobody psst");
    alice.shows("There is no room or user named @nobody");
}

#[test]
fn online_users_and_status_are_shown() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("/who");
    alice.shows("2 online: bob alice");
    bob.tells("alice", "psst");
    alice.shows("bob: psst");
    alice.enters("/whois @bob");
    alice.shows("bob is online. 1 private message.");
    alice.enters("/whois alice");
    alice.shows("alice is you.");
    alice.enters("/whois zoe");
    alice.shows("There is no user named zoe");
    alice.enters("/status");
    alice.shows("alice (a guest), in #general");
    let url = server.url();
    alice.waits("the server", |seen| seen.rows.iter().any(|row| row.starts_with("server") && row.ends_with(&url)));
}

#[test]
fn history_shows_older_messages_page_by_page() {
    let server = Server::start_with(&[("ROCKET_CHAT__LATEST_MESSAGES", "2")]);
    let bob = Friend::guest(&server, "bob");
    for number in 1..=9 {
        bob.says(&format!("number {number}"));
    }
    let mut alice = Pty::guest_on(80, 30, &server, "alice");
    alice.shows("number 9");
    alice.enters("/history 3");
    alice.shows("number 5");
    alice.enters("/history");
    let seen = alice.shows("number 4");
    let numbers: Vec<_> = seen.rows.iter().filter_map(|row| row.split("bob: number ").nth(1)).collect();
    assert_eq!(numbers, ["8", "9", "5", "6", "7", "1", "2", "3", "4"]);
    alice.enters("/history");
    alice.shows("There are no older messages.");
}

#[test]
fn read_marks_conversations_as_read() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    bob.tells("alice", "psst");
    alice.prompts("[#general 1+]>");
    alice.enters("/read @bob");
    alice.shows("@bob is marked as read.");
    alice.prompts("[#general]>");
    bob.tells("alice", "again");
    alice.prompts("[#general 1+]>");
    alice.enters("/read all");
    alice.prompts("[#general]>");
    alice.enters("/read nonsense");
    alice.shows("There is no room or user named nonsense");
}

#[test]
fn the_screen_is_cleared() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("/clear");
    let seen = alice.waits("a clear screen", |seen| seen.rows.len() == 1);
    assert_eq!(seen.rows, ["[#general]>"]);
    alice.enters("/help quit");
    alice.shows("quit and stay signed in");
    alice.types("\x0c");
    alice.waits("a clear screen", |seen| seen.rows == ["[#general]>"]);
}

#[test]
fn a_room_is_chosen_by_number_or_name_on_connection() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    bob.creates("den");
    let start = |name: &str| {
        Pty::start_on(80, 24, &["--server", &server.url(), "--guest", "--user", name], &[("NO_COLOR", "1")])
    };
    let mut alice = start("alice");
    let seen = alice.prompts("Number or name (general): ");
    assert_eq!(
        seen.rows[1..4],
        ["1 #general  2 users", "2 #lobby    1 user    not joined", "3 #den      1 user    not joined"]
    );
    alice.enters("2");
    alice.prompts("[#lobby]>");

    let mut carol = start("carol");
    carol.prompts("Number or name (general): ");
    carol.enters("den");
    carol.prompts("[#den]>");

    let mut dave = start("dave");
    dave.prompts("Number or name (general): ");
    dave.enters("");
    dave.prompts("[#general]>");

    let mut erin = start("erin");
    erin.prompts("Number or name (general): ");
    erin.enters("attic");
    erin.prompts("There is no room named attic. Create it? [y/N]");
    erin.enters("y");
    erin.prompts("[#attic]>");

    for (number, keys) in ["\x04", "/quit\r", "/q\r"].into_iter().enumerate() {
        let mut frank = start(&format!("frank{number}"));
        frank.prompts("Number or name (general): ");
        frank.types(keys);
        assert_eq!(frank.ends().0, 0);
    }
}

#[test]
fn commands_that_go_somewhere_work_at_the_first_question_too() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let chosen = [("/join 2", "lobby"), ("/j lobby", "lobby"), ("/switch #lobby", "lobby"), ("/create den", "den")];
    for (number, (line, room)) in chosen.into_iter().enumerate() {
        let name = format!("alice{number}");
        let arguments = ["--server", &server.url(), "--guest", "--user", &name];
        let mut alice = Pty::start_on(60, 24, &arguments, &[("NO_COLOR", "1")]);
        alice.prompts("Number or name (general): ");
        for (wrong, answer) in [
            ("/who", "Type a number or a name from the list, or a new name;"),
            ("99", "There is no room named 99"),
            ("@nobody", "There is no user named nobody"),
            ("a b", "A name is 1 to 32 of a-z, 0-9, - and _, and begins with a"),
        ] {
            alice.enters(wrong);
            alice.shows(answer);
            alice.prompts("Number or name (general): ");
        }
        alice.enters(line);
        alice.prompts(&format!("[#{room}]>"));
    }
}

#[test]
fn entering_a_joined_room_shows_its_latest_messages_each_time() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let home = tempfile::tempdir().unwrap();
    let url = server.url();
    let arguments = ["--server", &url, "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_in(home.path(), 80, 24, &arguments, &[]);
    alice.prompts("[#general]>");
    alice.enters("/join lobby");
    alice.prompts("[#lobby]>");
    alice.enters("read long ago");
    alice.shows("alice: read long ago");
    alice.enters("/quit");
    assert_eq!(alice.ends().0, 0);

    let mut again = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[]);
    again.prompts("[#general]>");
    for line in ["/switch lobby", "/switch", "/join lobby"] {
        again.enters(line);
    }
    again.enters("//end");
    let seen = again.shows("alice: /end");
    let count = |part: &str| seen.rows.iter().filter(|row| row.contains(part)).count();
    assert_eq!((count("— #lobby —"), count("alice: read long ago")), (2, 2), "{seen:?}");
}
