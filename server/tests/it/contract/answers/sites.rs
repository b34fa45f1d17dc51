//! Other names and other sites: what a browser may send here from another site's page, and what it may not.

use reqwest::{Client, Method, Response};

use crate::harness::TestServer;

/// Sends a request with these headers, without checking the answer against the description.
async fn send(server: &TestServer, line: &str, headers: &[(&str, &str)]) -> Response {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Client::new().request(method.parse::<Method>().unwrap(), server.url(path));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

/// A request's first line, its headers, and the status of the answer.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], u16);

async fn assert_answers(server: &TestServer, cases: &[Case<'_>]) {
    for (line, headers, status) in cases {
        let response = send(server, line, headers).await;
        assert_eq!(response.status(), *status, "{line} {headers:?}");
        let refusals = [(403, "/problems/forbidden"), (421, "/problems/misdirected-host")];
        if let Some((_, kind)) = refusals.iter().find(|(refused, _)| refused == status) {
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert_eq!(response.headers()["cache-control"], "no-store");
            let body = response.text().await.unwrap();
            assert!(
                line.starts_with("HEAD") || body.contains(kind) && body.contains("chat.allowed_"),
                "{line} {headers:?}: {body}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_on_a_loopback_address_answers_to_this_machines_names_only() {
    let server = TestServer::start().await;
    for (host, good) in [
        ("localhost:8000", true),
        ("LocalHost", true),
        ("chat.localhost", true),
        ("127.0.0.1", true),
        ("127.1.2.3:80", true),
        ("[::1]:8000", true),
        ("chat.example", false),
        ("localhost.example", false),
        ("127.0.0.1.example:80", false),
        ("192.0.2.7", false),
        ("0.0.0.0", false),
        ("[::2]", false),
    ] {
        let status = |good_status| if good { good_status } else { 421 };
        assert_answers(
            &server,
            &[
                ("GET /", &[("Host", host)], status(200)),
                ("GET /health", &[("Host", host)], status(200)),
                ("HEAD /docs", &[("Host", host)], status(200)),
                ("GET /nothing", &[("Host", host)], status(404)),
                ("POST /connect", &[("Host", host)], status(201)),
                ("POST /send", &[("Host", host)], status(401)),
                ("DELETE /send", &[("Host", host)], status(405)),
            ],
        )
        .await;
    }
}

#[tokio::test]
async fn a_listed_host_is_answered_and_any_other_is_not() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__ALLOWED_HOSTS", "chat.example, b.example:8443")]).await;
    let from = |host| [("Host", host)];
    for (host, status) in [
        ("chat.example", 200),
        ("CHAT.example.:80", 200),
        ("b.example:8443", 200),
        ("b.example", 421),
        ("evil.example", 421),
        ("localhost", 200),
    ] {
        assert_answers(&server, &[("GET /health", &from(host), status)]).await;
    }
    // The page's own scripts, behind a proxy that passes on another Host.
    let origin = |origin| [("Origin", origin)];
    assert_answers(
        &server,
        &[
            ("POST /connect", &origin("https://chat.example"), 201),
            ("POST /connect", &origin("https://b.example:8443"), 201),
            ("POST /connect", &origin("https://b.example"), 403),
        ],
    )
    .await;
    let behind = TestServer::start_with(&[("ROCKET_IP_HEADER", "X-Real-IP")]).await;
    assert_answers(&behind, &[("GET /health", &from("anything.example"), 200)]).await;
    let any = TestServer::start_with(&[("ROCKET_CHAT__ALLOWED_HOSTS", "[\"*\"]")]).await;
    assert_answers(&any, &[("GET /health", &from("anything.example"), 200)]).await;
    assert_answers(&any, &[("GET /health", &origin("http://evil.example"), 403)]).await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_call_the_server_and_links_lead_to_it() {
    let server = TestServer::start_with(&[("ROCKET_IP_HEADER", "X-Real-IP")]).await;
    let cross: (&str, &str) = ("Sec-Fetch-Site", "cross-site");
    let link = ("Sec-Fetch-Mode", "navigate");
    let host = ("Host", "chat.example:8443");
    assert_answers(
        &server,
        &[
            ("POST /connect", &[cross], 403),
            ("POST /connect", &[cross, ("Origin", "http://evil.example")], 403),
            ("POST /connect", &[("Origin", "http://evil.example")], 403),
            ("POST /connect", &[("Origin", "null")], 403),
            ("POST /connect", &[("Sec-Fetch-Site", "same-site"), ("Origin", "http://other.localhost.example")], 403),
            ("GET /health", &[cross], 403),
            ("GET /nothing", &[cross], 403),
            ("GET /page/0/style.css", &[cross, ("Sec-Fetch-Mode", "no-cors")], 403),
            ("OPTIONS /connect", &[("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")], 403),
            // A form on another site.
            ("POST /connect", &[cross, link, ("Origin", "http://evil.example")], 403),
            ("POST /connect", &[cross, link], 403),
            // A link on another site.
            ("GET /", &[cross, link], 200),
            ("HEAD /docs", &[cross, link, ("Sec-Fetch-Dest", "document")], 200),
            // The page itself.
            ("POST /connect", &[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://behind.a.proxy")], 201),
            ("POST /connect", &[host, ("Origin", "https://chat.example:8443")], 201),
            ("POST /connect", &[host, ("Origin", "https://chat.example")], 403),
            ("POST /connect", &[("Host", "chat.example"), ("Origin", "https://chat.example:8443")], 201),
            ("POST /connect", &[("Host", "chat.example:443"), ("Origin", "https://Chat.Example")], 201),
            ("POST /connect", &[("X-Forwarded-Host", "chat.example"), ("Origin", "https://chat.example")], 201),
            ("POST /connect", &[("Host", "[::1]:8000"), ("Origin", "http://[::1]:8000")], 201),
            ("GET /", &[("Sec-Fetch-Site", "none"), link], 200),
            // Other pages of this machine, and programs.
            ("POST /connect", &[cross, ("Origin", "http://localhost:3000")], 201),
            ("POST /connect", &[host, cross, ("Origin", "http://localhost:3000")], 403),
            ("POST /connect", &[], 201),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_form_of_another_site_is_no_link() {
    let server = TestServer::start().await;
    for method in ["get", "head", "GET"] {
        let form = Client::new().post(server.url("/connect")).body(format!("_method={method}"));
        let form = form.header("Content-Type", "application/x-www-form-urlencoded");
        let form = form.header("Origin", "https://evil.example").header("Sec-Fetch-Site", "cross-site");
        let response = form.header("Sec-Fetch-Mode", "navigate").send().await.unwrap();
        assert_eq!(response.status(), 403, "{method}");
    }
}

#[tokio::test]
async fn a_listed_site_may_call_the_server_and_read_its_answers() {
    let setting = [("ROCKET_CHAT__ALLOWED_ORIGINS", "[\"https://app.example\"]")];
    let server = TestServer::start_with(&setting).await;
    let app = [("Origin", "https://app.example"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors")];
    let preflight = [&app[..], &[("Access-Control-Request-Method", "POST")]].concat();
    let response = send(&server, "OPTIONS /send", &preflight).await;
    assert_eq!(response.status(), 204);
    let header = |response: &Response, name: &str| response.headers()[name].to_str().unwrap().to_lowercase();
    assert_eq!(header(&response, "access-control-allow-origin"), "https://app.example");
    assert_eq!(header(&response, "vary"), "origin");
    assert!(header(&response, "access-control-allow-methods").contains("post"));
    for name in ["authorization", "content-type", "idempotency-key", "if-none-match", "prefer"] {
        assert!(header(&response, "access-control-allow-headers").contains(name), "{name}");
    }
    for (line, status) in
        [("POST /connect", 201), ("GET /poll", 401), ("GET /nothing", 404), ("GET /openapi.json", 200)]
    {
        let response = send(&server, line, &app).await;
        assert_eq!(response.status(), status, "{line}");
        assert_eq!(header(&response, "access-control-allow-origin"), "https://app.example", "{line}");
        assert!(header(&response, "access-control-expose-headers").contains("etag"), "{line}");
        let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
        assert!(vary.iter().any(|vary| *vary == "Origin"), "{line}: {vary:?}");
    }
    let evil = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST")];
    let response = send(&server, "OPTIONS /send", &evil).await;
    assert_eq!(response.status(), 403);
    assert!(!response.headers().contains_key("access-control-allow-origin"));
}
