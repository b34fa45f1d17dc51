//! Errors: every bad request gets a problem (RFC 9457), also from the framework, and never a 5xx.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::harness::{Client, TestServer, assert_problem};
use crate::house::coverage::{CALLS, FOR_SCRAPERS, with_message};

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405_with_the_allowed_ones() {
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
        let is_allowed = |method: &str| CALLS.contains(&format!("{method} {path}").as_str());
        let expected: BTreeSet<_> =
            ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| is_allowed(method)).collect();
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];
        for method in methods.into_iter().filter(|method| !is_allowed(method)) {
            // A file of the page may lie in a folder.
            let path =
                with_message(path).replace("<id>", "1").replace("<name>", "bob").replace("<file>", "chat/chat.js");
            let url = server.url(&path.replace("<hash>", "0"));
            let response = http.request(method.parse().unwrap(), url).send().await.unwrap();
            assert_eq!(response.status(), 405, "{method} {path}");
            let allow = response.headers()["allow"].to_str().unwrap().to_owned();
            assert_eq!(allow.split(", ").collect::<BTreeSet<_>>(), expected, "{method} {path}");
            assert_problem(response, 405, "method-not-allowed").await;
        }
    }
}

#[tokio::test]
async fn odd_parameters_are_400_or_404_and_never_a_5xx() {
    let server = TestServer::start().await;
    server.guest("bob").await;
    let alice = server.guest("alice").await;
    let (long, huge) = ("x".repeat(6000), "9".repeat(30));
    let odd = ["%00", "%FF", "%zz", "%", "x", "-1", "1.5", "1e3", "0x1", "\u{1f40e}", "+", ".", "%2F", &huge, &long];
    let mut tried = 0;
    for call in CALLS.iter().filter(|call| call.starts_with("GET") && **call != FOR_SCRAPERS) {
        let path = with_message(call.split_once(' ').unwrap().1);
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
    let unknown_method = alice.request(Method::from_bytes(b"PURGE").unwrap(), "/rooms").send().await.unwrap();
    assert_problem(unknown_method, 400, "bad-input").await;
}
