//! The line being typed: what happens around it leaves it alone.

use crate::harness::{Friend, Home, Pty, Server};

/// The key that moves the cursor back by one character.
const LEFT: &str = "\x1b[D";

#[test]
fn a_message_leaves_the_half_typed_line_and_its_cursor_as_they_were() {
    let server = Server::start();
    let friend = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    alice.types(&format!("half a line{LEFT}{LEFT}{LEFT}{LEFT}"));
    let before = alice.waits("the cursor inside the line", |seen| {
        seen.rows.last().is_some_and(|row| row == "[#general]> half a line") && seen.cursor.1 == 19
    });
    friend.says("hello");
    let after = alice.shows("bob: hello");
    let (last, earlier) = before.rows.split_last().unwrap();
    assert_eq!(after.rows.last().unwrap(), last);
    assert_eq!(after.cursor, (before.cursor.0 + 1, before.cursor.1));
    assert_eq!(after.rows[..earlier.len()], *earlier);
    assert_eq!(after.rows.len(), before.rows.len() + 1);

    alice.types("new ");
    alice.shows("[#general]> half a new line");
    alice.enters("");
    alice.shows("alice: half a new line");
    assert_eq!(friend.reads().last().unwrap().text, "half a new line");
}

#[test]
fn a_line_of_several_rows_survives_a_message_too() {
    let server = Server::start();
    let friend = Friend::guest(&server, "bob");
    let mut alice = Pty::guest_on(40, 12, &server, "alice");
    let long = "a line that is longer than the screen is wide, by far";
    alice.types(long);
    let before = alice.waits("all of it", |seen| seen.rows.concat().contains(long));
    friend.says("hello");
    let after = alice.shows("bob: hello");
    assert_eq!(after.rows.last_chunk::<2>(), before.rows.last_chunk::<2>());
    assert_eq!(after.cursor, (before.cursor.0 + 1, before.cursor.1));

    friend.tells("alice", "psst");
    let seen = alice.shows("[#general 1+]> a line");
    assert_eq!(seen.rows.iter().filter(|row| row.contains("]> ")).count(), 1, "{seen:?}");
    alice.enters("");
    alice.shows("alice: a line");
    let seen = alice.prompts("[#general 1+]>");
    assert_eq!(seen.rows.iter().filter(|row| row.contains("a line that")).count(), 1, "{seen:?}");
}

#[test]
fn the_prompt_counts_what_is_unread_elsewhere_under_the_half_typed_line() {
    let server = Server::start();
    let friend = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    alice.types(&format!("half{LEFT}{LEFT}"));
    alice.prompts("[#general]> half");
    friend.tells("alice", "psst");
    let seen = alice.prompts("[#general 1+]> half");
    assert_eq!(seen.cursor.1, 17, "the cursor has not moved within the line");
    assert!(seen.rows.iter().any(|row| row.ends_with(" [@bob] bob: psst")), "{seen:?}");
    assert_eq!(seen.rows.iter().filter(|row| row.contains("half")).count(), 1, "{seen:?}");
    for count in 2..=10 {
        friend.tells("alice", "again");
        alice.prompts(&format!("[#general {count}+]> half"));
    }
    alice.types("-");
    alice.prompts("[#general 10+]> ha-lf");
    alice.types("\x01\x0b/n\r");
    alice.prompts("[@bob]>");
}

#[test]
fn ctrl_c_clears_a_line_and_quits_on_an_empty_one_if_it_is_pressed_twice() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    alice.types("not this\x03");
    alice.prompts("[#general]>");
    alice.types("\x03");
    alice.shows("Press Ctrl-C again to quit.");
    // Time passes.
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    alice.types("\x03");
    alice.waits("it is said again", |seen| {
        seen.rows.iter().filter(|row| row.as_str() == "Press Ctrl-C again to quit.").count() == 2
    });
    alice.types("\x03");
    let (status, _) = alice.ends();
    assert_eq!(status, 0);
    assert!(alice.is_cooked());
}

