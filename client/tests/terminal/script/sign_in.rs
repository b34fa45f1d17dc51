//! Kept sign-ins: for whom, how, and who never sees them. Tests that need a terminal are with the sessions.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;
use serde_json::Value;

use crate::harness::{Between, Home, Pty, Server};

#[test]
fn a_kept_sign_in_is_readable_by_its_owner_only() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    alice.run(&["read"]).ok();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = alice.state_files();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700), "{}", file.display());
    }
    let home = alice.path().to_owned();
    assert!(alice.credential("alice").starts_with(home.join(".local/state/linger/default")));
    let said = fs::read_to_string(alice.credential("alice")).unwrap();
    assert!(!said.contains("alice password"), "no password is kept");
}

#[test]
fn the_state_folder_is_where_xdg_says() {
    let server = Server::start();
    let mut home = Home::at(&server);
    let elsewhere = home.path().join("elsewhere");
    home.set("XDG_STATE_HOME", elsewhere.to_str().unwrap());
    home.run(&["login", "--guest", "--user", "bob"]).ok();
    assert_eq!(home.state_files(), Vec::<std::path::PathBuf>::new());
    assert!(elsewhere.join("linger/default").is_dir());
    assert_eq!(home.run(&["whoami"]).ok(), "bob\n");
}

#[test]
fn a_token_is_sent_only_to_the_server_that_issued_it() {
    let (server, other) = (Server::start(), Server::start());
    let alice = Home::of_account(&server, "alice");
    let said = alice.run(&["whoami", "--server", &other.url()]).fails(4);
    assert!(said.contains("not signed in"), "{said}");

    // Even if its file ends up in the other server's folder.
    alice.run_with_input(&["login", "--create", "--server", &other.url()], "alice\nalice password\n").ok();
    let own = alice.credential("alice");
    let files: Vec<_> = alice.state_files().into_iter().filter(|path| path.ends_with("alice.json")).collect();
    let foreign = files.iter().find(|path| **path != own).unwrap();
    let of = |path: &std::path::Path| {
        serde_json::from_str::<Value>(&fs::read_to_string(path).unwrap()).unwrap()["server"].clone()
    };
    let (own, foreign) = if of(&own) == server.url() { (&own, foreign) } else { (foreign, &own) };
    fs::copy(own, foreign).unwrap();
    let said = alice.run(&["whoami", "--server", &other.url()]).fails(1);
    assert!(said.contains("is not sent to"), "{said}");
    assert_eq!(alice.run(&["whoami"]).ok(), "alice\n");
}

#[test]
fn profiles_and_users_have_sign_ins_of_their_own() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    home.run(&["login", "--guest", "--user", "bob"]).ok();
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n", "--user does not change the default user");
    assert_eq!(home.run(&["whoami", "--user", "BOB"]).ok(), "bob\n");
    home.run_with_input(&["login", "--create"], "carol\ncarol password\n").ok();
    assert_eq!(home.run(&["whoami"]).ok(), "carol\n", "a name that was asked for becomes the default user");

    home.configure("[profiles.work]\n");
    home.run(&["whoami", "--profile", "work"]).fails(4);
    home.run_with_input(&["login", "--profile", "work"], "alice\nalice password\n").ok();
    assert_eq!(home.run(&["whoami", "--profile", "work"]).ok(), "alice\n");
    assert_eq!(home.run(&["whoami"]).ok(), "carol\n");
}

#[test]
fn a_password_can_be_piped_in() {
    let server = Server::start();
    let home = Home::at(&server);
    home.run_with_input(&["login", "--create", "--user", "alice"], "alice password\n").ok();
    let again = Home::at(&server);
    again.run_with_input(&["login", "--user", "alice"], "another password\n").fails(4);
    again.run_with_input(&["login", "--user", "alice"], "alice password\n").ok();
    assert_eq!(again.run(&["whoami"]).ok(), "alice\n");

    // A guest is made by --guest only.
    for nothing in ["", "\n", "\r\n"] {
        let said = Home::at(&server).run_with_input(&["login", "--user", "bob"], nothing).fails(2);
        assert!(said.contains("no password was given"), "{said}");
    }
    Home::at(&server).run(&["login", "--guest", "--user", "bob"]).ok();
}

#[test]
fn signing_out_ends_the_session_and_forgets_the_token() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let token = alice.token("alice");
    assert!(alice.run(&["logout"]).err.contains("alice is signed out"));
    assert!(!alice.state_files().iter().any(|path| fs::read_to_string(path).unwrap().contains(&token)));
    alice.run(&["whoami"]).fails(4);
    alice.run(&["logout"]).fails(4);
    Home::at(&server).with("LINGER_TOKEN", &token).run(&["whoami"]).fails(4);
}

