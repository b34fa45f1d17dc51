//! Invitations: who makes them, and who comes in by them.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{admin, connect_with_key};
use crate::harness::{Client, TestServer, User, assert_problem, at_once, database, insist};

/// The settings of a server that asks for invitations.
const INVITED: [(&str, &str); 2] = [("ROCKET_CHAT__REGISTRATION", "invite"), ("ROCKET_CHAT__GUESTS", "invite")];

/// Makes an invitation and returns it.
async fn invite(user: &User, wanted: Value) -> Value {
    let response = user.post("/invites", &wanted).await;
    assert_eq!(response.status(), 201);
    response.json().await.unwrap()
}

async fn code(user: &User, wanted: Value) -> String {
    invite(user, wanted).await["code"].as_str().unwrap().to_owned()
}

/// Returns the rooms that an answer to `/connect` lists.
fn rooms(connected: &User) -> Vec<&str> {
    connected.connected.rooms.iter().map(|room| room.name.as_str()).collect()
}

async fn delete(user: &User, path: &str) -> Response {
    user.request(Method::DELETE, path).send().await.unwrap()
}

async fn create_room(user: &User, name: &str) {
    assert_eq!(user.post("/rooms", &json!({ "name": name })).await.status(), 201);
}

#[tokio::test]
async fn an_invitation_lets_as_many_in_as_it_has_uses_and_leads_to_its_rooms() {
    let server = TestServer::start_with(&INVITED).await;
    let alice = admin(&server, "alice").await;
    create_room(&alice, "ops").await;
    create_room(&alice, "dev").await;
    alice.say("general", "hello").await;
    alice.say("ops", "deep in it").await;
    let made = invite(&alice, json!({ "uses": 2, "days": 3, "rooms": ["Ops", "dev", "ops"] })).await;
    assert_eq!(made["uses_left"], 2);
    assert_eq!(made["rooms"], json!(["dev", "ops"]));
    assert_eq!((&made["created_by"], &made["guest"]), (&json!("alice"), &json!(false)));
    let code = made["code"].as_str().unwrap();
    assert_eq!(made["url"], server.url(&format!("/#invite={code}")));

    let bob = json!({ "username": "bob", "password": "bob's password", "code": code });
    let bob = User::connect(&server, &bob).await;
    assert!(!bob.connected.returning && !bob.connected.user.guest);
    assert_eq!(rooms(&bob), ["general", "ops", "dev"]);
    let texts: Vec<_> = bob.connected.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["hello"], "as any new user");
    // Typed by hand, and as a guest.
    let typed = code.replace('-', " ").to_uppercase();
    let carol = User::connect(&server, &json!({ "username": "carol", "code": typed })).await;
    assert!(carol.connected.user.guest);
    assert_eq!(rooms(&carol), ["ops", "dev"], "instead of general");
    let texts: Vec<_> = carol.connected.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["deep in it"]);
    alice.say("ops", "welcome").await;
    let heard = carol.get_json(&format!("/poll?wait=5&cursor={}", carol.cursor)).await;
    assert_eq!(heard["messages"][0]["text"], "welcome");

    let late = json!({ "username": "dave", "password": "dave's password", "code": code });
    assert_problem(server.connect(&late).await, 403, "code-not-valid").await;
    assert_eq!(alice.get_json("/invites").await, json!([]), "it is used up");
}

