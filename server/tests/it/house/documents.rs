//! What the documents say, held against the server.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use figment::providers::{Format, Toml};
use figment::value::Value;
use figment::{Figment, Provider};
use linger_server::config::{Overrides, figment};

use crate::harness::{LocalServer, TestServer};

fn document(name: &str) -> String {
    fs::read_to_string(format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[tokio::test]
async fn both_documents_name_every_route() {
    let routes = LocalServer::start().await.routes;
    for name in ["README.md", "docs/http.md"] {
        let text = document(name);
        for route in &routes {
            let (method, path) = route.split_once(' ').unwrap();
            let path = path.replace('<', "{").replace('>', "}");
            let mentions = |line: &str| line.contains(&format!("{path}`")) || line.contains(&format!("{path}?"));
            // Twins are listed as "`POST /room/{id}/join` and `…/leave`".
            let short = format!("`…{}`", &path[path.rfind('/').unwrap()..]);
            let is_named = text.lines().any(|line| line.contains(method) && (mentions(line) || line.contains(&short)));
            assert!(is_named, "{name} does not name {route}");
        }
    }
}

#[test]
fn the_http_document_lists_exactly_the_problems_there_are() {
    let listed = |text: &str| -> BTreeSet<String> {
        let starts = text.match_indices("/problems/").map(|(at, _)| &text[at..]);
        starts
            .map(|rest| rest.split(['`', '"', '…', ' ']).next().unwrap().to_owned())
            .filter(|p| p.len() > 10)
            .collect()
    };
    let (source, document) = (document("server/src/problem.rs"), document("docs/http.md"));
    let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    assert_eq!(listed(&document), listed(&code));
}

#[test]
fn rocket_toml_says_what_the_server_does_without_it() {
    let file = Figment::from(Toml::file(concat!(env!("CARGO_MANIFEST_DIR"), "/../Rocket.toml")).nested());
    let built_in = figment(&Overrides::default());
    let readme = document("README.md");
    let mut settings = 0;
    for (path, value) in leaves("", &Value::from(file.data().unwrap()[&figment::Profile::Default].clone())) {
        let default: Value = built_in.find_value(&path).unwrap_or_else(|_| panic!("nobody reads {path}"));
        assert_eq!(text(&default), text(&value), "{path}");
        let name = path.rsplit('.').next().unwrap();
        assert!(readme.contains(name), "README.md does not name {path}");
        settings += 1;
    }
    let linger_own = leaves("", &built_in.find_value("chat").unwrap()).len();
    assert!(settings > linger_own, "{settings} settings are documented, linger alone has {linger_own}");
    for (path, _) in leaves("chat", &built_in.find_value("chat").unwrap()) {
        assert!(file.find_value(&format!("default.{path}")).is_ok() || file.find_value(&path).is_ok(), "{path}");
    }
}

fn leaves(prefix: &str, value: &Value) -> Vec<(String, Value)> {
    let path = |key: &str| {
        if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
    };
    match value.as_dict() {
        Some(dict) => dict.iter().flat_map(|(key, value)| leaves(&path(key), value)).collect(),
        None => vec![(prefix.to_owned(), value.clone())],
    }
}

/// Numbers are of many types in figment, and 4 is 4 in each.
fn text(value: &Value) -> String {
    let number = value.to_i128().map(|number| number.to_string());
    number.or_else(|| value.as_str().map(str::to_owned)).unwrap_or_else(|| format!("{:?}", value.to_bool()))
}

#[tokio::test]
async fn the_readmes_commands_work_as_printed() {
    let server = TestServer::start().await;
    let readme = document("README.md");
    let script = readme.split("```sh\n").nth(1).expect("a block of commands").split("```").next().unwrap();
    let script = script.replace("http://127.0.0.1:8000", &server.url(""));
    let mut command = Command::new("sh");
    command.args(["-euc", &script]).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines[0].contains(r#""from":"alice","text":"hello everybody""#), "{printed}");
    assert!(lines[1].contains(r#""to":"bob","text":"psst""#), "{printed}");
    assert!(lines[2].contains("hello everybody") && lines[2].contains("psst"), "{printed}");
}

#[tokio::test]
async fn the_readmes_loop_is_a_whole_client() {
    let server = TestServer::start().await;
    let (bob, alice) = (server.guest("bob").await, server.guest("alice").await);
    let round = async || {
        let mut command = Command::new("curl");
        let url = server.url("/poll?wait=0");
        command.current_dir(server.folder()).args(["-sf", &url, "-H", &format!("Authorization: Bearer {}", bob.token)]);
        command.args(["--etag-compare", "bob.etag", "--etag-save", "bob.etag"]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(round().await, "", "nothing came: 304");
    alice.say("general", "one").await;
    assert!(round().await.contains("one"));
    assert_eq!(round().await, "");
    alice.say("general", "two").await;
    alice.tell("bob", "three").await;
    let both = round().await;
    assert!(both.contains("two") && both.contains("three") && !both.contains("one"), "{both}");
}
