//! The screens in the README, compared with sessions.

use std::fs;
use std::path::Path;

use crate::harness::{Friend, Home, Pty, Server};

/// The time of day in those screens.
const TIME: &str = "10:02";

#[test]
fn the_screens_in_the_readme_are_real() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).unwrap();
    for columns in [80, 40] {
        let screen = screen(columns);
        assert!(readme.contains(&format!("```\n{screen}\n```")), "not in the README:\n{screen}\n");
    }
}

/// Returns the screen of a session up to a half-typed line.
fn screen(columns: u16) -> String {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    let (bob, carol) = (Friend::guest(&server, "bob"), Friend::guest(&server, "carol"));
    bob.creates("lobby");
    carol.creates("engine-room");
    bob.says("good morning, everybody");
    carol.tells("alice", "psst");
    let variables = [("NO_COLOR", "1"), ("LINGER_SERVER", &*server.url())];
    let mut alice = Pty::start_in(home.path(), columns, 24, &[], &variables);
    alice.prompts("Number or name (general):");
    alice.enters("");
    alice.prompts("[#general 1+]>");
    alice.enters("good morning! is the release out?");
    alice.shows("alice: good morning!");
    bob.says("@alice: since midnight. Nobody has found anything in it yet, which is either very good or very bad");
    alice.shows("bad");
    alice.enters("/j eng\t");
    alice.prompts("[#engine-room 1+]>");
    carol.tells("alice", "have a look at the fourth pump");
    alice.prompts("[#engine-room 2+]>");
    alice.types("what is wrong");
    let seen = alice.prompts("[#engine-room 2+]> what is wrong");
    let is_time = |row: &str| row.as_bytes().get(2) == Some(&b':') && row.as_bytes()[0].is_ascii_digit();
    let rows = seen.rows.iter().map(|row| if is_time(row) { format!("{TIME}{}", &row[5..]) } else { row.clone() });
    rows.collect::<Vec<_>>().join("\n")
}
