//! Who may come in: codes, invitations, and servers that ask for one.

use serde_json::Value;

use serde_json::json;

use crate::harness::{Between, Friend, Home, Pty, Server};

/// Settings of a server that lets no stranger in.
const CLOSED: [(&str, &str); 2] = [("ROCKET_CHAT__REGISTRATION", "closed"), ("ROCKET_CHAT__GUESTS", "off")];
/// Settings of a server that asks strangers for an invitation.
const INVITED: [(&str, &str); 2] = [("ROCKET_CHAT__REGISTRATION", "invite"), ("ROCKET_CHAT__GUESTS", "invite")];

#[test]
fn a_server_that_lets_no_stranger_in_says_so() {
    for (settings, why) in [(CLOSED, "by the administrators here"), (INVITED, "need an invitation here")] {
        let server = Server::start_with(&settings);
        let home = Home::at(&server);
        let said = home.run_with_input(&["login", "--create"], "alice\nalice password\n").fails(4);
        assert!(said.contains("No user has this name and password.") && said.contains(why), "{said}");
        let said = home.run_with_input(&["login"], "alice\nalice password\n").fails(4);
        assert!(!said.contains(why), "no account was wanted: {said}");
        for guest in [&["login", "--guest", "--user", "bob"][..], &["--guest"], &["whoami", "--guest"]] {
            let said = home.run(guest).fails(5);
            assert!(said.to_lowercase().contains("guests"), "{said}");
        }
    }
}

#[test]
fn the_questions_offer_only_what_the_server_allows() {
    for (settings, why) in [(CLOSED, "by the administrators here."), (INVITED, "need an invitation here:")] {
        let server = Server::start_with(&settings);
        let home = Home::at(&server);
        let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
        let mut alice = Pty::start_in(home.path(), 100, 24, &["general"], &variables);
        // Signing in is the only way, so there is nothing to choose.
        alice.prompts("Name: ");
        alice.shows(why);
        assert!(!alice.written().contains("uest"), "guests are not mentioned");
        alice.enters("alice");
        alice.prompts("Password: ");
        alice.enters("correct horse");
        alice.shows("No user has this name and password.");
        alice.prompts("Name: ");
    }
}

/// Returns the bodies of all sign-ins.
fn sign_ins(between: &Between) -> Vec<Value> {
    let requests = between.requests();
    let sign_ins = requests.iter().filter(|request| request.line == "POST /connect");
    sign_ins.map(|request| serde_json::from_str(&request.body).unwrap()).collect()
}

#[test]
fn a_server_of_0_1_gets_no_code() {
    let server = Server::start();
    let between = Between::at(&server);
    between.is_of_0_1();
    let home = Home::new().with("LINGER_SERVER", &between.url());
    for arguments in [&["login", "--code", "ab1c2-d3e4f"][..], &["login", "--invite", "ab1c2"], &["--code", "ab1c2"]] {
        let said = home.run(arguments).fails(5);
        assert!(said.contains("older than linger 0.2"), "{said}");
    }
    assert_eq!(sign_ins(&between), [Value::Null; 0]);
    home.run_with_input(&["login", "--create"], "alice\nalice password\n").ok();
}

