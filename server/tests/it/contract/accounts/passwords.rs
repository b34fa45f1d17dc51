//! Passwords: the first sign-in creates the account, and later ones need the same password.

use std::time::Instant;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use reqwest::Response;
use serde_json::{Value, json};

use super::user_names;
use crate::harness::{Client, Fastest, TestServer, assert_problem, at_once, database, insist};

async fn sign_in(server: &TestServer, name: &str, password: &str) -> Response {
    server.connect(&json!({ "username": name, "password": password })).await
}

async fn signed_in(response: Response) -> (u16, Value, bool) {
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    (status, answer["user"].clone(), answer["returning"].as_bool().unwrap())
}

#[tokio::test]
async fn the_first_sign_in_creates_the_account_and_later_ones_return_to_it() {
    let server = TestServer::start().await;
    let (status, user, returning) = signed_in(sign_in(&server, "Alice", "correct horse").await).await;
    assert_eq!((status, returning), (201, false));
    assert_eq!(user, json!({ "id": user["id"], "name": "alice", "guest": false }));
    assert_eq!(signed_in(sign_in(&server, "aLICE", "correct horse").await).await, (200, user.clone(), true));
    for wrong in ["Correct horse", "correct horse ", "correct hors"] {
        assert_problem(sign_in(&server, "alice", wrong).await, 401, "wrong-credentials").await;
    }
    assert_eq!(signed_in(sign_in(&server, "alice", "correct horse").await).await, (200, user, true));
}

#[tokio::test]
async fn a_wrong_password_a_guests_name_and_a_free_one_are_refused_with_the_same_words_in_the_same_time() {
    let server = TestServer::start().await;
    server.account("alice", "alice's password").await;
    server.guest("guest").await;
    let (mut words, mut fastest) = ([vec![], vec![], vec![]], Fastest::new());
    while fastest.needs_another(words[0].len()) {
        for (at, name) in ["alice", "guest", "free"].into_iter().enumerate() {
            let begun = Instant::now();
            let body = json!({ "username": name, "password": "not the password", "create": false });
            let response = server.connect(&body).await;
            fastest.add(at, begun.elapsed());
            assert_eq!(response.status(), 401);
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            let mut headers = response.headers().clone();
            headers.remove("x-request-id");
            headers.remove("date");
            words[at].push((format!("{headers:?}"), response.bytes().await.unwrap()));
        }
    }
    assert_eq!(words[0], words[1]);
    assert_eq!(words[0], words[2]);
    assert!(words[0].iter().all(|answer| *answer == words[0][0]));
}

#[tokio::test]
async fn signing_in_only_creates_no_account() {
    let server = TestServer::start().await;
    let alice = server.account("alice", "alice's password").await;
    let only = async |body: Value| server.connect(&body).await;
    let typo = json!({ "username": "alcie", "password": "alice's password", "create": false });
    assert_problem(only(typo).await, 401, "wrong-credentials").await;
    for incomplete in [json!({}), json!({ "username": "zoe" }), json!({ "password": "zoe's password" })] {
        let mut body = incomplete;
        body["create"] = json!(false);
        assert_problem(only(body).await, 400, "bad-input").await;
    }
    assert_problem(only(json!({ "create": "no" })).await, 400, "bad-input").await;
    assert_eq!(user_names(&alice).await, ["alice"]);
    let right = json!({ "username": "ALICE", "password": "alice's password", "create": false });
    let (status, user, returning) = signed_in(only(right).await).await;
    assert_eq!((status, &user["id"], returning), (200, &json!(alice.id), true));
    let again = alice.post("/connect", &json!({ "create": false })).await;
    assert_eq!(again.status(), 200, "a token needs neither name nor password");
    let made = json!({ "username": "zoe", "password": "zoe's password", "create": true });
    assert_eq!(only(made).await.status(), 201);
}

