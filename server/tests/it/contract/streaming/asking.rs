//! Content negotiation: which requests get a stream, which a page, and which are refused beforehand.

use reqwest::Method;
use reqwest::header::ACCEPT;

use crate::harness::{Client, EventStream, TestServer, assert_problem};

const CALLS: [&str; 3] = ["/poll", "/room/1/subscribe", "/direct/subscribe"];

#[tokio::test]
async fn only_a_client_that_prefers_an_event_stream_gets_one() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let kind = async |path: &str, accept: &[&str]| {
        let mut request = alice.request(Method::GET, path);
        // reqwest sends `*/*` by default.
        for accept in accept {
            request = request.header(ACCEPT, *accept);
        }
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{accept:?}");
        response.headers()["content-type"].to_str().unwrap().to_owned()
    };
    let streams = [
        "text/event-stream",
        "Text/Event-Stream",
        "text/event-stream; q=0.9",
        "text/event-stream, application/json;q=0.9",
        "application/json;q=0.1, text/event-stream",
        "text/event-stream, */*",
        "*/*;q=0.8, text/event-stream",
        "text/event-stream, application/json",
        "text/html;q=0.5, text/event-stream;q=0.9, application/json;q=0.7",
    ];
    let pages = [
        "application/json",
        "*/*",
        "",
        "text/html",
        "text/*",
        "application/json, text/event-stream",
        "application/json, text/event-stream;q=0.9",
        "text/event-stream;q=0.1, application/json",
        "text/event-stream-ish",
        "not a media type",
    ];
    for path in CALLS {
        let path = &format!("{path}?wait=0");
        for accept in streams {
            assert_eq!(kind(path, &[accept]).await, "text/event-stream", "{accept}");
        }
        for accept in pages {
            assert_eq!(kind(path, &[accept]).await, "application/json", "{accept}");
        }
        assert_eq!(kind(path, &[]).await, "application/json");
    }
}

#[tokio::test]
async fn a_bad_request_gets_a_problem_instead_of_a_stream() {
    let (server, elsewhere) = (TestServer::start().await, TestServer::start().await);
    let (alice, stranger) = (server.guest("alice").await, elsewhere.guest("alice").await);
    let ask = async |path: &str| EventStream::request(&alice, path).send().await.unwrap();
    for path in CALLS {
        for bad in ["cursor=x", "limit=0", "limit=x", "mark_read=maybe", "wait=x"] {
            assert_problem(ask(&format!("{path}?{bad}")).await, 400, "bad-input").await;
        }
        assert_problem(ask(&format!("{path}?cursor={}", stranger.cursor)).await, 410, "cursor-reset").await;
        let resumed =
            EventStream::request(&alice, path).header("Last-Event-ID", &stranger.cursor).send().await.unwrap();
        assert_problem(resumed, 410, "cursor-reset").await;
        for token in ["x", &stranger.token] {
            let request = Client::new().get(server.url(path)).header(ACCEPT, "text/event-stream").bearer_auth(token);
            assert_problem(request.send().await.unwrap(), 401, "unauthorized").await;
        }
        let request = Client::new().get(server.url(path)).header(ACCEPT, "text/event-stream");
        assert_problem(request.send().await.unwrap(), 401, "unauthorized").await;
    }
    assert_problem(ask("/room/99/subscribe").await, 404, "not-found").await;
    assert_problem(ask("/room/x/subscribe").await, 400, "bad-input").await;
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for path in CALLS {
        let request = alice.request(Method::HEAD, path).header(ACCEPT, "text/event-stream");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
        assert!(response.bytes().await.unwrap().is_empty());
    }
}
