//! The log: one line per request, and no secrets.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{Client, METRICS_TOKEN, RequestBuilder, TestServer, User, assert_problem, until};

/// Waits for the log line of the request with this id and returns it.
async fn line_of(server: &TestServer, request_id: &str) -> String {
    let lines = || server.log().into_iter().filter(|line| line.contains(request_id)).collect::<Vec<_>>();
    until("the request is logged", async || !lines().is_empty()).await;
    let [line] = lines().try_into().expect("one line");
    line
}

/// Returns requests of every kind, each with its method, route and status as they should be logged.
fn requests(server: &TestServer, alice: &User) -> Vec<(RequestBuilder, &'static str, &'static str, u16)> {
    let get = |path| alice.request(Method::GET, path);
    let post = |path| alice.request(Method::POST, path).json(&json!({ "text": "hi" }));
    vec![
        (get("/status?room=general"), "GET", "/status", 200),
        (post("/send"), "POST", "/send", 201),
        (post("/room/1/messages"), "POST", "/room/<id>/messages", 201),
        (get("/room/99/messages"), "GET", "/room/<id>/messages", 404),
        (get("/room/x"), "GET", "/room/<id>", 400),
        (get("/direct/nobody/messages"), "GET", "/direct/<name>/messages", 404),
        (get("/poll?cursor=x"), "GET", "/poll", 400),
        (Client::new().get(server.url("/users")), "GET", "/users", 401),
        (get("/no/such/path"), "GET", "-", 404),
        (alice.request(Method::DELETE, "/rooms"), "DELETE", "-", 405),
        (post("/disconnect"), "POST", "/disconnect", 204),
    ]
}

#[tokio::test]
async fn each_request_is_logged_in_one_line_with_method_route_status_time_and_id() {
    for format in ["text", "json"] {
        let server = TestServer::start_with(&[("ROCKET_CHAT__LOG_FORMAT", format)]).await;
        let alice = server.guest("alice").await;
        for (at, (request, method, route, status)) in requests(&server, &alice).into_iter().enumerate() {
            let id = format!("given.{at}_-Z");
            let response = request.header("X-Request-Id", &id).send().await.unwrap();
            assert_eq!(response.status(), status, "{route}");
            assert_eq!(response.headers()["x-request-id"], *id, "the id is returned");
            let line = line_of(&server, &id).await;
            if format == "json" {
                let line: Value = serde_json::from_str(&line).unwrap();
                assert!(line["ms"].is_u64() && line["timestamp"].is_string(), "{line}");
                let fields = ["method", "route", "status", "request_id"].map(|field| line[field].clone());
                assert_eq!(fields, [json!(method), json!(route), json!(status), json!(id)]);
            } else {
                let expected = format!("request method={method} route={route:?} status={status} ms=");
                assert!(line.contains(&expected) && line.ends_with(&format!(" request_id={id}")), "{line}");
            }
        }
        if format == "json" {
            server.log().iter().for_each(|line| drop(serde_json::from_str::<Value>(line).expect(line)));
        }
    }
}

#[tokio::test]
async fn polls_and_health_checks_are_logged_only_at_debug_level() {
    for (filter, is_logged) in [("info", false), ("info,linger_server::logs=debug", true)] {
        let server = TestServer::start_with(&[("RUST_LOG", filter)]).await;
        let alice = server.guest("alice").await;
        for (path, id) in [("/poll?wait=0", "a-poll"), ("/health", "a-check")] {
            let request = alice.request(Method::GET, path).header("X-Request-Id", id);
            assert_eq!(request.send().await.unwrap().status(), 200);
        }
        let last = alice.request(Method::GET, "/rooms").header("X-Request-Id", "the-last");
        assert_eq!(last.send().await.unwrap().status(), 200);
        line_of(&server, "the-last").await;
        for id in ["a-poll", "a-check"] {
            assert_eq!(server.log().iter().any(|line| line.contains(id)), is_logged, "{filter}: {id}");
        }
    }
}

#[tokio::test]
async fn a_filter_with_a_misspelt_level_is_told_and_ignored() {
    let server = TestServer::start_with(&[("RUST_LOG", "warning")]).await;
    let told = || server.log().iter().any(|line| line.contains("RUST_LOG") && line.contains("did you mean warn?"));
    until("the slip is told", async || told()).await;
}

