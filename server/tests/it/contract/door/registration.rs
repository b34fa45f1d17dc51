//! Who may make an account, and who may enter without a password.

use std::time::Instant;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{Client, Fastest, TestServer, assert_problem, assert_refused, lingerd, until};

const REGISTRATION: &str = "ROCKET_CHAT__REGISTRATION";
const GUESTS: &str = "ROCKET_CHAT__GUESTS";

async fn about(server: &TestServer) -> Value {
    Client::new().get(server.url("/server")).send().await.unwrap().json().await.unwrap()
}

async fn connect_with_key(server: &TestServer, key: &str, body: &Value) -> Response {
    let request = Client::new().post(server.url("/connect")).header("Idempotency-Key", key).json(body);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_stranger_may_know_who_may_come_in() {
    let settings = [("ROCKET_CHAT__NAME", " Chess Club ♞ "), (REGISTRATION, "closed"), (GUESTS, "invite")];
    let server = TestServer::start_with(&settings).await;
    let told = json!({
        "name": "Chess Club ♞",
        "version": env!("CARGO_PKG_VERSION"),
        "registration": "closed",
        "guests": "invite",
        "invites": "admins",
        "sign_on": false,
        "limits": { "text_bytes": 16384 },
    });
    assert_eq!(about(&server).await, told);
    let log = server.log();
    assert!(!log.iter().any(|line| line.contains("open to all")), "{log:?}");
}

#[tokio::test]
async fn a_stranger_reads_the_sentence_of_the_owner() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__WELCOME", " Be kind. Ask <b>Ann</b>. ")]).await;
    assert_eq!(about(&server).await["welcome"], "Be kind. Ask <b>Ann</b>.");
    let server = TestServer::start().await;
    assert_eq!(about(&server).await.get("welcome"), None);
}

#[tokio::test]
async fn a_server_that_is_open_says_so_in_its_log() {
    for (registration, guests, said) in [
        ("open", "on", "may make an account or enter as a guest"),
        ("open", "invite", "may make an account"),
        ("invite", "on", "may enter as a guest"),
    ] {
        let server = TestServer::start_with(&[(REGISTRATION, registration), (GUESTS, guests)]).await;
        let is_told = |line: &String| line.contains("open to all") && line.trim_end().ends_with(said);
        until(said, async || server.log().iter().any(is_told)).await;
    }
}

#[tokio::test]
async fn a_setting_of_the_door_that_is_wrong_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (setting, value, reason) in [
        (REGISTRATION, "opne", "opne"),
        (GUESTS, "open", "guests"),
        ("ROCKET_CHAT__INVITES", "nobody", "invites"),
        ("ROCKET_CHAT__NAME", " ", "1 to 64 characters"),
        ("ROCKET_CHAT__NAME", "two\nlines", "1 to 64 characters"),
        ("ROCKET_CHAT__WELCOME", "two\nlines", "at most 200 characters"),
        ("ROCKET_CHAT__WELCOME", &"x".repeat(201), "at most 200 characters"),
        ("ROCKET_CHAT__REGISTRATIONS", "open", "did you mean ROCKET_CHAT__REGISTRATION?"),
    ] {
        assert_refused(&lingerd(folder.path(), &["--port", "0"], &[(setting, value)]).await, reason);
    }
}