#[test]
fn a_token_in_the_environment_is_used_and_not_kept() {
    let server = Server::start();
    let token = Home::of_account(&server, "alice").token("alice");
    let home = Home::of_guest(&server, "bob");
    let home = home.with("LINGER_TOKEN", &token);
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n");
    home.run(&["send", "hi"]).ok();
    let line = home.run(&["read", "--last", "1"]).ok();
    assert!(line.ends_with("alice: hi\n"), "{line}");
    assert!(!home.state_files().iter().any(|path| fs::read_to_string(path).unwrap().contains(&token)));
}

#[test]
fn an_ended_session_is_4_and_says_how_to_sign_in() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let copy = alice.token("alice");
    Home::at(&server).with("LINGER_TOKEN", &copy).run(&["logout"]).ok();
    let said = alice.run(&["send", "hi"]).fails(4);
    assert!(said.contains("linger login"), "{said}");
    alice.run_with_input(&["login"], "alice\nalice password\n").ok();
    alice.run(&["send", "hi"]).ok();
}

#[test]
fn a_sign_in_creates_an_account_only_if_asked_to() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    let problem = r#"{"type":"/problems/wrong-credentials","title":"","status":401,"detail":"No user has these."}"#;
    between.answers("/connect", "401 Unauthorized", "Content-Type: application/problem+json\r\n", problem);
    home.run_with_input(&["login"], "alcie\nalice password\n").fails(4);
    home.run_with_input(&["lobby"], "alcie\nalice password\nhello\n").fails(4);
    between.passes();
    home.run_with_input(&["login", "--create"], "alice\nalice password\n").ok();
    let asked: Vec<serde_json::Value> = between
        .requests()
        .iter()
        .filter(|request| request.line == "POST /connect")
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect();
    assert_eq!(asked.len(), 3);
    assert!(asked[..2].iter().all(|body| body["create"] == false), "{asked:?}");
    assert_eq!(asked[2].get("create"), None);
}

#[test]
fn what_creates_something_carries_a_key() {
    let server = Server::start();
    let between = Between::at(&server);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    home.run_with_input(&["--guest", "--user", "alice"], "/create den\n").ok();
    for line in ["POST /connect", "POST /rooms"] {
        let requests = between.requests();
        let request = requests.iter().find(|request| request.line == line).unwrap();
        assert_eq!(request.header("idempotency-key").map(str::len), Some(32), "{request:?}");
    }
}

