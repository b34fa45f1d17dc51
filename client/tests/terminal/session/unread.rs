//! What counts as read: what the user has on the screen, in the conversation that they are in. The server, other
//! clients and the session agree.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use crate::harness::{DEADLINE, Friend, Home, Linger, Pty, Server};

impl Home {
    /// Waits until `linger status` says that this is unread.
    pub(super) fn has_unread(&self, unread: &str) {
        let give_up_at = Instant::now() + DEADLINE;
        loop {
            let status = self.run(&["status"]).ok();
            if status.ends_with(&format!("unread   {unread}\n")) {
                return;
            }
            assert!(Instant::now() < give_up_at, "not {unread}: {status}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn session(&self, server: &Server, variables: &[(&str, &str)]) -> Pty {
        let url = server.url();
        let variables = [&[("LINGER_SERVER", url.as_str()), ("NO_COLOR", "1")], variables].concat();
        let session = Pty::start_in(self.path(), 80, 40, &["general"], &variables);
        session.waits("a prompt", |seen| seen.rows.iter().any(|row| row.starts_with("[#general")));
        session
    }
}

#[test]
fn the_session_and_the_server_agree_about_what_is_unread() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = home.session(&server, &[]);
    bob.tells("alice", "psst");
    alice.prompts("[#general 1+]>");
    home.has_unread("@bob 1");
    bob.says("in the conversation that is open");
    alice.shows("bob: in the conversation that is open");
    home.has_unread("@bob 1");
    alice.enters("/status");
    alice.waits("one unread", |seen| seen.rows.iter().any(|row| row.starts_with("unread") && row.ends_with(" 1")));
    alice.enters("/next");
    alice.prompts("[@bob]>");
    home.has_unread("nothing");
    bob.says("elsewhere now");
    alice.prompts("[@bob 1+]>");
    bob.tells("alice", "here");
    alice.shows("bob: here");
    home.has_unread("#general 1");
    alice.enters("/switch");
    alice.prompts("[#general]>");
    home.has_unread("nothing");
}

#[test]
fn of_a_flood_the_latest_are_shown_and_the_rest_stays_unread() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    for number in 1..=150 {
        bob.says(&format!("number {number:03}"));
    }
    bob.tells("alice", "psst");
    let mut alice = home.session(&server, &[]);
    alice.shows("bob: psst");
    alice.prompts("[#general 1+]>");
    let shown = alice.transcript();
    let numbers: Vec<_> = shown.iter().filter_map(|row| row.trim_end().split("bob: number ").nth(1)).collect();
    assert_eq!((numbers.len(), numbers[0], numbers[49]), (50, "101", "150"), "{shown:#?}");
    assert!(shown.iter().any(|row| row.starts_with("… 100 more in #general: /history shows them")), "{shown:#?}");
    home.has_unread("#general 150, @bob 1");
    alice.enters("/unread");
    alice.shows("#general 150");
    alice.enters("/history 60");
    alice.shows("bob: number 100");
    home.has_unread("#general 150, @bob 1");
    alice.enters("/history 100");
    alice.shows("bob: number 040");
    home.has_unread("@bob 1");
    alice.enters("/read all");
    home.has_unread("nothing");
}

#[test]
fn an_answer_clears_what_it_answers() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    for number in 1..=60 {
        bob.says(&format!("number {number:02}"));
    }
    let mut alice = home.session(&server, &[]);
    alice.waits_for_transcript("the rest", |rows| rows.iter().any(|row| row.starts_with("… 10 more in #general")));
    bob.tells("alice", "psst");
    alice.prompts("[#general 1+]>");
    home.has_unread("#general 60, @bob 1");
    alice.enters("here I am");
    alice.shows("alice: here I am");
    home.has_unread("@bob 1");
    alice.enters("/msg bob what?");
    alice.shows("alice: what?");
    alice.prompts("[#general]>");
    home.has_unread("nothing");
    alice.enters("/status");
    alice.waits("nothing unread", |seen| seen.rows.iter().any(|row| row.starts_with("unread") && row.ends_with(" 0")));
}

#[test]
fn nothing_is_read_while_tmux_is_detached() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    // tmux tells by the mode of its socket whether a terminal is attached.
    let socket = home.path().join("tmux");
    fs::write(&socket, "").unwrap();
    let attach = |mode| fs::set_permissions(&socket, fs::Permissions::from_mode(mode)).unwrap();
    attach(0o700);
    let tmux = format!("{},1,0", socket.display());
    let mut alice = home.session(&server, &[("TMUX", &tmux)]);
    bob.says("seen");
    alice.shows("bob: seen");
    bob.says("seen, too");
    alice.shows("bob: seen, too");
    attach(0o600);
    bob.says("not seen");
    alice.shows("bob: not seen");
    bob.says("nor this");
    alice.shows("bob: nor this");
    home.has_unread("#general 2");
    attach(0o700);
    home.has_unread("nothing");
}

/// A tmux server with a socket of its own, which ends with this value.
struct Tmux(PathBuf);