#[tokio::test]
async fn a_password_has_8_to_128_characters_however_many_bytes() {
    let server = TestServer::start().await;
    for bad in ["", "7 chars", &"é".repeat(7), &"é".repeat(129)] {
        assert_problem(sign_in(&server, "alice", bad).await, 400, "bad-input").await;
    }
    assert_eq!(
        sign_in(&server, "alice", &"é".repeat(8)).await.status(),
        201,
        "the refused requests created no account"
    );
    assert_eq!(sign_in(&server, "bob", &"🐎".repeat(128)).await.status(), 201);
    assert_eq!(sign_in(&server, "bob", &"🐎".repeat(128)).await.status(), 200);
}

#[tokio::test]
async fn a_new_password_is_neither_common_nor_the_name_and_an_older_one_goes_on_working() {
    let server = TestServer::start().await;
    let alice = server.account("alexander", "alice's password").await;
    for easy in ["password", "Football", "12345678", "Alexandra1", "alexandra"] {
        assert_problem(sign_in(&server, "alexandra", easy).await, 400, "bad-input").await;
    }
    assert_eq!(user_names(&alice).await, ["alexander"]);
    for (older, typed) in
        [("12345678", "12345678"), ("alexander", "alexander"), ("cafe\u{301}-au-lait", "caf\u{e9}-au-lait")]
    {
        let hash = Argon2::default().hash_password(older.as_bytes()).unwrap();
        let update = format!("update users set password_hash = '{hash}'");
        database::execute(&server.database_url(), &update).await;
        assert_eq!(sign_in(&server, "alexander", typed).await.status(), 200, "{older}");
        assert_eq!(sign_in(&server, "alexander", older).await.status(), 200, "{older}");
        assert_problem(sign_in(&server, "alexander", "password").await, 401, "wrong-credentials").await;
    }
}

#[tokio::test]
async fn a_password_may_be_typed_with_composed_or_decomposed_accents() {
    let server = TestServer::start().await;
    let forms = ["caf\u{e9} au lait", "cafe\u{301} au lait"];
    for (name, set) in ["alice", "bob"].into_iter().zip(forms) {
        assert_eq!(sign_in(&server, name, set).await.status(), 201);
        for typed in forms {
            assert_eq!(sign_in(&server, name, typed).await.status(), 200, "{typed:?} opens {set:?}");
        }
        assert_eq!(sign_in(&server, name, "cafe au lait").await.status(), 401);
    }
    let short = "e\u{301}".repeat(4);
    assert_problem(sign_in(&server, "carol", &short).await, 400, "bad-input").await;
}

#[tokio::test]
async fn a_password_without_a_name_is_400() {
    let server = TestServer::start().await;
    let response = server.connect(&json!({ "password": "whose is this?" })).await;
    assert_problem(response, 400, "bad-input").await;
}

#[tokio::test]
async fn of_two_concurrent_first_sign_ins_one_creates_the_account_and_the_other_signs_in() {
    let server = TestServer::start().await;
    let both = async |name: &'static str, passwords: [&'static str; 2]| {
        let url = server.url("/connect");
        let statuses = at_once(passwords.map(|password| {
            let request = Client::new().post(&url).json(&json!({ "username": name, "password": password }));
            async move { insist(request).await.status().as_u16() }
        }));
        let mut statuses = statuses.await;
        statuses.sort_unstable();
        statuses
    };
    assert_eq!(both("alice", ["alice's password", "alice's password"]).await, [200, 201]);
    assert_eq!(both("bob", ["bob's password", "not bob's password"]).await, [201, 401]);
}

#[tokio::test]
async fn passwords_and_tokens_are_not_stored() {
    let mut server = TestServer::start_on_sqlite().await;
    let alice = server.account("alice", "recognisable password").await;
    assert!(server.stop().await.success());
    let mut stored = Vec::new();
    for entry in std::fs::read_dir(server.folder().join("var")).unwrap() {
        stored.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |text: &str| stored.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    assert!(holds("alice") && holds("$argon2id$"), "the accounts are stored here");
    assert!(!holds("recognisable password"));
    assert!(!holds(alice.token.rsplit('.').next().unwrap()), "the token's signature");
}