#[test]
fn a_pipe_without_a_password_takes_no_name_and_says_what_to_do() {
    let server = Server::start();
    let home = Home::at(&server);
    for input in ["hello\n", "hello", "hello\n\n", "hello\n\nworld\n", "\u{feff}hello\r\n\r\nworld\r\n"] {
        let said = home.run_with_input(&["general"], input).fails(2);
        assert!(said.contains("nothing was sent") && said.contains("`linger login`"), "{said}");
    }
    let alice = Home::of_account(&server, "carol");
    let names: Vec<_> = alice.run(&["users"]).ok().lines().map(|line| line.trim().to_owned()).collect();
    assert!(!names.iter().any(|name| name.starts_with("hello")), "{names:?}");
    assert_eq!(alice.run(&["read", "--last", "9"]).ok(), "");
    alice.run_with_input(&["--user", "carol"], "\u{feff}hello\r\nworld\r\n").ok();
    let texts = alice.run(&["read", "--last", "9", "--json"]).json();
    let texts: Vec<_> = texts.iter().map(|message| message["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["hello", "world"]);
}

#[test]
fn a_pipe_without_a_name_makes_no_guest() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let kept = alice.token("alice");
    for home in [&alice, &Home::at(&server)] {
        for input in ["\nhello from cron\n", "\n\nhello\n", " \t\nhello\n", "\r\nhello\r\n", "\n", "\u{feff}\nhello\n"]
        {
            let mut all = vec![&["--create"][..], &["login"], &["login", "--create"]];
            if home.state_files().is_empty() {
                // Each line is a message of a user who is signed in.
                all.extend([&[][..], &["lobby"]]);
            }
            for arguments in all {
                let said = home.run_with_input(arguments, input).fails(2);
                assert!(said.contains("there is no name"), "{input:?} {arguments:?}: {said}");
            }
        }
    }
    assert_eq!(alice.token("alice"), kept);
    assert_eq!(alice.run(&["users"]).ok().lines().count(), 1);
    assert_eq!(alice.run(&["read", "--last", "9"]).ok(), "");
    Home::at(&server).run_with_input(&["--guest"], "\nhello\n").ok();
    assert_eq!(alice.run(&["read", "--last", "9", "--json"]).json().len(), 1, "a guest that was asked for");
}

#[test]
fn a_guest_returns_under_the_same_name() {
    let server = Server::start();
    let home = Home::at(&server);
    let said = home.run_with_input(&["--user", "bot"], "zero\n").fails(4);
    assert!(said.contains("you are not signed in as bot at"), "{said}");
    for text in ["one\n", "two\n"] {
        let ran = home.run_with_input(&["--guest", "--user", "bot"], text);
        assert!(ran.err.contains("bot"), "{ran:?}");
        ran.ok();
    }
    let texts = home.run(&["read", "--last", "9", "--user", "bot", "--json"]).json();
    let texts: Vec<_> = texts.iter().map(|message| format!("{}: {}", message["from"], message["text"])).collect();
    assert_eq!(texts, [r#""bot": "one""#, r#""bot": "two""#]);
}

#[test]
fn a_visit_keeps_nothing() {
    let server = Server::start();
    let home = Home::at(&server);
    let first = home.run(&["whoami", "--guest"]).ok();
    let second = home.run(&["whoami", "--guest"]).ok();
    assert!(first.starts_with("guest") && first != second, "{first} {second}");
    assert_eq!(home.state_files().len(), 0, "{:?}", home.state_files());
}

#[test]
fn a_name_and_a_password_in_a_pipe_are_never_messages() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let stranger = Home::at(&server);
    for text in ["one", "two"] {
        let lines = format!("alice\nalice password\n{text}\n");
        stranger.run_with_input(&[], &lines).ok();
        let said = alice.run_with_input(&[], &lines).fails_saying(2);
        assert!(said.contains("nothing was sent"), "{said}");
    }
    let texts = alice.run(&["read", "--last", "9", "--json"]).json();
    assert_eq!(texts.iter().map(|message| message["text"].as_str().unwrap()).collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn a_flag_chooses_another_sign_in_than_the_token_in_the_environment() {
    let server = Server::start();
    let token = Home::of_account(&server, "alice").token("alice");
    let between = Between::at(&server);
    let home = Home::of_guest(&server, "bob").with("LINGER_TOKEN", &token);
    assert_eq!(home.run(&["--user", "bob", "whoami"]).ok(), "bob\n");
    let said = home.run(&["--user", "carol", "whoami"]).fails(4);
    assert!(said.contains("or leave --user out to use LINGER_TOKEN"), "{said}");
    assert_ne!(home.run(&["--guest", "whoami"]).ok(), "alice\n");
    let bob = home.token("bob");
    home.run(&["--user", "bob", "logout"]).ok();
    Home::at(&server).with("LINGER_TOKEN", &bob).run(&["whoami"]).fails(4);
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n", "the session of the token goes on");
    // The link of a stranger may lead to any server.
    let link = format!("{}/#invite=abcde-fghjk-mnpqr", between.url());
    home.run(&["--invite", &link, "general"]);
    home.run(&["--invite", &link, "login", "--guest", "--user", "dora"]);
    let requests = between.requests();
    assert!(requests.iter().any(|request| request.line == "POST /connect"), "{requests:?}");
    assert!(!requests.iter().any(|request| request.head.contains(&token)), "{requests:?}");
}

#[test]
fn the_end_of_a_session_in_the_environment_names_the_variable() {
    let server = Server::start();
    let home = Home::of_account(&server, "alice");
    Home::at(&server).with("LINGER_TOKEN", &home.token("alice")).run(&["logout"]).ok();
    let ended = home.token("alice");
    home.run_with_input(&["login"], "alice\nalice password\n").ok();
    let home = home.with("LINGER_TOKEN", &ended);
    for arguments in [&["whoami"][..], &["send", "hi"], &["read"], &["logout"], &["general"]] {
        let said = home.run(arguments).fails(4);
        assert!(said.contains("the session of LINGER_TOKEN has ended"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_signal_at_a_question_for_a_password_leaves_the_terminal_as_it_was() {
    let server = Server::start();
    let url = server.url();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut alice = Pty::start_on(80, 24, &["--server", &url, "login", "--user", "alice"], &[]);
        alice.prompts("Password: ");
        assert!(!alice.is_cooked());
        alice.signals(signal);
        assert_ne!(alice.ends().0, 0);
        assert!(alice.is_cooked(), "after {signal:?}");
    }
    let home = Home::of_account(&server, "alice");
    let mut alice = Pty::start_in(home.path(), 80, 24, &["--server", &url, "general"], &[]);
    alice.prompts("[#general]>");
    alice.enters("/passwd");
    alice.prompts("Old password: ");
    alice.signals(Signal::TERM);
    assert_ne!(alice.ends().0, 0);
    assert!(alice.is_cooked(), "in a session");
    // A session that begins with the question restores the terminal itself.
    for _ in 0..5 {
        let mut alice = Pty::start_on(80, 24, &["--server", &url, "--user", "alice", "general"], &[]);
        alice.prompts("Password: ");
        alice.enters("alice password");
        alice.prompts("[#general]>");
        alice.types("half a line");
        alice.prompts("[#general]> half a line");
        alice.signals(Signal::TERM);
        assert_ne!(alice.ends().0, 0);
        assert!(alice.is_cooked(), "after a question");
    }
}
