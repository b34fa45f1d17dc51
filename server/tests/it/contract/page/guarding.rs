//! The headers that tell browsers what they must not do: on every answer, and more of them on the page.

use reqwest::Method;
use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Client, LocalServer, TestServer, User, body_for};
use crate::house::coverage::CALLS;

const EVERYWHERE: [(&str, &str); 3] = [
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

fn all<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

fn assert_guarded(headers: &HeaderMap, what: &str) {
    for (name, value) in EVERYWHERE {
        assert_eq!(all(headers, name), [value], "{what}");
    }
    for name in ["x-frame-options", "permissions-policy", "set-cookie", "server"] {
        assert_eq!(all(headers, name), [""; 0], "{what}: JSON has no long ones");
    }
}

async fn assert_all_guarded(alice: &User, requests: &[(&str, &str, u16)]) {
    for &(method, path, status) in requests {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = alice.request(method.clone(), path).json(&body_for(path));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        assert_guarded(response.headers(), path);
    }
}

#[tokio::test]
async fn every_kind_of_answer_is_guarded_the_same() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let connected = Client::new().post(server.url("/connect")).send().await.unwrap();
    assert_guarded(connected.headers(), "201 /connect");
    assert_all_guarded(
        &alice,
        &[
            ("GET", "/health", 200),
            ("HEAD", "/health", 200),
            ("POST", "/send", 201),
            ("POST", "/rooms", 201),
            ("GET", "/poll?wait=0", 200),
            ("GET", "/room/1/subscribe?wait=0", 202),
            ("POST", "/room/1/join", 204),
            ("GET", "/poll?cursor=!", 400),
            ("GET", "/room/99", 404),
            ("GET", "/no/such/path", 404),
            ("DELETE", "/rooms", 405),
            ("POST", "/", 405),
            ("POST", "/room/1/leave", 409),
            ("POST", "/disconnect", 204),
            ("GET", "/status", 401),
        ],
    )
    .await;
    let bob = server.guest("bob").await;
    let first = bob.get("/poll?wait=0").await;
    let tag = first.headers()["etag"].clone();
    let nothing = bob.request(Method::GET, "/poll?wait=0").header("If-None-Match", tag).send().await.unwrap();
    assert_eq!(nothing.status(), 304);
    assert_guarded(nothing.headers(), "304 /poll");
}

#[tokio::test]
async fn what_the_framework_cannot_parse_is_guarded_too() {
    let server = TestServer::start().await;
    for line in ["GETX / HTTP/1.1", "CONNECT example.com:80 HTTP/1.1", "GET example.com HTTP/1.1"] {
        let mut socket = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
        socket.write_all(format!("{line}\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
        assert!(head.starts_with("http/1.1 400") && answer.contains("/problems/bad-input"), "{answer}");
        for (name, value) in EVERYWHERE {
            assert_eq!(head.matches(&format!("\r\n{name}: {value}")).count(), 1, "{line}: {head}");
        }
    }
}

#[tokio::test]
async fn pages_load_what_this_server_serves_and_run_nothing_else() {
    let server = TestServer::start().await;
    let response = Client::new().get(server.url("/")).send().await.unwrap();
    let headers = response.headers();
    let [policy] = all(headers, "content-security-policy").try_into().unwrap();
    let directives: Vec<_> = policy.split("; ").collect();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "script-src-elem 'self' 'sha256-hUcw75ogOjLINfd6vH46aVzKLMN5xOyvFGrX5NyfCPE='",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ] {
        assert!(directives.contains(&directive), "{directive}: {policy}");
    }
    for loose in ["unsafe", "*", "http:", "https:", "blob:"] {
        assert!(!policy.contains(loose), "{policy}");
    }
    assert_eq!(all(headers, "x-frame-options"), ["DENY"]);
    assert_eq!(all(headers, "cross-origin-opener-policy"), ["same-origin"]);
    assert_eq!(all(headers, "cross-origin-resource-policy"), ["same-origin"]);
    assert!(all(headers, "permissions-policy")[0].contains("camera=()"));
    assert_eq!(all(headers, "referrer-policy"), ["no-referrer"]);
    assert_eq!(all(headers, "x-content-type-options"), ["nosniff"]);
    for path in ["/page/0/reload.js", "/page/0/style.css"] {
        let response = Client::new().get(server.url(path)).send().await.unwrap();
        assert_eq!(all(response.headers(), "cross-origin-resource-policy"), ["same-origin"], "{path}");
        assert_guarded(response.headers(), path);
    }
}

#[tokio::test]
async fn no_answer_sets_a_cookie_and_none_lets_another_site_read_it() {
    let server = LocalServer::start().await;
    let alice = server.guest("alice").await;
    for call in CALLS {
        let (method, path) = call.split_once(' ').unwrap();
        let path = path.replace("<id>", "1").replace("<name>", "bob");
        let path = if method == "GET" { format!("{path}?wait=0") } else { path };
        let request = alice.request(method.parse().unwrap(), &path);
        let response = request.header("Origin", "http://elsewhere.example").send().await.unwrap();
        for name in ["set-cookie", "access-control-allow-origin", "access-control-allow-credentials"] {
            assert!(!response.headers().contains_key(name), "{call}: {name}");
        }
    }
}
