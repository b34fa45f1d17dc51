//! Every exit status that `linger --help` lists, from the situation it stands for.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::harness::{Home, Server};

#[test]
fn usage_is_2() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    for usage in [
        &["--nope"][..],
        &["a", "b"],
        &["lobby", "rooms"],
        &["--server", "localhost:8000"],
        &["--server", "http://localhost:80000", "login"],
        &["--server", "http://localhost:0", "login"],
        &["--server", "http://bob:secret@localhost", "login"],
        &["--color", "green", "rooms"],
        &["--profile", "nope", "rooms"],
        &["--ca-file", "nope", "rooms"],
        &["send", "--room", "a", "--to", "b", "hi"],
        &["send", "--room", "", "hi"],
        &["send", "--room", "#", "hi"],
        &["send", "--to", "@", "hi"],
        &["read", "--room", "#"],
        &["sessions", "--end", ""],
        &["--user", "", "whoami"],
        &["read", "--last", "1", "--since", "x"],
        &["read", "--last", "many"],
        &["read", "--last", "101"],
        &["config"],
    ] {
        alice.run(usage).fails(2);
    }
}

#[test]
fn no_answer_is_3() {
    let server = Server::start();
    let mut alice = Home::of_account(&server, "alice");
    drop(server);
    for arguments in [&["whoami"][..], &["rooms"], &["read"], &["logout"], &["send", "--retry", "0", "hi"], &[]] {
        let said = alice.run_with_input(arguments, "alice\nalice password\n").fails(3);
        assert!(!said.contains("os error"), "{said}");
    }
    let proxy = canned("503 Service Unavailable", "text/html", "<h1>Not now</h1>");
    alice.set("LINGER_SERVER", &proxy);
    alice.set("LINGER_TOKEN", "a.b.c");
    assert!(alice.run(&["whoami"]).fails(3).contains("503"));
}

#[test]
fn an_answer_that_is_not_lingers_is_3_and_says_what_came() {
    for (status, kind, body, said) in [
        ("200 OK", "text/html", "<h1>Welcome</h1>", "answered 200 OK with a web page"),
        ("200 OK", "application/json", "{}", "answered 200 OK with something else"),
        ("204 No Content", "text/html", "", "answered 204 No Content"),
        ("302 Found", "text/html\r\nLocation: https://sso.example/", "", "a redirect to https://sso.example/"),
        ("400 Bad Request", "text/html", "<h1>No</h1>", "answered 400 Bad Request"),
        ("401 Unauthorized", "text/html\r\nWWW-Authenticate: Basic realm=\"x\"", "no", "a sign-in of its own (Basic)"),
        ("401 Unauthorized", "application/json", r#"{"message":"no"}"#, "answered 401 Unauthorized"),
        ("403 Forbidden", "application/problem+json", r#"{"type":"about:blank"}"#, "answered 403 Forbidden"),
        ("404 Not Found", "text/html", "<h1>No</h1>", "answered 404 Not Found"),
        ("413 Content Too Large", "text/html", "<h1>No</h1>", "answered 413"),
    ] {
        let page = canned(status, kind, body);
        let home = Home::new().with("LINGER_SERVER", &page).with("LINGER_TOKEN", "a.b.c");
        for command in
            [&["whoami"][..], &["rooms"], &["read"], &["send", "--retry", "0", "hi"], &["logout"], &["lobby"]]
        {
            if command == ["logout"] && status.starts_with("204") {
                // linger itself would answer the same.
                continue;
            }
            let failed = home.run(command).fails(3);
            assert!(
                failed.contains("Something between you and the server answered"),
                "{status}, {command:?}: {failed}"
            );
            assert!(failed.contains(said), "{status}, {command:?}: {failed}");
        }
        for wrong in [&["login", "--guest", "--user", "bob"][..], &["--guest"]] {
            let failed = home.run(wrong).fails(3);
            assert!(failed.contains(said), "{status}, {wrong:?}: {failed}");
        }
    }
}

#[test]
fn the_pause_that_a_proxy_asks_for_is_told_in_seconds() {
    for status in ["503 Service Unavailable", "429 Too Many Requests"] {
        let proxy = canned(status, "text/html\r\nRetry-After: 45", "<h1>Not now</h1>");
        let home = Home::new().with("LINGER_SERVER", &proxy).with("LINGER_TOKEN", "a.b.c");
        for command in [&["whoami"][..], &["send", "--retry", "0", "hi"], &["login", "--guest", "--user", "bob"], &[]] {
            let said = home.run(command).fails(3);
            assert!(said.contains(&status[..3]) && said.contains(". Try again in 45 seconds"), "{command:?}: {said}");
        }
    }
}

#[test]
fn a_missing_or_failed_sign_in_is_4() {
    let server = Server::start();
    let _alice = Home::of_account(&server, "alice");
    let home = Home::at(&server);
    for arguments in [&["whoami"][..], &["send", "hi"], &["read"], &["rooms"], &["users"], &["status"], &["logout"]] {
        assert!(home.run(arguments).fails(4).contains("not signed in"), "{arguments:?}");
    }
    let said = home.run_with_input(&["login"], "alice\nnot her password\n").fails(4);
    assert!(said.contains("No user has this name and password."), "{said}");
    let forged = Home::at(&server).with("LINGER_TOKEN", "forged");
    forged.run(&["whoami"]).fails(4);
    forged.run(&[]).fails(4);
}

#[test]
fn a_refusal_is_5() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    for (arguments, why) in [
        (&["send", "--room", "nowhere", "hi"][..], "there is no #nowhere"),
        (&["send", "--to", "nobody", "hi"], "there is no @nobody"),
        (&["send", "  "], "visible"),
        (&["send", "--to", "alice", "hi"], "yourself"),
        (&["read", "--room", "nowhere"], "there is no room named nowhere"),
        (&["read", "--since", "garbage"], "cursor"),
        (&["#nowhere"], "There is no room named nowhere"),
    ] {
        let said = alice.run_with_input(&[arguments, &["--user", "alice"]].concat(), "").fails(5);
        assert!(said.to_lowercase().contains(&why.to_lowercase()), "{arguments:?}: {said}");
    }
    let said = Home::at(&server).run(&["login", "--guest", "--user", "alice"]).fails(5);
    assert!(said.contains("This name is taken."), "{said}");
}

#[test]
fn a_rate_limit_is_6() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "2")]);
    let alice = Home::of_account(&server, "alice");
    alice.run(&["send", "1"]).ok();
    alice.run(&["send", "2"]).ok();
    alice.run(&["send", "3"]).fails(6);
}

/// Starts a server that gives every request this answer, until the test ends.
fn canned(status: &'static str, kind: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            read_request(&mut stream);
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close");
            let _ = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes());
        }
    });
    url
}

fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        request.push(byte[0]);
    }
}
