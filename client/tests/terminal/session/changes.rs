//! Edits, deletions, replies and reactions, by the user and by others.

use crate::harness::{Between, Friend, Home, Linger, Pty, Server};

/// Returns the rows with a T in place of each time of day.
fn without_times(rows: &[String]) -> Vec<String> {
    let is_time = |part: &[u8]| part[2] == b':' && [0, 1, 3, 4].iter().all(|at| part[*at].is_ascii_digit());
    let row = |row: &String| {
        let time = row.as_bytes().windows(5).find(|part| is_time(part)).map(|part| String::from_utf8_lossy(part));
        time.map_or_else(|| row.clone(), |time| row.replace(&*time, "T"))
    };
    rows.iter().map(row).collect()
}

trait Changes {
    /// Waits for a row that is this one, apart from times.
    fn tells(&self, row: &str);
}

impl Changes for Pty {
    fn tells(&self, row: &str) {
        self.waits(row, |seen| without_times(&seen.rows).iter().any(|seen| seen == row));
    }
}

#[test]
fn a_change_by_others_prints_one_quiet_line() {
    let server = Server::start();
    let (bob, carol) = (Friend::guest(&server, "bob"), Friend::guest(&server, "carol"));
    let mut alice = Pty::guest_on(80, 40, &server, "alice");
    bob.says("teh text");
    alice.shows("bob: teh text");
    alice.types("half a line");
    bob.edits(1, "the fixed text");
    alice.tells("— bob edited T: the fixed text");
    carol.likes(1);
    alice.tells("— carol reacted 👍 to T bob: the fixed text");
    bob.edits(1, "turned\u{202e} and\nlonger");
    alice.tells("— bob edited T: turned<U+202E> and longer");
    let answer = carol.answers(1, "indeed");
    alice.tells("T carol ↳ 1 bob: turned<U+202E> and longer");
    bob.deletes(1);
    alice.tells("— bob deleted T");
    carol.edits(answer.seq, "@alice: indeed!");
    alice.tells("— carol edited T: @alice: indeed!");
    let seen = alice.prompts("[#general]> half a line");
    let rows = without_times(&seen.rows);
    assert_eq!(rows.iter().filter(|row| row.contains("bob: teh text")).count(), 1, "{rows:#?}");
    assert_eq!(rows.iter().filter(|row| row.starts_with("— ")).count(), 5, "{rows:#?}");
    alice.types("\x03");
    alice.enters("/history");
    alice.shows("There are no older messages.");
    alice.enters("/reply");
    alice.tells("2 T*carol ↳ 1 bob: (deleted)");
    assert!(!alice.written().contains('\u{202e}'));
}

#[test]
fn a_message_is_edited_answered_and_deleted_by_commands() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Pty::guest_on(80, 40, &server, "alice");
    bob.says("who is there?");
    alice.shows("bob: who is there?");
    alice.types("helo\r/edit hello\r");
    alice.tells("— you edited T: hello");
    // Without a text, it comes back to be changed.
    alice.enters("/edit");
    alice.prompts("[#general]> /edit 2 hello");
    alice.enters(", all");
    alice.tells("— you edited T: hello, all");
    alice.enters("/edit 2 hello, all");
    alice.shows("Message 2 says that already.");
    alice.enters("/reply");
    alice.tells("1 T bob: who is there?");
    alice.tells("2 T alice: hello, all");
    alice.enters("/reply 1 only me");
    alice.tells("T alice ↳ 1 bob: who is there?");
    alice.enters("/react tada");
    alice.tells("— you reacted 🎉 to T bob: who is there?");
    alice.enters("/react 2 👍");
    alice.tells("— you reacted 👍 to T alice: hello, all");
    alice.enters("/unreact 2 +1");
    alice.tells("— you took back 👍 from T alice: hello, all");
    alice.enters("/delete");
    alice.tells("— you deleted T");
    alice.enters("/delete 2");
    alice.waits("two deletions", |seen| seen.rows.iter().filter(|row| row.starts_with("— you deleted")).count() == 2);
    let messages = bob.reads();
    let texts: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["who is there?", "", ""]);
    assert_eq!(messages[2].reply_to, Some(1));
    assert_eq!(messages[0].reactions[0].emoji, "🎉");
}

#[test]
fn what_cannot_be_changed_is_refused_in_words() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.says("mine");
    bob.says("gone");
    bob.deletes(2);
    let mut alice = Pty::guest_on(80, 40, &server, "alice");
    for (line, refusal) in [
        ("/edit 1", "Message 1 is not yours"),
        ("/edit", "None of your messages was shown: /edit TEXT changes the last"),
        ("/edit text", "None of the latest messages in #general is yours"),
        ("/delete", "None of the latest messages in #general is yours"),
        ("/delete 9", "There is no message 9 in #general"),
        ("/react 9 👍", "There is no message 9 in #general"),
        ("/reply 9 hello?", "Not sent: hello?"),
        ("/reply 9 there?", "This conversation has no message 9 to reply to"),
        ("/reply hello?", "Usage: /reply [N TEXT]"),
        ("/react nonsense", "Usage: /react [N] EMOJI"),
    ] {
        alice.enters(line);
        alice.shows(refusal);
    }
    for (line, kind) in [("/edit 1 yours", "author"), ("/react 2 👍", "deleted")] {
        alice.enters(line);
        alice.shows(kind);
    }
    for (line, notice) in
        [("/react 1 👍", "you reacted"), ("/react 1 👍", "You have reacted to message 1 with 👍 already")]
    {
        alice.enters(line);
        alice.shows(notice);
    }
    assert_eq!(bob.reads()[0].text, "mine");
}