#[test]
fn a_code_is_sent_as_its_kind_needs_it() {
    let server = Server::start();
    let between = Between::at(&server);
    let url = between.url();
    let refused = r#"{"type":"/problems/code-not-valid","title":"","status":403,"detail":"This code does not work."}"#;
    between.answers("/connect", "403 Forbidden", "Content-Type: application/problem+json\r\n", refused);
    let home = Home::new();
    let (invitation, own) = (format!("{url}/#invite=ab1-c2"), format!("{url}/#code=ab1-c2"));
    let password = "alice password\n";
    for (arguments, input, body) in [
        (&["--code", &own][..], "", r#"{"code":"ab1-c2"}"#),
        (&["--code", "ab1-c2", "--server", &url], "", r#"{"code":"ab1-c2"}"#),
        (&["--code", &own, "--user", "alice"], "", r#"{"code":"ab1-c2","username":"alice"}"#),
        (&["--invite", &own, "--guest"], "", r#"{"code":"ab1-c2"}"#),
        (
            &["--code", &invitation, "--user", "alice"],
            password,
            r#"{"code":"ab1-c2","username":"alice","password":"alice password"}"#,
        ),
        (
            &["--invite", "ab1-c2", "--server", &url],
            "alice\nalice password\n",
            r#"{"code":"ab1-c2","username":"alice","password":"alice password"}"#,
        ),
        (
            &["--code", "ab1-c2", "--server", &url, "--user", "alice", "--password-stdin"],
            password,
            r#"{"code":"ab1-c2","username":"alice","password":"alice password"}"#,
        ),
        (&["--invite", &invitation, "--guest", "--user", "bob"], "", r#"{"code":"ab1-c2","username":"bob"}"#),
    ] {
        let said = home.run_with_input(&[&["login"], arguments].concat(), input).fails(4);
        assert!(said.contains("This code does not work."), "{said}");
        let sent = sign_ins(&between).pop().unwrap();
        assert_eq!(sent, serde_json::from_str::<Value>(body).unwrap(), "{arguments:?}");
    }
}

/// Starts a server whose members make invitations.
fn inviting() -> Server {
    Server::start_with(&[("ROCKET_CHAT__INVITES", "members")])
}

#[test]
fn an_invitation_makes_one_account_that_is_in_its_rooms() {
    let server = inviting();
    let alice = Friend::account(&server, "alice");
    alice.creates("ops");
    let link = alice.invites(json!({ "rooms": ["ops"] }));
    let home = Home::new();
    let said = home.run_with_input(&["login", "--invite", &link, "--user", "bob"], "bob password\n");
    assert!(said.err.contains("You are signed in as bob at"), "{said:?}");
    let home = home.with("LINGER_SERVER", &server.url());
    let rooms = home.run(&["rooms", "--user", "bob", "--json"]).json();
    let ops = rooms.iter().find(|room| room["name"] == "ops").unwrap();
    assert_eq!(ops["joined"], true);
    let said = Home::new().run_with_input(&["login", "--code", &link], "carol\ncarol password\n").fails(4);
    assert!(said.contains("This code does not work"), "{said}");
}

#[test]
fn a_guest_who_may_not_see_general_begins_in_a_room_of_the_invitation() {
    let server =
        Server::start_with(&[("ROCKET_CHAT__INVITES", "members"), ("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0")]);
    let alice = Friend::account(&server, "alice");
    alice.creates("ops");
    let link = alice.invites(json!({ "rooms": ["ops"], "guest": true }));
    let home = Home::new().with("LINGER_SERVER", &server.url());
    home.run(&["login", "--invite", &link, "--guest", "--user", "bob"]).ok();
    let start = || Pty::start_in(home.path(), 100, 24, &["--server", &server.url()], &[("NO_COLOR", "1")]);
    let mut bob = start();
    bob.prompts("Number or name (ops): ");
    bob.enters("");
    bob.prompts("[#ops]>");
    bob.enters("/quit");
    bob.ends();
    // So many that the next session leaves some of them out.
    for number in 1..=120 {
        alice.says_in("ops", &format!("number {number}"));
    }
    let last = home.run(&["read", "--last", "2"]).ok();
    assert!(last.contains("number 119") && last.contains("number 120"), "{last}");
    start().shows("alice: number 120");
    // In no room at all, there is none to offer.
    home.run_with_input(&[], "/leave\n").ok();
    let mut bob = start();
    bob.prompts("Number or name: ");
    bob.enters("");
    bob.shows("Type a number or a name from the list");
    bob.prompts("Number or name: ");
    bob.enters("ops");
    bob.prompts("[#ops]>");
}

#[test]
fn an_invitation_asks_for_a_name_and_a_password() {
    let server = inviting();
    let link = Friend::account(&server, "alice").invites(json!({}));
    let home = Home::new();
    let mut bob = Pty::start_in(home.path(), 100, 24, &["--invite", &link, "general"], &[("NO_COLOR", "1")]);
    bob.prompts("New account or guest? [n/g] ");
    bob.enters("n");
    for (name, ending) in [("alice", "The name alice is taken: choose another one."), ("Bob", "You are bob.")] {
        bob.prompts("Your new name: ");
        bob.enters(name);
        bob.prompts(&format!("Others will see you as {}. Take this name? [Y/n] ", name.to_lowercase()));
        bob.enters("");
        bob.prompts("New password: ");
        bob.enters("correct horse");
        bob.prompts("Password again: ");
        bob.enters("correct horse");
        bob.shows(ending);
    }
    bob.prompts("[#general]> ");
    assert!(!bob.written().contains("correct"), "a password is not echoed");
    assert_eq!(home.with("LINGER_SERVER", &server.url()).run(&["whoami"]).ok(), "bob\n");
}

#[test]
fn a_code_signs_in_on_another_device_once() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let printed = alice.run(&["code"]).ok();
    let (link, code) = printed.trim().split_once('\n').unwrap();
    assert!(link.ends_with(&format!("#code={code}")), "{printed}");
    let home = Home::new();
    home.run(&["login", "--code", link]).ok();
    let home = home.with("LINGER_SERVER", &server.url());
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n");
    let said = Home::at(&server).run(&["login", "--code", code]).fails(4);
    assert!(said.contains("This code does not work"), "{said}");

    let issued = alice.run(&["code", "--json"]).json().remove(0);
    let code = issued["code"].as_str().unwrap();
    let home = Home::at(&server);
    let variables = [("LINGER_SERVER", &*server.url()), ("NO_COLOR", "1")];
    let mut again = Pty::start_in(home.path(), 100, 24, &["--code", code, "general"], &variables);
    again.prompts("Sign in, new account or guest? [s/n/g] ");
    again.enters("s");
    again.shows("You are alice.");
    again.prompts("[#general]> ");
    again.enters("/code");
    again.shows("/#code=");
    again.shows("It signs you in once, until ");
}

#[test]
fn a_code_that_makes_no_sense_is_a_usage_error() {
    let server = Server::start();
    let home = Home::at(&server);
    let link = format!("{}/#invite=ab1", server.url());
    for usage in [
        &["login", "--code", "https://chat.example/"][..],
        &["login", "--invite", "a/b"],
        &["login", "--invite", "ab1", "--code", "ab1"],
        &["login", "--invite", &link, "--server", "http://127.0.0.1:1"],
        &["send", "--code", "ab1", "hi"],
        &["whoami", "--invite", "ab1"],
    ] {
        home.run(usage).fails(2);
    }
}

#[test]
fn a_disabled_account_is_told_and_not_asked_again() {
    let server = Server::start();
    let between = Between::at(&server);
    let disabled =
        r#"{"type":"/problems/account-disabled","title":"","status":403,"detail":"This account is disabled."}"#;
    between.answers("/connect", "403 Forbidden", "Content-Type: application/problem+json\r\n", disabled);
    let home = Home::new().with("LINGER_SERVER", &between.url());
    let said = home.run_with_input(&["login"], "alice\nalice password\n").fails(4);
    assert!(said.contains("This account is disabled."), "{said}");
    let variables = [("LINGER_SERVER", &*between.url()), ("NO_COLOR", "1")];
    let mut alice = Pty::start_in(home.path(), 80, 24, &["general", "--user", "alice"], &variables);
    alice.prompts("Password: ");
    alice.enters("alice password");
    alice.shows("This account is disabled.");
    assert_eq!(alice.ends().0, 4);
}

#[test]
fn a_wish_for_an_account_that_needs_an_invitation_asks_for_no_name() {
    for (settings, why) in [(CLOSED, "by the administrators here"), (INVITED, "need an invitation here")] {
        let server = Server::start_with(&settings);
        let mut alice = Pty::start_on(100, 24, &["--server", &server.url(), "login", "--create"], &[]);
        let (status, seen) = alice.ends();
        assert_eq!(status, 4, "{seen:?}");
        assert!(seen.rows.iter().any(|row| row.contains(why)), "{seen:?}");
        assert!(!alice.written().contains("name:"), "{seen:?}");
    }
}