#[tokio::test]
async fn an_unsafe_request_id_is_replaced_and_generated_ids_differ() {
    let server = TestServer::start().await;
    let id_of = |response: Response| response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let ask = async |id: Option<&str>| {
        let request = Client::new().get(server.url("/"));
        let request = id.into_iter().fold(request, |request, id| request.header("X-Request-Id", id));
        id_of(request.send().await.unwrap())
    };
    let (longest, too_long) = ("i".repeat(64), "i".repeat(65));
    for good in ["a", "550e8400-e29b-41d4-a716-446655440000", "A.b_c-9", &longest] {
        assert_eq!(ask(Some(good)).await, good);
    }
    let mut generated = Vec::new();
    for bad in [None, Some(""), Some("a b"), Some("a\tb"), Some("a=\"b\""), Some("é"), Some(&too_long)] {
        generated.push(ask(bad).await);
    }
    generated.sort();
    generated.dedup();
    assert_eq!(generated.len(), 7);
    for id in generated {
        assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        line_of(&server, &id).await;
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_must_not_be_stored() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for (request, method, route, status) in requests(&server, &alice) {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store", "{method} {route} {status}");
        assert!(response.headers().contains_key("x-request-id"), "{method} {route} {status}");
    }
    let connect = Client::new().post(server.url("/connect"));
    for request in [connect.try_clone().unwrap(), connect.body("x"), Client::new().head(server.url("/health"))] {
        assert_eq!(request.send().await.unwrap().headers()["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn tokens_passwords_and_texts_are_never_logged() {
    // The libraries log whole requests at these levels.
    for (format, filter) in [("text", "info"), ("json", "trace"), ("text", "debug,rocket=trace,hyper=trace,sqlx=trace")]
    {
        let settings = [
            ("ROCKET_CHAT__LOG_FORMAT", format),
            ("RUST_LOG", filter),
            ("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "1"),
        ];
        let mut server = TestServer::start_with(&settings).await;
        let alice = server.account("alice", "hunter2-password").await;
        let bob = alice.connect_again().await;
        server.guest("carol").await;
        let connect = |body: &str| {
            let request = Client::new().post(server.url("/connect")).header("Content-Type", "application/json");
            request.body(body.to_owned())
        };
        let refused = [
            (connect(r#"{"username":"alice","password":"hunter2-wrong"}"#), 401),
            (connect(r#"{"username":"alice","password":"hunter2-wrong"}"#), 429),
            (connect(r#"{"username":"hunter2 name","password":"hunter2-password"}"#), 400),
            (connect(r#"{"username":"alice","password":"hunter2-"#), 400),
            (connect(r#"{"username":"alice","password":["hunter2-"]}"#), 400),
            (connect(r#"{"password":"hunter2"}"#), 400),
            (connect("{}").bearer_auth("hunter2-token"), 401),
            (connect("{}").header("Authorization", "Basic hunter2"), 401),
            (alice.request(Method::POST, "/send").json(&json!({ "text": "hunter2\0" })), 400),
            (alice.request(Method::POST, "/send").json(&json!({ "text": ["hunter2"] })), 400),
            (alice.request(Method::POST, "/send").json(&json!({ "text": "hunter2", "room": "nowhere" })), 404),
            (alice.request(Method::POST, "/send").json(&json!({ "text": "hunter2".repeat(10_000) })), 413),
            (alice.request(Method::POST, "/send").body("hunter2"), 415),
            (alice.request(Method::GET, "/poll?cursor=hunter2"), 400),
            (alice.request(Method::GET, "/hunter2?token=hunter2"), 404),
            (Client::new().get(server.url("/status?token=hunter2")), 401),
        ];
        for (request, status) in refused {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), status);
            assert!(!response.text().await.unwrap().contains("hunter2"), "the answer does not quote it");
        }
        for (path, body) in [
            ("/send", json!({ "text": "hunter2 in general" })),
            ("/send-private", json!({ "text": "hunter2 in private", "to": "carol" })),
            ("/room/1/messages", json!({ "text": "hunter2 in a room" })),
            ("/direct/carol/messages", json!({ "text": "hunter2 in direct" })),
        ] {
            let request = alice.request(Method::POST, path).header("Idempotency-Key", "hunter2-key").json(&body);
            assert!([201, 422].contains(&request.send().await.unwrap().status().as_u16()));
        }
        for path in ["/status?latest=9", "/room/1/messages", "/direct/carol/messages", "/direct", "/poll?wait=0"] {
            alice.get_json(path).await;
        }
        let scraped = Client::new().get(server.url("/metrics")).bearer_auth(METRICS_TOKEN).send().await.unwrap();
        assert_eq!(scraped.status(), 200);
        assert_eq!(bob.post("/disconnect", &json!({})).await.status(), 204);
        assert_problem(bob.get("/status").await, 401, "unauthorized").await;
        server.restart().await;
        alice.get_json("/poll?wait=0").await;
        assert!(server.stop().await.success());

        until("the log is complete", async || server.log().last().is_some_and(|line| line.contains("stopped"))).await;
        let log = server.log();
        assert!(log.len() > 30, "{log:#?}");
        let keys = std::fs::read_to_string(server.folder().join("var/signing.key")).unwrap();
        let key = keys.lines().find(|line| !line.starts_with('#')).unwrap().trim();
        let tokens = [alice.token.split('.').nth(1).unwrap(), bob.token.rsplit('.').next().unwrap()];
        for secret in ["hunter2", tokens[0], tokens[1], "argon2", key, METRICS_TOKEN] {
            let leaks: Vec<_> = log.iter().filter(|line| line.contains(secret)).collect();
            assert!(leaks.is_empty(), "{secret}: {leaks:#?}");
        }
    }
}
