//! Access to metrics: off without a token, otherwise only with it.

use reqwest::{Method, Response};

use crate::harness::{Client, METRICS_TOKEN, RequestBuilder, TestServer, assert_problem, assert_refused, lingerd};

const TOKEN: &str = "ROCKET_CHAT__METRICS_TOKEN";

/// Returns status, headers and body of an answer, without the headers that differ each time.
async fn whole(response: Response) -> (u16, Vec<(String, Vec<u8>)>, Vec<u8>) {
    let variable = ["date", "x-request-id"];
    let headers = response.headers().iter().filter(|(name, _)| !variable.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    (response.status().as_u16(), headers, response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn without_a_token_metrics_are_answered_like_an_unknown_path() {
    let server = TestServer::start_with(&[(TOKEN, "")]).await;
    let alice = server.guest("alice").await;
    let ask = async |method: &Method, path: &str, token: Option<&str>| {
        let request = Client::new().request(method.clone(), server.url(path));
        let request = token.into_iter().fold(request, RequestBuilder::bearer_auth);
        whole(request.send().await.unwrap()).await
    };
    for method in [Method::GET, Method::HEAD] {
        for token in [None, Some(""), Some(METRICS_TOKEN), Some(alice.token.as_str())] {
            let metrics = ask(&method, "/metrics", token).await;
            assert_eq!(metrics.0, 404);
            assert_eq!(metrics, ask(&method, "/no-such-path", token).await, "{method} {token:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_with_metrics_on_or_off() {
    let (on, off) = (TestServer::start().await, TestServer::start_with(&[(TOKEN, "")]).await);
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let ask = async |server: &TestServer| {
            let request = Client::new().request(method.clone(), server.url("/metrics")).bearer_auth(METRICS_TOKEN);
            whole(request.send().await.unwrap()).await
        };
        let answer = ask(&on).await;
        assert_eq!(answer.0, 405);
        assert!(answer.1.contains(&("allow".to_owned(), b"GET".to_vec())), "{:?}", answer.1);
        assert_eq!(answer, ask(&off).await, "the answer does not reveal which");
    }
}

#[tokio::test]
async fn a_scrape_without_the_token_is_401() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let ask = || Client::new().get(server.url("/metrics"));
    let refused = [
        ask(),
        ask().bearer_auth(""),
        ask().bearer_auth(&METRICS_TOKEN[1..]),
        ask().bearer_auth(&METRICS_TOKEN[..METRICS_TOKEN.len() - 1]),
        ask().bearer_auth(format!("{METRICS_TOKEN}x")),
        ask().bearer_auth(METRICS_TOKEN.to_uppercase()),
        ask().bearer_auth("x".repeat(METRICS_TOKEN.len())),
        ask().bearer_auth(&alice.token),
        ask().basic_auth("prometheus", Some(METRICS_TOKEN)),
        ask().header("Authorization", METRICS_TOKEN),
        ask().bearer_auth(METRICS_TOKEN).bearer_auth(METRICS_TOKEN),
    ];
    for request in refused {
        assert_problem(request.send().await.unwrap(), 401, "unauthorized").await;
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = ask().header("Authorization", format!("{scheme} {METRICS_TOKEN}"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{scheme}");
        assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn the_metrics_token_opens_no_session() {
    let server = TestServer::start().await;
    for path in ["/status", "/poll?wait=0", "/users"] {
        let request = Client::new().get(server.url(path)).bearer_auth(METRICS_TOKEN);
        assert_problem(request.send().await.unwrap(), 401, "unauthorized").await;
    }
}

#[tokio::test]
async fn a_weak_or_unsendable_token_is_refused_at_start_and_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    for (token, reason) in [
        ("hunter2hunter2h", "metrics_token must have at least 16 characters"),
        ("hunter2 hunter2 hunter2", "without spaces"),
        ("hunter2\u{7f}hunter2hunter2", "visible ASCII"),
        ("hunter2\nhunter2hunter2", "visible ASCII"),
        ("hunter2ühunter2hunter2", "visible ASCII"),
        ("1234567890123456", "metrics_token"),
    ] {
        let output = lingerd(folder.path(), &["--port", "0"], &[(TOKEN, token)]).await;
        assert_refused(&output, reason);
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hunter2"), "{token:?}");
    }
    let shortest = TestServer::start_with(&[(TOKEN, "~!sixteen-chars+")]).await;
    let request = Client::new().get(shortest.url("/metrics")).bearer_auth("~!sixteen-chars+");
    assert_eq!(request.send().await.unwrap().status(), 200);
}
