//! Renewal of tokens by commands and pipes. Tests of running sessions are with the sessions.

use std::time::Duration;

use crate::harness::{Between, Friend, Home, Server};

#[test]
fn a_token_is_renewed_when_half_of_its_life_has_passed() {
    let server = Server::start();
    for home in [Home::of_account(&server, "alice"), Home::of_guest(&server, "bob")] {
        let user = home.run(&["whoami"]).ok().trim().to_owned();
        let first = home.token(&user);
        home.ages(&user, Duration::from_secs(60 * 60), Duration::from_secs(29 * 24 * 60 * 60));
        home.run(&["whoami"]).ok();
        assert_eq!(home.token(&user), first, "a newer token is not renewed");
        home.ages(&user, Duration::from_secs(16 * 24 * 60 * 60), Duration::from_secs(14 * 24 * 60 * 60));
        assert_eq!(home.run(&["whoami"]).ok(), format!("{user}\n"));
        assert_ne!(home.token(&user), first);
        assert_eq!(home.run(&["whoami"]).ok(), format!("{user}\n"));
    }
}

#[test]
fn signing_out_after_a_renewal_ends_the_older_token_too() {
    let server = Server::start();
    let between = Between::at(&server);
    let alice = Home::new().with("LINGER_SERVER", &between.url());
    alice.run_with_input(&["login", "--create"], "alice\nalice password\n").ok();
    let count = |line: &str| between.requests().iter().filter(|request| request.line == line).count();
    let connects = count("POST /connect");
    let mut tokens = vec![alice.token("alice")];
    for renewals in 1..=2 {
        alice.ages("alice", Duration::from_secs(16 * 24 * 60 * 60), Duration::from_secs(14 * 24 * 60 * 60));
        alice.run(&["whoami"]).ok();
        tokens.push(alice.token("alice"));
        assert_eq!((count("POST /me/token"), count("POST /connect")), (renewals, connects), "it is the same session");
    }
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2], "{tokens:?}");
    alice.run(&["logout"]).ok();
    for token in tokens {
        Home::at(&server).with("LINGER_TOKEN", &token).run(&["whoami"]).fails(4);
    }
}

#[test]
fn a_given_token_is_never_renewed() {
    let server = Server::start();
    let between = Between::at(&server);
    let token = Home::of_account(&server, "alice").token("alice");
    let home = Home::new().with("LINGER_SERVER", &between.url()).with("LINGER_TOKEN", &token);
    home.run(&["send", "hi"]).ok();
    home.run_with_input(&[], "hello\n").ok();
    let renewals = ["POST /me/token", "POST /connect"];
    assert!(!between.requests().iter().any(|request| renewals.contains(&request.line.as_str())));
}

/// The answer to a renewal.
fn renewed(token: &str) -> String {
    format!(r#"{{"token":"{token}","expires_at":"2100-01-01T00:00:00.000Z"}}"#)
}

#[test]
fn a_refused_token_is_renewed_once_more_before_it_counts_as_ended() {
    let server = Server::start();
    let between = Between::at(&server);
    let alice = Home::new().with("LINGER_SERVER", &between.url());
    alice.run_with_input(&["login", "--create"], "alice\nalice password\n").ok();
    let commands: [&[&str]; 8] = [
        &["whoami"],
        &["status"],
        &["rooms"],
        &["users"],
        &["send", "hi"],
        &["read", "--last", "1"],
        &["read", "--room", "general"],
        &["logout"],
    ];
    for command in commands {
        let refused = alice.token("alice");
        Friend::with_token(&server, &refused).disconnects();
        let next = Friend::account(&server, "alice").token;
        // As for a client that never saw the answer to its renewal.
        between.answers("/me/token", "200 OK", "Content-Type: application/json\r\n", &renewed(&next));
        alice.run(command).ok();
        let renewals = between.requests().into_iter().filter(|request| request.line == "POST /me/token");
        let bearer = format!("Bearer {refused}");
        let with_it = renewals.filter(|request| request.header("authorization") == Some(&*bearer)).count();
        assert_eq!(with_it, 1, "{command:?}");
        match command {
            ["logout"] => {
                Home::at(&server).with("LINGER_TOKEN", &next).run(&["whoami"]).fails(4);
            }
            _ => assert_eq!(alice.token("alice"), next, "{command:?}"),
        }
    }
    assert!(!alice.state_files().iter().any(|path| path.ends_with("alice.json")));
}

#[test]
fn a_pipe_renews_a_refused_token_too() {
    let server = Server::start();
    let between = Between::at(&server);
    let alice = Home::new().with("LINGER_SERVER", &between.url());
    alice.run_with_input(&["login", "--create"], "alice\nalice password\n").ok();
    let refused = alice.token("alice");
    Friend::with_token(&server, &refused).disconnects();
    let next = Friend::account(&server, "alice").token;
    between.answers("/me/token", "502 Bad Gateway", "", "");
    alice.run_with_input(&["--user", "alice"], "hello\n").fails(3);
    assert_eq!(alice.token("alice"), refused, "whether it has ended is not known");
    between.answers("/me/token", "200 OK", "Content-Type: application/json\r\n", &renewed(&next));
    alice.run_with_input(&["--user", "alice"], "hello\n").ok();
    assert_eq!(alice.token("alice"), next);
}

#[test]
fn a_token_is_renewed_in_time_though_the_clock_is_wrong() {
    let server = Server::start();
    let between = Between::at(&server);
    let day = Duration::from_secs(24 * 60 * 60);
    for ahead in [400, -400] {
        let name = if ahead > 0 { "late" } else { "early" };
        let friend = Friend::guest(&server, name);
        let now = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * ahead);
        let end = now + day * 30;
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap();
        let connected = format!(
            r#"{{"token":"{}","expires_at":"{end:.3}","user":{{"id":2,"name":"{name}","guest":true}},"returning":false,
                "messages":[],"more":false,"cursor":"","rooms":[],"direct":[]}}"#,
            friend.token
        );
        let headers = format!("Content-Type: application/json\r\nDate: {date}\r\n");
        between.answers("/connect", "201 Created", &headers, &connected);
        let home = Home::new().with("LINGER_SERVER", &between.url());
        home.run(&["login", "--guest", "--user", name]).ok();
        between.passes();
        home.run(&["whoami", "--user", name]).ok();
        assert_eq!(home.token(name), friend.token, "it is new");
        home.received(name, day * 16);
        home.run(&["whoami", "--user", name]).ok();
        assert_ne!(home.token(name), friend.token, "half of its life has passed: {ahead}");
    }
}