impl Tmux {
    fn run(&self, arguments: &[&str]) -> String {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(&self.0).args(["-f", "/dev/null"]).args(arguments).env_remove("TMUX");
        let ran = tmux.output().expect("tmux is installed: scripts/test-tools does that");
        assert!(ran.status.success(), "{arguments:?}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    }

    /// Waits until the pane of the session shows this.
    fn shows(&self, text: &str) {
        let give_up_at = Instant::now() + DEADLINE;
        loop {
            let shown = self.run(&["capture-pane", "-p", "-t", "%0"]);
            if shown.contains(text) {
                return;
            }
            assert!(Instant::now() < give_up_at, "no {text:?} in {shown}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").arg("-S").arg(&self.0).arg("kill-server").output();
    }
}

#[test]
fn a_message_is_read_only_where_tmux_shows_it() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let tmux = Tmux(home.path().join("tmux"));
    let start = format!(
        "env HOME={} NO_COLOR=1 {} --server {} general",
        home.path().display(),
        env!("CARGO_BIN_EXE_linger"),
        server.url()
    );
    tmux.run(&["new-session", "-d", "-s", "one", "-x", "80", "-y", "24", &start]);
    tmux.run(&["new-session", "-d", "-s", "two", "cat"]);
    tmux.shows("[#general]>");
    let path = env::var("PATH").unwrap();
    let mut terminal = Pty::shell(home.path(), "/bin/sh", &[("PATH", &path)]);
    terminal.enters(&format!("tmux -S {} attach -t one", tmux.0.display()));
    terminal.shows("[#general]>");
    let see = |text: &str, unread: &str| {
        bob.says(text);
        tmux.shows(&format!("bob: {text}"));
        home.has_unread(unread);
    };
    see("in front of the user", "nothing");
    for (hide, show) in [
        // Another session has the terminal.
        (&["switch-client", "-t", "two"][..], &["switch-client", "-t", "one"][..]),
        // Another window.
        (&["new-window", "-t", "one", "cat"], &["select-window", "-t", "one:0"]),
        // Another pane of the window, over all of it.
        (&["split-window", "-Z", "-t", "one:0", "cat"], &["resize-pane", "-Z", "-t", "one:0"]),
        (&["detach-client", "-s", "one"], &[]),
    ] {
        tmux.run(hide);
        see(&format!("behind {}", hide[0]), "#general 1");
        if !show.is_empty() {
            tmux.run(show);
            home.has_unread("nothing");
            see(&format!("after {}", show[0]), "nothing");
        }
    }
}

#[test]
fn a_room_that_was_left_elsewhere_is_noticed_before_anything_is_said_there() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = home.session(&server, &[]);
    alice.enters("/create lobby");
    alice.prompts("[#lobby]>");
    let mut pipe = Linger::guest(&server, "carol");
    pipe.types("/create den\n");
    let elsewhere = Friend::with_token(&server, &home.token("alice"));
    alice.types("half a line");
    elsewhere.leaves(2);
    alice.shows("You have left #lobby elsewhere: its messages no longer arrive.");
    alice.prompts("[#lobby]> half a line");
    alice.enters("");
    alice.shows("Not sent, because you have left #lobby: half a line");
    let seen = alice.sight();
    assert_eq!(seen.rows.iter().filter(|row| row.contains("You have left")).count(), 1, "{seen:?}");
    alice.enters("/join lobby");
    alice.prompts("[#lobby]>");
    alice.enters("back again");
    alice.shows("alice: back again");
    bob.says_in("lobby", "welcome");
    let seen = alice.shows("bob: welcome");
    assert!(!seen.rows.iter().any(|row| row.contains("alice: half a line")), "{seen:?}");
    assert_eq!(pipe.ends().0, 0, "its room was not left");
}

#[test]
fn a_room_that_was_left_elsewhere_is_noticed() {
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = home.session(&server, &[]);
    alice.enters("/create lobby");
    alice.prompts("[#lobby]>");
    let elsewhere = Friend::with_token(&server, &home.token("alice"));
    elsewhere.leaves(2);
    alice.shows("You have left #lobby elsewhere: its messages no longer arrive.");
    alice.enters("hello?");
    alice.shows("Not sent, because you have left #lobby: hello?");
    bob.says_in("lobby", "nobody hears");
    alice.enters("/join lobby");
    alice.shows("bob: nobody hears");
    alice.enters("back again");
    alice.shows("alice: back again");
}

#[test]
fn nothing_is_read_while_the_terminal_has_not_the_focus() {
    const OUT: &str = "\x1b[O";
    const IN: &str = "\x1b[I";
    let server = Server::start();
    let bob = Friend::guest(&server, "bob");
    let home = Home::of_guest(&server, "alice");
    let mut alice = home.session(&server, &[]);
    assert!(alice.written().contains("\x1b[?1004h"), "reports of the focus are asked for");
    alice.types("half");
    alice.prompts("[#general]> half");
    alice.types(OUT);
    bob.says("not seen");
    alice.shows("bob: not seen");
    home.has_unread("#general 1");
    alice.prompts("[#general]> half");
    alice.types(IN);
    home.has_unread("nothing");
    bob.says("seen");
    alice.shows("bob: seen");
    home.has_unread("nothing");
    alice.types("\x03/quit\r");
    alice.ends();
    assert!(alice.written().contains("\x1b[?1004l"), "and no longer, at the end");
}
