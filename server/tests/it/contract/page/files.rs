//! The three files: what they are sent as, and when they are not sent again.

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::{Method, Response};

use crate::harness::{Client, TestServer, assert_problem};

/// Paths, the files behind them, and their types.
const FILES: [(&str, &str, &str); 3] = [
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/app.js", "app.js", "text/javascript; charset=utf-8"),
    ("/style.css", "style.css", "text/css; charset=utf-8"),
];

fn on_disk(file: &str) -> Vec<u8> {
    fs::read(format!("{}/static/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

async fn ask(server: &TestServer, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = Client::new().request(method, server.url(path));
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
}

async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(server, Method::GET, path, headers).await
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn the_files_are_served_as_what_they_are_and_asked_for_anew_each_time() {
    let server = TestServer::start().await;
    for (path, file, kind) in FILES {
        let response = get(&server, path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "cache-control"), "no-cache");
        assert_eq!(header(&response, "vary"), "Accept-Encoding");
        assert_eq!(header(&response, "content-encoding"), "", "nobody asked for gzip");
        assert_eq!(response.bytes().await.unwrap(), on_disk(file), "{path}");
    }
    for path in ["/index.html", "/app.js/", "/App.js", "/static/app.js", "/..%2fCargo.toml", "/favicon.ico"] {
        let response = get(&server, path, &[]).await;
        // A slash more or less is the same path to Rocket.
        if response.status() != 200 {
            assert_problem(response, 404, "not-found").await;
        } else {
            assert_eq!(path, "/app.js/");
        }
    }
}

#[tokio::test]
async fn gzip_is_sent_to_who_accepts_it_and_holds_the_same() {
    let server = TestServer::start().await;
    for (path, file, kind) in FILES {
        let response = get(&server, path, &[("Accept-Encoding", "gzip, deflate, br, zstd")]).await;
        assert_eq!(header(&response, "content-encoding"), "gzip", "{path}");
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "vary"), "Accept-Encoding");
        let sent = response.bytes().await.unwrap();
        let mut content = Vec::new();
        GzDecoder::new(&*sent).read_to_end(&mut content).unwrap();
        assert_eq!(content, on_disk(file));
        for refused in ["gzip;q=0", "br", "identity, gzip;q=0.5"] {
            let response = get(&server, path, &[("Accept-Encoding", refused)]).await;
            assert_eq!(header(&response, "content-encoding"), "", "{refused}");
            assert_eq!(response.bytes().await.unwrap(), on_disk(file));
        }
    }
}

#[tokio::test]
async fn who_has_the_newest_copy_is_answered_304_without_a_body() {
    let server = TestServer::start().await;
    let mut tags = Vec::new();
    for (path, ..) in FILES {
        for encoding in ["gzip", "identity"] {
            let asks = ("Accept-Encoding", encoding);
            let whole = get(&server, path, &[asks]).await;
            let tag = header(&whole, "etag");
            assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 30, "strong, and of the content: {tag}");
            for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
                let response = get(&server, path, &[asks, ("If-None-Match", &known)]).await;
                assert_eq!(response.status(), 304, "{path} {known}");
                for name in ["etag", "cache-control", "vary", "content-security-policy"] {
                    assert_eq!(header(&response, name), header(&whole, name), "a browser replaces what it kept");
                }
                assert_eq!(response.bytes().await.unwrap().len(), 0);
            }
            for other in ["\"other\"", "other", ""] {
                assert_eq!(get(&server, path, &[asks, ("If-None-Match", other)]).await.status(), 200, "{other}");
            }
            tags.push(tag);
        }
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 6, "each file has two representations, and each representation a tag of its own");
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let server = TestServer::start().await;
    for (path, ..) in FILES {
        for encoding in ["gzip", "identity"] {
            let asks = [("Accept-Encoding", encoding)];
            let got = get(&server, path, &asks).await;
            let head = ask(&server, Method::HEAD, path, &asks).await;
            assert_eq!(head.status(), 200);
            let without_id = |response: &Response| {
                let mut headers = response.headers().clone();
                for name in ["x-request-id", "date"] {
                    headers.remove(name);
                }
                headers
            };
            assert_eq!(without_id(&head), without_id(&got), "the length, too");
            let length = header(&head, "content-length");
            assert_eq!(head.bytes().await.unwrap().len(), 0);
            assert_eq!(got.bytes().await.unwrap().len().to_string(), length);
            let tag = header(&ask(&server, Method::HEAD, path, &asks).await, "etag");
            let known = ask(&server, Method::HEAD, path, &[asks[0], ("If-None-Match", &tag)]).await;
            assert_eq!(known.status(), 304);
        }
    }
}
