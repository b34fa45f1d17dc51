//! Bearer tokens: every call refuses a forged, altered or malformed token, always with the same problem.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};

use crate::harness::{Client, RequestBuilder, TestServer, User, assert_problem, database};

/// The parts of a JSON Web Token: header, claims, signature.
fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

pub(crate) fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts(token)[1]).unwrap()).unwrap()
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// Returns the server's signing key, from its file.
pub(crate) fn key_of(server: &TestServer) -> Vec<u8> {
    key_in(server.folder())
}

/// Returns the signing key of a server that runs in this folder, or will.
pub(crate) fn key_in(folder: &Path) -> Vec<u8> {
    let keys = std::fs::read_to_string(folder.join("var/signing.key")).unwrap();
    let digits = &keys[..64];
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Signs a token by hand (RFC 7515), without the library that the server uses.
pub(crate) fn sign(header: &Value, claims: &Value, key: &[u8]) -> String {
    let algorithm = match header["alg"].as_str().unwrap() {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        "HS512" => hmac::HMAC_SHA512,
        other => panic!("no token is signed with {other}"),
    };
    let signed = format!("{}.{}", encoded(header), encoded(claims));
    let signature = hmac::sign(&hmac::Key::new(algorithm, key), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Signs a token with the server's algorithm.
pub(crate) fn sign_hs256(claims: &Value, key: &[u8]) -> String {
    sign(&json!({ "typ": "JWT", "alg": "HS256" }), claims, key)
}

/// Checks that two calls answer 401: one that needs a session, and `/connect`, which must not create a new guest.
async fn assert_refused(server: &TestServer, what: &str, authorize: impl Fn(RequestBuilder) -> RequestBuilder) {
    let http = Client::new();
    for request in [http.get(server.url("/status")), http.post(server.url("/connect"))] {
        let response = authorize(request).send().await.unwrap();
        assert_eq!(response.status(), 401, "{what}");
        assert_problem(response, 401, "unauthorized").await;
    }
}

async fn user_count(user: &User) -> usize {
    user.get_json("/users").await.as_array().unwrap().len()
}

#[tokio::test]
async fn a_forged_or_altered_token_is_refused() {
    let (server, elsewhere) = (TestServer::start().await, TestServer::start().await);
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let elsewhere_alice = elsewhere.guest("alice").await;
    let [header, payload, signature] = parts(&alice.token);
    let (claims, bobs_claims) = (claims_of(&alice.token), claims_of(&bob.token));
    let with = |claim: &str, value: &Value| {
        let mut changed = claims.clone();
        changed[claim] = value.clone();
        changed
    };
    let none = encoded(&json!({ "alg": "none", "typ": "JWT" }));
    let flipped = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = [
        ("another server's", elsewhere_alice.token),
        ("another key's", sign_hs256(&claims, &[7; 32])),
        ("an empty key's", sign_hs256(&claims, b"")),
        ("unsigned", format!("{none}.{payload}.")),
        ("unsigned, with a signature", format!("{none}.{payload}.{signature}")),
        ("without a signature", format!("{header}.{payload}.")),
        ("another user's id", format!("{header}.{}.{signature}", encoded(&with("sub", &bobs_claims["sub"])))),
        ("another session's id", format!("{header}.{}.{signature}", encoded(&with("jti", &bobs_claims["jti"])))),
        ("a later end", format!("{header}.{}.{signature}", encoded(&with("exp", &json!(i64::MAX))))),
        ("a changed signature", format!("{header}.{payload}.{flipped}{}", &signature[1..])),
    ];
    for (what, token) in forged {
        assert_refused(&server, what, |request| request.bearer_auth(&token)).await;
    }
    assert_eq!(user_count(&alice).await, 2, "no new guest was created");
}

#[tokio::test]
async fn a_token_with_wrong_claims_or_algorithm_is_refused_even_if_signed_with_the_right_key() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let (key, claims) = (key_of(&server), claims_of(&alice.token));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let wrong = [
        ("exp", json!(now - 1)),
        ("exp", Value::Null),
        ("nbf", json!(now + 60)),
        ("iss", json!("somebody else")),
        ("aud", json!("somebody else")),
        ("sub", json!(bob.id.to_string())),
        ("sub", json!("999")),
        ("jti", json!("0123456789abcdef0123456789abcdef")),
    ];
    for (claim, value) in wrong {
        let mut changed = claims.clone();
        changed[claim] = value;
        let token = sign_hs256(&changed, &key);
        assert_refused(&server, claim, |request| request.bearer_auth(&token)).await;
    }
    for algorithm in ["HS384", "HS512"] {
        let token = sign(&json!({ "typ": "JWT", "alg": algorithm }), &claims, &key);
        assert_refused(&server, "another algorithm", |request| request.bearer_auth(&token)).await;
    }
    let response = Client::new().get(server.url("/status")).bearer_auth(sign_hs256(&claims, &key));
    assert_eq!(response.send().await.unwrap().status(), 200, "the unchanged claims are accepted");
    assert_eq!(user_count(&alice).await, 2);
}

#[tokio::test]
async fn a_token_from_the_future_is_503_because_the_clock_is_wrong() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let mut claims = claims_of(&alice.token);
    for claim in ["iat", "nbf", "exp"] {
        claims[claim] = json!(claims[claim].as_i64().unwrap() + 3600);
    }
    let early = sign_hs256(&claims, &key_of(&server));
    let http = Client::new();
    let calls = [http.get(server.url("/poll")), http.post(server.url("/connect")), http.post(server.url("/me/token"))];
    for call in calls {
        let response = call.bearer_auth(&early).send().await.unwrap();
        let seconds: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_problem(response, 503, "unavailable").await;
    }
    assert_refused(&server, "another key's", |request| request.bearer_auth(sign_hs256(&claims, &[7; 32]))).await;
    assert_eq!(user_count(&alice).await, 1);
    assert_eq!(alice.get("/status").await.status(), 200);
}

#[tokio::test]
async fn a_clock_that_is_ahead_at_the_start_does_not_end_sessions() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.say("general", "hello").await;
    let url = server.database_url();
    let token_from = |days_ago: i64| {
        let mut claims = claims_of(&alice.token);
        for claim in ["iat", "nbf", "exp"] {
            claims[claim] = json!(claims[claim].as_i64().unwrap() - days_ago * 24 * 60 * 60);
        }
        alice.with_token(sign_hs256(&claims, &key_of(&server)))
    };
    let [expired, expired_before] = [40, 80].map(token_from);
    assert_problem(expired.get("/status").await, 401, "unauthorized").await;
    // The clock was right until 40 days ago.
    assert!(server.stop().await.success());
    let ago = 40 * 24 * 60 * 60 * 1000_i64;
    for column in ["sessions set created_at = created_at", "messages set sent_at = sent_at"] {
        database::execute(&url, &format!("update {column} - {ago}")).await;
    }
    for swept_until in [false, true] {
        if swept_until {
            let now = "select max(created_at) from sessions";
            database::execute(&url, &format!("insert into sweeps (id, swept_until) values (1, ({now}))")).await;
        }
        server.start_again().await;
        let [alice, expired, expired_before] =
            [&alice, &expired, &expired_before].map(|user| user.on_new_connections());
        assert_eq!(alice.get("/status").await.status(), 200);
        for call in ["/status", "/poll?wait=0", "/rooms"] {
            let response = expired.get(call).await;
            assert!(response.headers().contains_key("retry-after"));
            assert_problem(response, 503, "unavailable").await;
        }
        assert_problem(expired.post("/me/token", &json!({})).await, 503, "unavailable").await;
        assert_problem(expired.post("/connect", &json!({})).await, 503, "unavailable").await;
        assert_problem(expired_before.get("/status").await, 401, "unauthorized").await;
        assert!(server.stop().await.success());
    }
}

#[tokio::test]
async fn an_authorization_header_without_a_bearer_token_is_refused_and_creates_no_guest() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let token = &alice.token;
    let (long, doubled) = ("x".repeat(6000), format!("Bearer {token} {token}"));
    let (basic, bare, glued) = (format!("Basic {token}"), token.clone(), format!("Bearer{token}"));
    let garbage = ["", "Bearer", "Bearer ", "Bearer x", "Bearer ...", "Bearer é", "Bearer null", "Digest a=b"];
    for header in garbage.into_iter().chain([&long, &doubled, &basic, &bare, &glued].map(String::as_str)) {
        assert_refused(&server, header, |request| request.header("Authorization", header.as_bytes())).await;
    }
    assert_refused(&server, "two of them", |request| request.bearer_auth(token).bearer_auth(token)).await;
    assert_eq!(user_count(&alice).await, 1);

    let lower_case = Client::new().get(server.url("/status")).header("Authorization", format!("bearer {token}"));
    assert_eq!(lower_case.send().await.unwrap().status(), 200, "the scheme is case-insensitive");
}
