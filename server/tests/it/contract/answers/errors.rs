//! What is wrong with a request is said as a problem (RFC 9457), by the framework too, and never as a 5xx.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::harness::{Client, TestServer, assert_problem};
use crate::house::coverage::{CALLS, FOR_SCRAPERS};

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405_with_those_that_are_right() {
    let server = TestServer::start().await;
    let http = Client::new();
    for path in ["/nothing", "/rooms/1", "/room", "/room/", "/health/x", "/Health", "/direct/a/b/c"] {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let response = http.request(method.clone(), server.url(path)).send().await.unwrap();
            assert_eq!(response.status(), 404, "{method} {path}");
            if method != Method::HEAD {
                assert_problem(response, 404, "not-found").await;
            }
        }
    }
    let paths: BTreeSet<_> = CALLS.iter().map(|call| call.split_once(' ').unwrap().1).collect();
    for path in paths {
        let right = |method: &str| CALLS.contains(&format!("{method} {path}").as_str());
        let expected: BTreeSet<_> = ["GET", "POST"].into_iter().filter(|method| right(method)).collect();
        let wrong = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
        for method in wrong.into_iter().filter(|method| !right(method)) {
            let url = server.url(&path.replace("<id>", "1").replace("<name>", "bob"));
            let response = http.request(method.parse().unwrap(), url).send().await.unwrap();
            assert_eq!(response.status(), 405, "{method} {path}");
            let allow = response.headers()["allow"].to_str().unwrap().to_owned();
            assert_eq!(allow.split(", ").collect::<BTreeSet<_>>(), expected, "{method} {path}");
            assert_problem(response, 405, "method-not-allowed").await;
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_400_or_404_and_never_a_5xx() {
    let server = TestServer::start().await;
    server.guest("bob").await;
    let alice = server.guest("alice").await;
    let (long, huge) = ("x".repeat(6000), "9".repeat(30));
    let odd = ["%00", "%FF", "%zz", "%", "x", "-1", "1.5", "1e3", "0x1", "\u{1f40e}", "+", ".", "%2F", &huge, &long];
    let mut tried = 0;
    for call in CALLS.iter().filter(|call| call.starts_with("GET") && **call != FOR_SCRAPERS) {
        let path = call.split_once(' ').unwrap().1;
        for odd in odd {
            let path_with = path.replace("<id>", odd).replace("<name>", odd);
            let plain = path.replace("<id>", "1").replace("<name>", "bob");
            let query = ["cursor", "limit", "before", "after", "latest", "room", "direct", "online", "mark_read"]
                .map(|name| format!("{plain}?wait=0&{name}={odd}"));
            for url in query.iter().chain([&format!("{path_with}?wait=0")]) {
                let response = alice.get(url).await;
                let status = response.status().as_u16();
                assert!([200, 202, 400, 404].contains(&status), "{url}: {status}");
                if status >= 400 {
                    assert_problem(response, status, if status == 400 { "bad-input" } else { "not-found" }).await;
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    let made_up = alice.request(Method::from_bytes(b"PURGE").unwrap(), "/rooms").send().await.unwrap();
    assert_problem(made_up, 400, "bad-input").await;
}