#[test]
fn ctrl_d_quits_on_an_empty_line_only() {
    let server = Server::start();
    let mut alice = Pty::guest(&server, "alice");
    alice.types("x\x04\x01\x04");
    alice.prompts("[#general]>");
    alice.types("\x04");
    assert_eq!(alice.ends().0, 0);
}

#[test]
fn tab_completes_commands_rooms_and_the_latest_speaker() {
    let server = Server::start();
    let (bea, bob) = (Friend::guest(&server, "bea"), Friend::guest(&server, "bob"));
    bob.creates("lobby");
    let mut alice = Pty::guest(&server, "alice");
    bob.says("hello");
    bea.says("hello");
    alice.shows("bea: hello");
    alice.types("b\t");
    alice.prompts("[#general]> bea:");
    alice.types("\t");
    alice.prompts("[#general]> bob:");
    bob.says("a message while completing");
    alice.shows("bob: a message while completing");
    alice.prompts("[#general]> bob:");
    alice.types("\t");
    alice.prompts("[#general]> b");
    alice.types("\t\t");
    alice.prompts("[#general]> bob:");
    alice.types("\x1b[Z");
    alice.prompts("[#general]> bea:");
    alice.types("\x1b[Z");
    alice.prompts("[#general]> b");
    alice.types("\x15/unr\t");
    alice.prompts("[#general]> /unread");
    alice.types("\x15/rooms\r");
    alice.shows("2 #lobby");
    alice.types("/j lo\t\r");
    alice.prompts("[#lobby]>");
}

#[test]
fn the_history_is_kept_between_sessions_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let url = server.url();
    let arguments = ["--server", &url, "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_in(home.path(), 80, 24, &arguments, &[]);
    alice.prompts("[#general]>");
    alice.enters("remember this");
    alice.shows("alice: remember this");
    alice.enters("/quit");
    assert_eq!(alice.ends().0, 0);
    let mut again = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[]);
    again.prompts("[#general]>");
    again.types("\x1b[A\x1b[A");
    again.prompts("[#general]> remember this");
    let folder = home.path().join(".local/state/linger/default");
    let history = folder.read_dir().unwrap().next().unwrap().unwrap().path().join("history");
    assert_eq!(history.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(history.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn the_history_is_that_of_the_server_and_can_be_off() {
    let (server, other) = (Server::start(), Server::start());
    let home = Home::new();
    let start = |server: &Server| {
        let (url, user) = (server.url(), ["--guest", "--user", "alice", "general"]);
        let arguments = [&["--server", url.as_str()][..], &user].concat();
        let session = Pty::start_in(home.path(), 80, 24, &arguments, &[("NO_COLOR", "1")]);
        session.waits("a prompt", |seen| seen.rows.iter().any(|row| row.starts_with("[#general]>")));
        session
    };
    let files = || home.state_files().into_iter().filter(|path| path.ends_with("history")).count();
    home.configure("history = false\n");
    let mut alice = start(&server);
    alice.enters("a secret");
    alice.shows("alice: a secret");
    alice.enters("/quit");
    alice.ends();
    assert_eq!(files(), 0);
    home.configure("history = 'on'\n");
    let mut alice = start(&server);
    alice.enters("said here");
    alice.shows("alice: said here");
    alice.enters("/quit");
    alice.ends();
    assert_eq!(files(), 1);
    let mut elsewhere = start(&other);
    elsewhere.types("\x1b[A!\r");
    elsewhere.shows("alice: !");
    let mut again = start(&server);
    again.types("\x1b[A\x1b[A!\r");
    again.shows("alice: said here!");
}

#[test]
fn the_folder_of_a_visit_is_for_its_owner_only_too() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &server.url(), "--guest", "general"], &[]);
    alice.prompts("[#general]>");
    alice.enters("/status");
    alice.shows("online");
    alice.enters("/quit");
    assert_eq!(alice.ends().0, 0);
    let folder = home.path().join(".local/state/linger");
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn no_key_is_lost_while_the_prompt_changes_under_it() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let (bob, historian) = (Friend::guest(&server, "bob"), Friend::guest(&server, "historian"));
    let mut alice = Pty::guest(&server, "alice");
    // In each round the prompt widens twice and narrows once.
    let count = 60;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..count {
                bob.tells("alice", "psst");
            }
        });
        for number in 0..count {
            // Keys arrive in pieces, as over a slow line.
            let line = format!("line {number:03} and so on");
            let (begin, end) = line.split_at(number % line.len());
            alice.types(begin);
            std::thread::yield_now();
            alice.types(&format!("{end}\r"));
            if number % 5 == 4 {
                alice.types("/read all\r");
            }
            // More than five lines at once are one message.
            if number % 3 == 2 {
                let line = format!("alice: {line}");
                alice.waits_for_transcript(&line, |rows| rows.iter().any(|row| row.contains(&line)));
            }
        }
    });
    // The last line may scroll off the screen at once.
    let last = format!("alice: line {:03} and so on", count - 1);
    let times = |rows: &[String], part: &str| rows.iter().filter(|row| row.contains(part)).count();
    let shown = alice.waits_for_transcript(&last, |rows| times(rows, &last) > 0 && times(rows, "bob: psst") >= count);
    let said: Vec<_> = historian.reads().into_iter().map(|message| message.text).collect();
    let typed: Vec<_> = (0..count).map(|number| format!("line {number:03} and so on")).collect();
    assert_eq!(said, typed);
    assert_eq!(times(&shown, "bob: psst"), count);
}