#[tokio::test]
async fn without_the_right_to_make_an_account_a_free_name_is_answered_like_a_wrong_password() {
    let mut server = TestServer::start().await;
    server.account("alice", "alice's password").await;
    server.guest("guest").await;
    let early = json!({ "username": "bob", "password": "bob's password" });
    assert_eq!(connect_with_key(&server, "early", &early).await.status(), 201);
    for registration in ["invite", "closed"] {
        server.set(REGISTRATION, registration);
        server.restart().await;
        let (mut words, mut fastest) = ([vec![], vec![], vec![]], Fastest::new());
        while fastest.needs_another(words[0].len()) {
            for (at, name) in ["alice", "guest", "free"].into_iter().enumerate() {
                let begun = Instant::now();
                let response = server.connect(&json!({ "username": name, "password": "not the password" })).await;
                fastest.add(at, begun.elapsed());
                let mut headers = response.headers().clone();
                headers.remove("x-request-id");
                headers.remove("date");
                words[at].push((response.status(), format!("{headers:?}"), response.bytes().await.unwrap()));
            }
        }
        assert!(words.iter().flatten().all(|answer| *answer == words[0][0] && answer.0 == 401), "{registration}");
        // A password that nobody may choose tells no more.
        let common = json!({ "username": "free", "password": "password" });
        assert_problem(server.connect(&common).await, 401, "wrong-credentials").await;

        let alice = json!({ "username": "alice", "password": "alice's password" });
        assert_eq!(server.connect(&alice).await.status(), 200, "an account signs in as ever");
        let signs_in_only = json!({ "username": "alice", "password": "alice's password", "create": false });
        assert_eq!(server.connect(&signs_in_only).await.status(), 200);
        assert_eq!(connect_with_key(&server, "early", &early).await.status(), 201, "the sign-up is repeated");
        let mut later = early.clone();
        later["create"] = json!(false);
        let again = connect_with_key(&server, "early", &later).await;
        assert_eq!(again.status(), 200, "nothing is signed up");
        assert_eq!(again.json::<Value>().await.unwrap()["returning"], true);
    }
}

#[tokio::test]
async fn guests_come_in_as_the_setting_says() {
    let mut server = TestServer::start().await;
    let early = connect_with_key(&server, "early", &json!({})).await.json::<Value>().await.unwrap();
    let guest = server.guest("guest").await;
    for guests in ["invite", "off"] {
        server.set(GUESTS, guests);
        server.restart().await;
        let mut details = Vec::new();
        for body in [json!({}), json!({ "username": "free" }), json!({ "username": "guest" })] {
            let problem = assert_problem(server.connect(&body).await, 403, "guests-not-allowed").await;
            details.push(problem["detail"].clone());
            let problem = connect_with_key(&server, "new", &body).await;
            assert_problem(problem, 403, "guests-not-allowed").await;
        }
        assert!(details.iter().all(|detail| *detail == details[0]), "a taken name is not told: {details:?}");
        assert_problem(server.connect(&json!({ "username": "no name" })).await, 400, "bad-input").await;

        // A sign-up that was answered once, perhaps in vain, is answered again.
        let again = connect_with_key(&server, "early", &json!({})).await;
        assert_eq!(again.status(), 201);
        assert_eq!(again.json::<Value>().await.unwrap()["user"], early["user"]);
        assert_eq!(guest.connect_again().await.id, guest.id, "guests who are here stay");
        assert_eq!(guest.get("/rooms").await.status(), 200);
        let account = json!({ "username": format!("member-{guests}"), "password": "a good password" });
        assert_eq!(server.connect(&account).await.status(), 201, "accounts are another matter");
    }
}

#[tokio::test]
async fn a_guest_becomes_an_account_only_where_strangers_may_make_one() {
    for (registration, status) in [("open", 204), ("invite", 403), ("closed", 403)] {
        let server = TestServer::start_with(&[(REGISTRATION, registration), (GUESTS, "on")]).await;
        let visitor = server.guest("visitor").await;
        let set = visitor.request(Method::PUT, "/me/password").json(&json!({ "new": "a good password" }));
        let answer = set.send().await.unwrap();
        assert_eq!(answer.status(), status, "{registration}");
        if status == 403 {
            assert_problem(answer, 403, "forbidden").await;
        }
        let connected = server.connect(&json!({ "username": "visitor", "password": "a good password" })).await;
        assert_eq!(connected.status(), if status == 204 { 200 } else { 401 }, "{registration}");
    }
}
