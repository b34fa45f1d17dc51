//! Counts of answers by route and status, and of rejected requests by problem.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::scrape;
use crate::harness::{Client, TestServer};

#[tokio::test]
async fn rejected_requests_are_counted_by_problem_and_answers_by_route_and_status() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "1")]).await;
    let alice = server.guest("alice").await;
    let get = |path| alice.request(Method::GET, path);
    let send = || alice.request(Method::POST, "/send").json(&json!({ "text": "hi" }));
    let cases = [
        (get("/rooms"), "GET", "/rooms", 200, ""),
        (send(), "POST", "/send", 201, ""),
        (send(), "POST", "/send", 429, "too-many-requests"),
        (get("/rooms?limit=x"), "GET", "/rooms", 400, "bad-input"),
        (get("/room/99"), "GET", "/room/<id>", 404, "not-found"),
        (get("/room/98"), "GET", "/room/<id>", 404, "not-found"),
        (get("/no/such/path"), "-", "-", 404, "not-found"),
        (alice.request(Method::DELETE, "/rooms"), "-", "-", 405, "method-not-allowed"),
        (alice.request(Method::HEAD, "/health"), "GET", "/health", 200, ""),
        (alice.request(Method::POST, "/send").body("hi"), "POST", "/send", 415, "not-json"),
        (Client::new().get(server.url("/users")), "GET", "/users", 401, "unauthorized"),
        (Client::new().get(server.url("/metrics")), "GET", "/metrics", 401, "unauthorized"),
        (alice.request(Method::POST, "/room/1/leave"), "POST", "/room/<id>/leave", 409, "cannot-leave-general"),
    ];
    for (request, method, route, status, problem) in cases {
        let before = scrape(&server).await;
        assert_eq!(request.send().await.unwrap().status(), status, "{route}");
        let after = scrape(&server).await;
        let labels = [("method", method), ("route", route), ("status", &*status.to_string())];
        let answers = |families: &super::Families| families.find("linger_http_requests_total", &labels).unwrap_or(0.0);
        assert_eq!(answers(&after) - answers(&before), 1.0, "{labels:?}");
        for sample in &after.0["linger_rejected_requests_total"].samples {
            let kind = sample.labels["problem"].as_str();
            let growth = sample.value - before.value(&sample.name, &[("problem", kind)]);
            assert_eq!(growth, if kind == problem { 1.0 } else { 0.0 }, "{kind} after {problem:?}");
        }
    }
}

#[tokio::test]
async fn every_type_of_problem_has_a_sample_from_the_start() {
    let server = TestServer::start().await;
    let families = scrape(&server).await;
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/http.md")).unwrap();
    let rows = document.lines().filter_map(|line| line.split_once("| `/problems/"));
    // Two problems may share a type.
    let problems: BTreeSet<_> = rows.map(|(_, rest)| rest.split('`').next().unwrap()).collect();
    assert!(problems.len() > 10, "{problems:?}");
    assert_eq!(families.0["linger_rejected_requests_total"].samples.len(), problems.len());
    for problem in problems {
        assert_eq!(families.value("linger_rejected_requests_total", &[("problem", problem)]), 0.0);
    }
}

#[tokio::test]
async fn a_request_that_the_framework_cannot_parse_counts_as_rejected() {
    let server = TestServer::start().await;
    let mut socket = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    socket.write_all(b"GETX / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let families = scrape(&server).await;
    assert_eq!(families.value("linger_rejected_requests_total", &[("problem", "bad-input")]), 1.0);
}

#[tokio::test]
async fn a_scrape_is_counted_in_the_next_one() {
    let server = TestServer::start().await;
    let labels = [("method", "GET"), ("route", "/metrics"), ("status", "200")];
    for n in 0..3 {
        let scraped = scrape(&server).await.find("linger_http_requests_total", &labels);
        assert_eq!(scraped.unwrap_or(0.0), f64::from(n));
    }
}