#[test]
fn a_line_typed_after_a_command_goes_where_the_command_leads() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.creates("lobby");
    let mut alice = Pty::guest(&server, "alice");
    alice.types("/j lobby\rhello there\r");
    alice.shows("alice: hello there");
    alice.types("/query bob\rpsst\r/leave\rback again\r");
    alice.shows("alice: back again");
    let rows: Vec<_> = alice.transcript().into_iter().filter(|row| row.contains(" alice: ")).collect();
    let said: Vec<_> = rows.iter().map(|row| row.split("alice: ").nth(1).unwrap().trim_end()).collect();
    assert_eq!(said, ["hello there", "psst", "back again"]);
    assert_eq!(bob.reads(), [], "general got none of these");
}

#[test]
fn a_line_typed_before_a_failure_was_seen_is_not_said_in_the_old_conversation() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    for (number, command) in
        ["/j lobyb", "/query bbo", "/jion lobby", "/join", "/create Bad!Name"].into_iter().enumerate()
    {
        alice.types(&format!("{command}\rsecret {number}\r"));
        alice.shows(&format!("Not done, because the command before it failed: secret {number}"));
        alice.enters("/switch general");
        alice.prompts("[#general]>");
        alice.enters(&format!("for all {number}"));
        alice.shows(&format!("alice: for all {number}"));
    }
    assert!(bob.reads().iter().all(|message| message.text.starts_with("for all")));
}

#[test]
fn a_message_during_a_search_is_shown_with_the_next_key() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest(&server, "alice");
    alice.enters("look for this");
    alice.shows("alice: look for this");
    alice.types("\x12look");
    alice.prompts("(reverse-i-search)`look': look for this");
    bob.says("meanwhile");
    alice.types("\x05");
    alice.prompts("[#general]> look for this");
    alice.shows("bob: meanwhile");
    alice.types(" and more\r");
    alice.shows("alice: look for this and more");
}

#[test]
fn names_that_were_never_seen_are_completed_from_the_server() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    Friend::guest(&server, "zoe");
    let mut alice = Pty::guest(&server, "alice");
    bob.creates("zeppelin");
    for (typed, completed) in
        [("/j zep", "/j #zeppelin"), ("/msg z", "/msg zoe"), ("ask @Z", "ask @zoe"), ("hi zo", "hi zoe")]
    {
        alice.types(&format!("{typed}\t"));
        alice.prompts(&format!("[#general]> {completed}"));
        alice.types("\x03");
        alice.prompts("[#general]>");
    }
}
