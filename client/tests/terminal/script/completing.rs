//! Completion in shells, with names from the server.

use std::env;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::harness::{DEADLINE, Friend, Home, Pty, Server};

/// Returns what a shell is told for the last of these words, at once if that is to be nothing. On a busy machine, the
/// server may answer too late at first.
fn told(home: &mut Home, shell: &str, words: &[&str], is_nothing: bool) -> Vec<String> {
    home.set("LINGER_COMPLETE", shell);
    home.set("_CLAP_COMPLETE_INDEX", &words.len().to_string());
    home.set("_CLAP_IFS", "\n");
    let give_up_at = Instant::now() + DEADLINE;
    loop {
        let told = home.run(&[&["--", "linger"], words].concat()).ok();
        if is_nothing || !told.is_empty() || Instant::now() > give_up_at {
            return told.lines().map(|line| name(shell, line)).collect();
        }
    }
}

/// Returns the name on a line: behind it, fish and zsh get a description.
fn name(shell: &str, line: &str) -> String {
    match shell {
        "fish" => line.split('\t').next().unwrap().to_owned(),
        "zsh" => line.replace("\\:", "\t").split(':').next().unwrap().replace('\t', ":"),
        _ => line.to_owned(),
    }
}

#[test]
fn shells_are_told_names_from_the_server_and_no_files() {
    let server = Server::start();
    let mut alice = Home::of_account(&server, "alice");
    let zoe = Friend::guest(&server, "zoe");
    zoe.creates("zeppelin");
    fs::write(alice.path().join("zebra"), "").unwrap();
    for shell in ["bash", "zsh", "fish"] {
        for (words, names) in [
            (&["who"][..], &["whoami"][..]),
            (&["ze"], &["zeppelin"]),
            (&["@z"], &["@zoe"]),
            (&["send", "--to", "zo"], &["zoe"]),
            (&["send", "--room", "z"], &["zeppelin"]),
            (&["read", "--room", "Z"], &["zeppelin"]),
            (&["send", "--to", "nobody"], &[]),
            (&["send", "ze"], &[]),
            (&["--user", "ze"], &[]),
            (&["--profile", "ze"], &[]),
            (&["--server", "http://127.0.0.1:9", "send", "--to", "zo"], &[]),
            (&["--guest", "send", "--to", "zo"], &[]),
            (&["--ca-file", "ze"], &["zebra"]),
        ] {
            assert_eq!(told(&mut alice, shell, words, names.is_empty()), names, "{shell}: {words:?}");
        }
    }
}

#[test]
fn shells_are_told_accounts_and_profiles_and_sessions_that_are_kept() {
    let (server, other) = (Server::start(), Server::start());
    let mut alice = Home::of_account(&server, "alice");
    let phone = Home::at(&server);
    phone.run_with_input(&["login"], "alice\nalice password\n").ok();
    alice.run(&["login", "--guest", "--user", "albert"]).ok();
    alice.run(&["--server", &other.url(), "login", "--guest", "--user", "alfred"]).ok();
    let toml = format!("[profiles.work]\nserver = '{}'\n[profiles.home]\n", other.url());
    alice.configure(&toml);
    alice.run(&["--profile", "home", "login", "--guest", "--user", "aldo"]).ok();
    for (user, place) in [("alice", "backup"), ("alice", "my bot"), ("albert", "other")] {
        for room in [&[][..], &["--room", "general"]] {
            alice.run(&[&["--user", user, "read", "--as", place], room].concat()).ok();
        }
    }
    let own = phone.run(&["sessions", "--json"]).json();
    let ids: Vec<_> = own.iter().map(|one| one["id"].as_str().unwrap()[..8].to_owned()).collect();
    assert_eq!(ids.len(), 2);
    let begin = &ids[0][..6];
    for shell in ["bash", "zsh", "fish"] {
        for (words, names) in [
            (&["--user", ""][..], &["albert", "alice"][..]),
            (&["--user", "ali"], &["alice"]),
            (&["send", "--user", "ali"], &["alice"]),
            (&["--guest", "--user", "alb"], &["albert"]),
            (&["--server", &other.url(), "--user", "al"], &["alfred"]),
            (&["--profile", "home", "--user", "al"], &["aldo"]),
            (&["--profile", ""], &["work", "home", "default"]),
            (&["status", "--profile", "w"], &["work"]),
            (&["sessions", "--end", begin], &[ids[0].as_str()]),
            (&["--user", "alice", "sessions", "--end", &begin.to_uppercase()], &[ids[0].as_str()]),
            (&["sessions", "--end", "zz"], &[]),
            (&["config", "set", "pro"], &["profile"]),
            (&["--server", ""], &[&*server.url(), &*other.url()]),
            (&["read", "--as", ""], &["backup", "my bot"]),
            (&["read", "--room", "general", "--as", "b"], &["backup"]),
            (&["--user", "Albert", "read", "--as", ""], &["other"]),
            (&["help", "e"], &["environment", "exit-codes"]),
            (&["help", "who"], &["whoami"]),
        ] {
            let (mut told, mut names) = (told(&mut alice, shell, words, names.is_empty()), names.to_vec());
            told.sort_unstable();
            names.sort_unstable();
            assert_eq!(told, names, "{shell}: {words:?}");
        }
        let mut all = told(&mut alice, shell, &["sessions", "--end", ""], false);
        all.sort_unstable();
        let mut ids = ids.clone();
        ids.sort_unstable();
        assert_eq!(all, ids, "{shell}");
    }
}

#[test]
fn bash_completes_a_name_that_was_never_seen() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    Friend::guest(&server, "zoe");
    fs::write(alice.path().join("nofile"), "").unwrap();
    let folder = Path::new(env!("CARGO_BIN_EXE_linger")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap());
    let variables = [("PATH", &*path), ("LINGER_SERVER", &*server.url())];
    let mut bash = Pty::shell(alice.path(), "bash", &variables);
    bash.prompts("shell$");
    bash.enters("eval \"$(linger completions bash)\"");
    bash.waits("a second prompt", |seen| seen.rows.len() == 2 && seen.rows[1] == "shell$");
    bash.types("linger send --to zo");
    bash.presses_until("\t", "shell$ linger send --to zoe");
    bash.types("nofi\t!");
    bash.prompts("shell$ linger send --to zoe nofi!");
}
