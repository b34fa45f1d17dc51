//! The page's files: how they are sent, when they are not sent again, and what another version of the page gets.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use reqwest::{Method, Response};

use crate::harness::{Client, TestServer, assert_problem};

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

const STYLES: [&str; 11] =
    ["base", "door", "frame", "sidebar", "lists", "log", "text", "changes", "composer", "dialogs", "touch"];

const REVALIDATED: &str = "no-cache";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A file as the server has to send it.
struct File {
    path: String,
    source: String,
    kind: &'static str,
    caching: &'static str,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("static")
}

/// The modules' paths below `page/`.
fn modules() -> BTreeSet<String> {
    fn below(folder: &Path) -> Vec<PathBuf> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
    }
    let page = folder().join("page");
    below(&page).iter().map(|path| path.strip_prefix(&page).unwrap().to_str().unwrap().to_owned()).collect()
}

/// Whether a module is loaded when it is first used, so that the page does not name it.
fn is_later(module: &str) -> bool {
    module.starts_with("later/")
}

/// The hash that the page names now.
async fn hash(server: &TestServer) -> String {
    let index = get(server, "/", &[]).await.text().await.unwrap();
    index.split("\"page/").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

/// All files, the page first.
async fn files(server: &TestServer) -> Vec<File> {
    let hash = hash(server).await;
    let index = fs::read_to_string(folder().join("index.html")).unwrap();
    let link = |module: &str| format!("  <link rel=\"chat\" href=\"page/HASH/{module}\">\n");
    let modules = modules();
    let others = modules.iter().filter(|module| !is_later(module) && !index.contains(&format!("page/HASH/{module}\"")));
    let others: String = others.map(|module| link(module)).collect();
    let index = index.replace(&link("MODULE"), &others).replace("page/HASH/", &format!("page/{hash}/"));
    let mut files = vec![File { path: "/".to_owned(), source: index, kind: HTML, caching: REVALIDATED }];
    let styles = STYLES.map(|name| fs::read_to_string(folder().join(format!("style/{name}.css"))).unwrap());
    let path = |name: &str| format!("/page/{hash}/{name}");
    files.push(File { path: path("style.css"), source: styles.concat(), kind: STYLE, caching: IMMUTABLE });
    files.extend(modules.iter().map(|name| {
        let source = fs::read_to_string(folder().join("page").join(name)).unwrap();
        File { path: path(name), source, kind: SCRIPT, caching: IMMUTABLE }
    }));
    files
}

/// Fails the test if this is not the source, where lines that hold nothing but a comment are empty.
fn assert_is_code_of(source: &str, sent: &[u8], path: &str) {
    let sent = str::from_utf8(sent).unwrap();
    assert_eq!(sent.lines().count(), source.lines().count(), "{path}");
    for (sent, line) in sent.lines().zip(source.lines()) {
        assert!(sent == line || sent.is_empty(), "{path}: {line}");
        assert!(!["//", "/*", "* ", "<!--"].iter().any(|comment| sent.trim().starts_with(comment)), "{path}: {sent}");
    }
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
async fn files_are_sent_without_comments_with_their_type_and_for_how_long_to_keep_them() {
    let server = TestServer::start().await;
    for File { path, source, kind, caching } in files(&server).await {
        let response = get(&server, &path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "cache-control"), caching);
        assert_eq!(header(&response, "vary"), "Accept-Encoding");
        assert_eq!(header(&response, "content-encoding"), "", "gzip was not accepted");
        assert_is_code_of(&source, &response.bytes().await.unwrap(), &path);
    }
}

#[tokio::test]
async fn the_page_loads_all_its_files_by_relative_addresses() {
    let server = TestServer::start().await;
    let index = get(&server, "/", &[]).await.text().await.unwrap();
    assert!(!index.contains("page/HASH") && !index.contains("page/MODULE"), "{index}");
    let attributes = ["href=\"", "src=\""].into_iter().flat_map(|name| index.split(name).skip(1));
    let links = attributes.map(|rest| rest.split('"').next().unwrap()).filter(|link| !link.starts_with(['#', 'd']));
    let mut loaded = BTreeSet::new();
    for link in links {
        assert!(link.starts_with("page/"), "{link} is not relative");
        assert!(loaded.insert(format!("/{link}")), "{link} twice");
    }
    let served = files(&server).await.into_iter().map(|file| file.path).filter(|path| path != "/");
    let (later, named): (BTreeSet<_>, BTreeSet<_>) = served.partition(|path| path.contains("/later/"));
    assert_eq!(loaded, named);
    assert!(!later.is_empty());
}

/// The modules that one imports before it runs, and those that they import.
fn imported_by(module: &str) -> BTreeSet<String> {
    let source = fs::read_to_string(folder().join("page").join(module)).unwrap();
    let names = source.split(" from './").skip(1).map(|rest| rest.split('\'').next().unwrap());
    names.flat_map(|name| imported_by(name).into_iter().chain([name.to_owned()])).collect()
}

#[test]
fn what_the_sign_in_form_needs_is_preloaded_first() {
    let index = fs::read_to_string(folder().join("index.html")).unwrap();
    let lines = index.lines().filter(|line| line.contains("modulepreload"));
    let first: BTreeSet<_> = lines.map(|line| line.split('"').nth(3).unwrap().replace("page/HASH/", "")).collect();
    assert_eq!(first, imported_by("main.js"));
}

#[tokio::test]
async fn another_version_gets_no_module_but_the_scripts_that_need_no_other_and_the_styles() {
    let server = TestServer::start().await;
    let hash = hash(&server).await;
    for File { path, source, kind, .. } in files(&server).await.into_iter().skip(1) {
        for other in ["0".repeat(32), hash.to_uppercase(), "x".to_owned()] {
            let response = get(&server, &path.replace(&hash, &other), &[]).await;
            if ["/reload.js", "/early.js", "/style.css"].iter().any(|name| path.ends_with(name)) {
                assert_eq!(response.status(), 200, "{path}");
                assert_eq!(header(&response, "content-type"), kind);
                assert_eq!(header(&response, "cache-control"), "no-store", "an address of another version");
                assert_is_code_of(&source, &response.bytes().await.unwrap(), &path);
            } else {
                assert_problem(response, 404, "not-found").await;
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_file_is_404_under_any_hash() {
    let server = TestServer::start().await;
    let hash = hash(&server).await;
    for file in [
        "",
        "/",
        "/none.js",
        "/Main.js",
        "/start",
        "/page/main.js",
        "/style",
        "/base.css",
        "/style/base.css",
        "/index.html",
        "/..%2findex.html",
        "/%2e%2e%2findex.html",
        "/..%2f..%2fCargo.toml",
        "/%2fetc%2fpasswd",
        "/.%2fmain.js",
        "/main.js%00",
    ] {
        for hash in [&hash, "0"] {
            let response = get(&server, &format!("/page/{hash}{file}"), &[]).await;
            assert_problem(response, 404, "not-found").await;
        }
    }
    for path in ["/index.html", "/app.js", "/style.css", "/page", "/page/main.js", "/static/main.js", "/favicon.ico"] {
        assert_problem(get(&server, path, &[]).await, 404, "not-found").await;
    }
}

#[tokio::test]
async fn gzip_is_sent_only_if_accepted_and_holds_the_same() {
    let server = TestServer::start().await;
    for File { path, kind, .. } in files(&server).await {
        let plain = get(&server, &path, &[]).await.bytes().await.unwrap();
        let response = get(&server, &path, &[("Accept-Encoding", "gzip, deflate, br, zstd")]).await;
        assert_eq!(header(&response, "content-encoding"), "gzip", "{path}");
        assert_eq!(header(&response, "content-type"), kind);
        assert_eq!(header(&response, "vary"), "Accept-Encoding");
        let sent = response.bytes().await.unwrap();
        let mut unpacked = Vec::new();
        GzDecoder::new(&*sent).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain, "{path}");
        for refused in ["gzip;q=0", "br", "identity, gzip;q=0.5"] {
            let response = get(&server, &path, &[("Accept-Encoding", refused)]).await;
            assert_eq!(header(&response, "content-encoding"), "", "{refused}");
            assert_eq!(response.bytes().await.unwrap(), plain, "{path}");
        }
    }
}

#[tokio::test]
async fn a_current_copy_is_confirmed_by_304_without_a_body() {
    let server = TestServer::start().await;
    let mut tags = Vec::new();
    for path in ["/", "/docs", "/docs.css"] {
        for encoding in ["gzip", "identity"] {
            let asks = ("Accept-Encoding", encoding);
            let whole = get(&server, path, &[asks]).await;
            let tag = header(&whole, "etag");
            assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 30, "strong, and of the content: {tag}");
            for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
                let response = get(&server, path, &[asks, ("If-None-Match", &known)]).await;
                assert_eq!(response.status(), 304, "{path} {known}");
                for name in ["etag", "cache-control", "vary", "content-security-policy"] {
                    assert_eq!(
                        header(&response, name),
                        header(&whole, name),
                        "a browser replaces the headers of its copy"
                    );
                }
                assert_eq!(response.bytes().await.unwrap().len(), 0);
            }
            for other in ["\"other\"", "other", ""] {
                assert_eq!(get(&server, path, &[asks, ("If-None-Match", other)]).await.status(), 200, "{other}");
            }
            tags.push(tag);
        }
    }
    let distinct: BTreeSet<_> = tags.iter().collect();
    assert_eq!(distinct.len(), tags.len(), "each file has two representations, and each of them its own tag");
}

#[tokio::test]
async fn files_that_never_change_have_no_tag_and_are_sent_whole() {
    let server = TestServer::start().await;
    for File { path, .. } in files(&server).await.into_iter().skip(1) {
        let response = get(&server, &path, &[("If-None-Match", "*")]).await;
        assert_eq!((response.status().as_u16(), header(&response, "etag")), (200, String::new()), "{path}");
    }
}

#[tokio::test]
async fn head_is_answered_as_get_without_the_body() {
    let server = TestServer::start().await;
    for File { path, .. } in files(&server).await {
        for encoding in ["gzip", "identity"] {
            let asks = [("Accept-Encoding", encoding)];
            let got = get(&server, &path, &asks).await;
            let head = ask(&server, Method::HEAD, &path, &asks).await;
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
            let tag = header(&got, "etag");
            assert_eq!(got.bytes().await.unwrap().len().to_string(), length);
            let known = ask(&server, Method::HEAD, &path, &[asks[0], ("If-None-Match", &tag)]).await;
            assert_eq!(known.status(), if path == "/" { 304 } else { 200 });
        }
    }
}
