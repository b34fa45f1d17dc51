//! The client's address behind proxies, as the limit on connects counts it.

use reqwest::header::HeaderValue;

use crate::harness::{Client, TestServer, assert_problem};

/// Connects as many times as there are values of the header, and returns the statuses.
async fn connect(server: &TestServer, header: &str, values: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for value in values {
        let request = Client::new().post(server.url("/connect")).header(header, *value);
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn the_client_is_the_last_address_that_is_no_trusted_proxy() {
    let server = TestServer::start_with(&[
        ("ROCKET_IP_HEADER", "X-Forwarded-For"),
        ("ROCKET_CHAT__TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.1"),
        ("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "1"),
    ])
    .await;
    let values = [
        "203.0.113.1, 10.0.0.1",
        "203.0.113.2, 10.0.0.1",
        "198.51.100.9, 203.0.113.1",
        "203.0.113.1:4711, 10.0.0.1, 127.0.0.9",
        "203.0.113.3",
    ];
    assert_eq!(connect(&server, "X-Forwarded-For", &values).await, [201, 201, 429, 429, 201]);
}

#[tokio::test]
async fn a_header_of_a_peer_that_is_no_trusted_proxy_is_ignored() {
    let server = TestServer::start_with(&[
        ("ROCKET_IP_HEADER", "X-Forwarded-For"),
        ("ROCKET_CHAT__TRUSTED_PROXIES", "[\"10.0.0.1\"]"),
        ("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "1"),
    ])
    .await;
    assert_eq!(connect(&server, "X-Forwarded-For", &["203.0.113.1", "203.0.113.2"]).await, [201, 429]);
}

#[tokio::test]
async fn without_trusted_proxies_the_last_address_in_the_header_counts() {
    let server =
        TestServer::start_with(&[("ROCKET_IP_HEADER", "X-Real-IP"), ("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "1")])
            .await;
    let values = ["203.0.113.1", "203.0.113.2", "203.0.113.1", "198.51.100.1, 203.0.113.2", "1.1.1.1, 203.0.113.4"];
    assert_eq!(connect(&server, "X-Real-IP", &values).await, [201, 201, 429, 429, 201]);
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_no_new_client() {
    let server = TestServer::start_with(&[("ROCKET_IP_HEADER", "X-Forwarded-For")]).await;
    let request = || Client::new().post(server.url("/connect"));
    let bad = || HeaderValue::from_bytes(b"\xff, 203.0.113.1").unwrap();
    let alone = request().header("X-Forwarded-For", bad()).send().await.unwrap();
    assert_problem(alone, 400, "bad-input").await;
    let among = request().header("X-Forwarded-For", "203.0.113.1").header("x-forwarded-for", bad()).send().await;
    assert_problem(among.unwrap(), 400, "bad-input").await;
    assert_eq!(request().header("X-Forwarded-For", "203.0.113.1").send().await.unwrap().status(), 201);
}