#[tokio::test]
async fn a_code_that_does_not_work_is_answered_alike_whatever_is_wrong() {
    let server = TestServer::start_with(&INVITED).await;
    let alice = admin(&server, "alice").await;
    let [revoked, expired, guests, fresh] = [
        invite(&alice, json!({})).await,
        invite(&alice, json!({ "days": 1 })).await,
        invite(&alice, json!({ "guest": true, "uses": 9 })).await,
        invite(&alice, json!({})).await,
    ];
    let text = |invite: &Value| invite["code"].as_str().unwrap().to_owned();
    assert_eq!(delete(&alice, &format!("/invites/{}", revoked["id"])).await.status(), 204);
    let expire = format!("update codes set expires_at = 1 where id = {}", expired["id"]);
    database::execute(&server.database_url(), &expire).await;
    let device: Value = alice.post("/me/code", &json!({})).await.json().await.unwrap();
    let device = device["code"].as_str().unwrap().to_owned();
    let good = text(&fresh);
    let other_end = if good.ends_with('0') { "1" } else { "0" };
    let wrong = format!("{}{other_end}", &good[..good.len() - 1]);
    let account = json!({ "username": "bob", "password": "bob's password" });
    let mut answers = Vec::new();
    for code in ["", "x", "not a code", &"0".repeat(26), &wrong, &text(&revoked), &text(&expired), &device] {
        for name in ["bob", "alice"] {
            let mut body = account.clone();
            body["code"] = json!(code);
            body["username"] = json!(name);
            answers.push(assert_problem(server.connect(&body).await, 403, "code-not-valid").await);
        }
    }
    // A working code that makes no account: whether the name is free is not told.
    for name in ["bob", "alice"] {
        let body = json!({ "username": name, "password": "bob's password", "code": text(&guests) });
        assert_problem(server.connect(&body).await, 401, "wrong-credentials").await;
    }
    for code in [&wrong, &text(&revoked), &text(&expired)] {
        answers.push(assert_problem(server.connect(&json!({ "code": code })).await, 403, "code-not-valid").await);
        let known = alice.post("/connect", &json!({ "code": code })).await;
        answers.push(assert_problem(known, 403, "code-not-valid").await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    for bad in [json!(null), json!(7), json!(["x"])] {
        assert_problem(server.connect(&json!({ "code": bad })).await, 400, "bad-input").await;
    }
    let mut body = account;
    body["code"] = json!(good);
    assert_eq!(server.connect(&body).await.status(), 201, "none of that used the other code");
}

#[tokio::test]
async fn the_settings_decide_what_an_invitation_is_good_for() {
    let mut server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    let code = code(&alice, json!({ "uses": 100, "rooms": ["general"] })).await;
    let guests = invite(&alice, json!({ "uses": 100, "guest": true })).await["code"].clone();
    let mut n = 0;
    let mut come = async |server: &TestServer, code: &Value, password: bool| {
        n += 1;
        let mut body = json!({ "username": format!("user{n}"), "code": code });
        if password {
            body["password"] = json!("a good password");
        }
        let response = server.connect(&body).await;
        let status = response.status();
        (status.as_u16(), response.json::<Value>().await.unwrap()["type"].as_str().map(str::to_owned))
    };
    let refused = |kind: &str| (403, Some(format!("/problems/{kind}")));
    for (registration, guest_setting) in [
        ("open", "on"),
        ("invite", "on"),
        ("invite", "invite"),
        ("invite", "off"),
        ("closed", "invite"),
        ("closed", "off"),
    ] {
        server.set("ROCKET_CHAT__REGISTRATION", registration);
        server.set("ROCKET_CHAT__GUESTS", guest_setting);
        server.restart().await;
        let case = format!("{registration}, {guest_setting}");
        let no_account = (401, Some("/problems/wrong-credentials".to_owned()));
        let accounts = if registration == "closed" { no_account.clone() } else { (201, None) };
        assert_eq!(come(&server, &json!(code), true).await, accounts, "{case}");
        assert_eq!(come(&server, &guests, true).await, no_account, "{case}");
        let as_guest = if guest_setting == "off" { refused("guests-not-allowed") } else { (201, None) };
        assert_eq!(come(&server, &json!(code), false).await, as_guest, "{case}");
        assert_eq!(come(&server, &guests, false).await, as_guest, "{case}");
        let made_up = server.connect(&json!({ "code": guests })).await;
        assert_eq!(made_up.status().as_u16(), as_guest.0, "{case}");
    }
}

#[tokio::test]
async fn a_name_that_is_taken_costs_no_use() {
    let server = TestServer::start_with(&INVITED).await;
    let alice = admin(&server, "alice").await;
    let code = code(&alice, json!({})).await;
    let taken = json!({ "username": "alice", "code": code });
    assert_problem(server.connect(&taken).await, 409, "name-taken").await;
    let wrong = json!({ "username": "alice", "password": "not the password", "code": code });
    assert_problem(server.connect(&wrong).await, 401, "wrong-credentials").await;
    let easy = json!({ "username": "bob", "password": "password", "code": code });
    assert_problem(server.connect(&easy).await, 400, "bad-input").await;
    let signs_in_only = json!({ "username": "bob", "password": "bob's password", "code": code, "create": false });
    assert_problem(server.connect(&signs_in_only).await, 401, "wrong-credentials").await;
    assert_problem(server.connect(&json!({ "code": code, "create": false })).await, 400, "bad-input").await;
    assert_problem(server.connect(&json!({ "code": code, "password": "whose?!!!" })).await, 400, "bad-input").await;
    assert_eq!(alice.get_json("/invites").await[0]["uses_left"], 1);
    assert_eq!(server.connect(&json!({ "username": "bob", "code": code })).await.status(), 201);
}

#[tokio::test]
async fn an_invitation_brings_a_user_who_is_here_into_its_rooms() {
    let server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    create_room(&alice, "ops").await;
    let code = code(&alice, json!({ "uses": 3, "rooms": ["ops"] })).await;
    let (bob, carol) =
        (server.account("bob", "bob's password").await, server.account("carol", "carol's password").await);
    let again = bob.post("/connect", &json!({ "code": code })).await;
    assert_eq!(again.status(), 200);
    assert!(again.json::<Value>().await.unwrap()["rooms"].as_array().unwrap().len() == 2);
    let body = json!({ "username": "carol", "password": "carol's password", "code": code });
    let signed_in = User::connect(&server, &body).await;
    assert_eq!((signed_in.id, rooms(&signed_in)), (carol.id, vec!["general", "ops"]));
    alice.say("ops", "both").await;
    for user in [&bob, &carol] {
        assert_eq!(user.get_json("/poll?wait=5").await["messages"][0]["text"], "both");
    }
    // A member takes no use.
    assert_eq!(server.connect(&body).await.status(), 200);
    assert_eq!(alice.get_json("/invites").await[0]["uses_left"], 1);
}

#[tokio::test]
async fn a_sign_up_that_is_repeated_takes_one_use() {
    let server = TestServer::start_with(&INVITED).await;
    let alice = admin(&server, "alice").await;
    for body in [json!({ "username": "bob", "password": "bob's password" }), json!({ "username": "carol" }), json!({})]
    {
        let mut body = body;
        body["code"] = json!(code(&alice, json!({ "rooms": ["general"] })).await);
        let url = server.url("/connect");
        let answers = at_once((0..8).map(|_| {
            let request = Client::new().post(&url).header("Idempotency-Key", "again").json(&body);
            insist(request)
        }));
        let mut answers = answers.await;
        answers.push(connect_with_key(&server, "again", &body).await);
        let mut users = Vec::new();
        for answer in answers {
            assert_eq!(answer.status(), StatusCode::CREATED, "{body}");
            users.push(answer.json::<Value>().await.unwrap()["user"]["id"].clone());
        }
        assert!(users.iter().all(|user| *user == users[0]), "{users:?}");
        assert_problem(connect_with_key(&server, "other", &body).await, 403, "code-not-valid").await;
    }
}

#[tokio::test]
async fn of_20_at_once_one_gets_in_by_a_code_with_one_use() {
    let server = TestServer::start_with(&INVITED).await;
    let alice = admin(&server, "alice").await;
    for (round, password) in [None, Some("a good password")].into_iter().enumerate() {
        let code = code(&alice, json!({})).await;
        let url = server.url("/connect");
        let statuses = at_once((0..20).map(|n| {
            let body = json!({ "username": format!("user-{round}-{n}"), "password": password, "code": code });
            let request = Client::new().post(&url).json(&body);
            async move { request.send().await.unwrap().status().as_u16() }
        }));
        let mut statuses = statuses.await;
        statuses.sort_unstable();
        // Under load, a password may be told to wait for a processor.
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(
            statuses[1..].iter().all(|status| *status == 403 || password.is_some() && *status == 503),
            "{statuses:?}"
        );
    }
}

#[tokio::test]
async fn administrators_invite_and_members_where_the_setting_says_so() {
    let mut server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    let (bob, guest) = (server.account("bob", "bob's password").await, server.guest("guest").await);
    for user in [&bob, &guest] {
        assert_problem(user.post("/invites", &json!({})).await, 403, "forbidden").await;
    }
    let of_alice = invite(&alice, json!({})).await;
    server.set("ROCKET_CHAT__INVITES", "members");
    server.restart().await;
    let of_bob = invite(&bob, json!({ "days": 1 })).await;
    assert_problem(guest.post("/invites", &json!({})).await, 403, "forbidden").await;
    let listed = async |user: &User| {
        let invites = user.get_json("/invites").await;
        assert!(invites.as_array().unwrap().iter().all(|invite| invite.get("code").is_none()));
        invites.as_array().unwrap().iter().map(|invite| invite["id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&bob).await, [of_bob["id"].clone()]);
    assert_eq!(listed(&alice).await, [of_alice["id"].clone(), of_bob["id"].clone()]);
    assert_eq!(listed(&guest).await, [] as [Value; 0]);
    let page = alice.get("/invites?limit=1").await;
    assert_eq!(page.headers()["link"], format!("</invites?after={}&limit=1>; rel=\"next\"", of_alice["id"]));

    let path = |invite: &Value| format!("/invites/{}", invite["id"]);
    assert_problem(delete(&bob, &path(&of_alice)).await, 404, "not-found").await;
    assert_problem(delete(&alice, "/invites/999").await, 404, "not-found").await;
    assert_eq!(delete(&alice, &path(&of_bob)).await.status(), 204);
    assert_problem(delete(&bob, &path(&of_bob)).await, 404, "not-found").await;
}

#[tokio::test]
async fn an_invitation_leads_only_where_its_maker_may_invite() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__INVITES", "members")]).await;
    let alice = admin(&server, "alice").await;
    let (bob, carol) =
        (server.account("bob", "bob's password").await, server.account("carol", "carol's password").await);
    create_room(&bob, "board").await;
    let code = code(&bob, json!({ "rooms": ["board"], "uses": 9 })).await;
    assert_eq!(carol.post("/connect", &json!({ "code": code })).await.status(), 200);
    let url = server.database_url();
    database::execute(&url, "update rooms set private = 1 where name = 'board'").await;
    let own = "update memberships set role = 'owner' where user_id = (select id from users where name = 'bob')
               and conversation_id = (select conversation_id from rooms where name = 'board')";
    database::execute(&url, own).await;
    // An administrator is not in private rooms.
    assert_problem(alice.post("/invites", &json!({ "rooms": ["board"] })).await, 404, "not-found").await;
    assert_problem(carol.post("/invites", &json!({ "rooms": ["board"] })).await, 403, "forbidden").await;
    invite(&bob, json!({ "rooms": ["board"] })).await;
    for wrong in [json!({ "rooms": ["no-such-room"] }), json!({ "rooms": ["general", "no-such-room"] })] {
        assert_problem(bob.post("/invites", &wrong).await, 404, "not-found").await;
    }
    let many: Vec<_> = (0..21).map(|n| format!("r{n}")).collect();
    for wrong in [
        json!({ "uses": 0 }),
        json!({ "uses": 1001 }),
        json!({ "days": 0 }),
        json!({ "days": 366 }),
        json!({ "uses": "1" }),
        json!({ "rooms": ["a b"] }),
        json!({ "rooms": "board" }),
        json!({ "rooms": many }),
        json!({ "guests": true }),
    ] {
        assert_problem(bob.post("/invites", &wrong).await, 400, "bad-input").await;
    }
    // An owner who was removed does not come back by a code of their own.
    database::execute(&url, "update memberships set role = 'member' where role = 'owner'").await;
    let dave = json!({ "username": "dave", "password": "dave's password", "code": code });
    assert_eq!(rooms(&User::connect(&server, &dave).await), ["general"]);
}

#[tokio::test]
async fn a_code_of_a_user_who_is_disabled_does_not_work() {
    let server = TestServer::start_with(&INVITED).await;
    let alice = admin(&server, "alice").await;
    let body = json!({ "username": "bob", "code": code(&alice, json!({})).await });
    let url = server.database_url();
    database::execute(&url, "update users set disabled_at = 1 where name = 'alice'").await;
    assert_problem(server.connect(&body).await, 403, "code-not-valid").await;
    database::execute(&url, "update users set disabled_at = null").await;
    assert_eq!(server.connect(&body).await.status(), 201);
}