#[test]
fn numbers_and_reactions_are_completed() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    for text in ["one", "two"] {
        bob.says(text);
    }
    let mut alice = Pty::guest(&server, "alice");
    alice.types("/reply \t");
    alice.prompts("[#general]> /reply 2");
    alice.types("\t");
    alice.prompts("[#general]> /reply 1");
    alice.types("\x03/react 2 \t");
    alice.prompts("[#general]> /react 2 👍");
    alice.types("\x03/reac\t");
    alice.prompts("[#general]> /react");
}

#[test]
fn a_number_shows_which_message_it_names() {
    let server = Server::start();
    Friend::guest(&server, "bob").says("which\u{202e} one?");
    let mut alice = Pty::start_on(80, 24, &["--server", &server.url(), "--guest", "general"], &[]);
    alice.prompts("[#general]>");
    alice.types("/reply 1");
    alice.shows("/reply 1 (bob: which<U+202E> one?)");
}

#[test]
fn piped_lines_change_messages_too() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    bob.says("who is there?");
    let mut alice = Linger::guest(&server, "alice");
    alice.types("helo\n/edit hello\n/reply 1 me\n/react 1 +1\n/delete 3\n/edit\n/reply 9 x\nlast\n");
    let (status, _, errors) = alice.ends();
    assert_eq!(status, 1, "{errors:?}");
    assert!(errors.iter().any(|line| line == "Usage: /edit [N] TEXT"), "{errors:?}");
    let messages = bob.reads();
    let texts: Vec<_> = messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["who is there?", "hello", "", "last"]);
    assert_eq!(messages[0].reactions[0].users, ["alice"]);
}

#[test]
fn a_server_of_0_1_works_as_before_and_lacks_the_commands() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    between.is_of_0_1();
    let (home, url) = (Home::new(), between.url());
    let arguments = ["--server", &url, "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_in(home.path(), 100, 40, &arguments, &[("NO_COLOR", "1")]);
    alice.prompts("[#general]>");
    alice.enters("hello");
    alice.shows("alice: hello");
    let older = "This server is older than linger 0.2: it cannot edit, delete, reply or react";
    for (count, line) in (1..).zip(["/edit hi", "/delete", "/reply 1 yes", "/react 1 👍"]) {
        alice.enters(line);
        alice.waits(line, |seen| seen.rows.iter().filter(|row| *row == older).count() == count);
    }
    alice.shows("Not sent: yes");
    bob.says("still here?");
    alice.shows("bob: still here?");
    let texts: Vec<_> = bob.reads().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["hello", "still here?"]);
    assert!(between.requests().iter().all(|request| !request.body.contains("reply_to")));
}

#[test]
fn a_reply_after_a_flood_quotes_what_is_left_of_a_message() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let bob = Friend::guest(&server, "bob");
    let between = Between::at(&server);
    let arguments = ["--server", &between.url(), "--guest", "--user", "alice", "general"];
    let mut alice = Pty::start_on(100, 60, &arguments, &[("NO_COLOR", "1")]);
    bob.says("a secret");
    bob.says("a tpyo");
    alice.shows("bob: a tpyo");
    between.answers("/poll", "503 Service Unavailable", "Content-Type: text/plain\r\n", "");
    alice.shows("retrying.");
    for number in 0..510 {
        bob.says(&number.to_string());
    }
    bob.deletes(1);
    bob.edits(2, "a typo");
    between.passes();
    alice.shows("more in #general: /history shows them");
    bob.answers(1, "no more");
    alice.tells("T bob ↳ 1 bob: (deleted)");
    bob.answers(2, "better");
    alice.tells("T bob ↳ 2 bob: a typo");
    let rows = alice.transcript();
    assert_eq!(rows.iter().filter(|row| row.contains("a secret") || row.contains("a tpyo")).count(), 2, "{rows:#?}");
    alice.enters("/reply");
    alice.tells("514 T bob ↳ 2 bob: a typo");
    // Fetched, and changed since.
    bob.edits(2, "a text");
    alice.tells("— bob edited T: a text");
    bob.answers(2, "best");
    alice.tells("T bob ↳ 2 bob: a text");
}

#[test]
fn a_program_gets_quotes_as_the_messages_are_now() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let mut alice = Linger::guest(&server, "alice");
    bob.says("a secret");
    assert!(alice.next_line().ends_with("bob: a secret"));
    bob.deletes(1);
    bob.answers(1, "gone");
    for end in ["bob ↳ 1 bob: (deleted)", "gone"] {
        let line = alice.next_line();
        assert!(line.ends_with(end), "{line}");
    }
    bob.says("teh");
    alice.next_line();
    bob.edits(3, "the");
    alice.types("/reply\n");
    while !alice.next_line().ends_with("bob: the") {}
}
