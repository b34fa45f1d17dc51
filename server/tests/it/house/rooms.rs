//! The house's own rules, read from its sources: who may name whom. ARCHITECTURE.md lists them.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file below a folder of the repository, with its code: no comments.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code: Vec<String> = fs::read_to_string(&path)
                    .unwrap()
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("//"))
                    .map(str::to_owned)
                    .collect();
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                sources.push((name, code.join("\n")));
            }
        }
    }
    assert!(!sources.is_empty(), "{folder}");
    sources
}

/// The files below `folder` in which one of `words` stands, but for those below one of `except`.
fn naming(folder: &str, words: &[&str], except: &[&str]) -> Vec<String> {
    let is_excepted = |name: &str| except.iter().any(|except| name.starts_with(except));
    let names_one = |code: &str| words.iter().any(|word| code.contains(word));
    let found = sources(folder).into_iter().filter(|(name, code)| !is_excepted(name) && names_one(code));
    found.map(|(name, _)| name).collect()
}

const NOBODY: [String; 0] = [];

#[test]
fn the_wire_types_name_nothing_of_ours() {
    assert_eq!(naming("api/src", &["linger_", "rocket", "sqlx"], &[]), NOBODY);
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../api/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap().trim();
    // Who does not describe the wire, such as the client, goes without utoipa.
    assert_eq!(dependencies, "serde.workspace = true\nutoipa = { workspace = true, optional = true }");
}

#[test]
fn the_client_does_not_name_the_server() {
    assert_eq!(naming("client/src", &["linger_server"], &[]), NOBODY);
}

#[test]
fn each_library_of_the_client_has_one_room() {
    for (library, rooms) in [
        ("ureq", &["client/src/http"][..]),
        ("rustyline", &["client/src/terminal"]),
        ("rpassword", &["client/src/terminal"]),
        ("figment", &["client/src/config"]),
        ("etcetera", &["client/src/place.rs"]),
        ("reveal()", &["client/src/http"]),
    ] {
        assert_eq!(naming("client/src", &[library], rooms), NOBODY, "{library}");
    }
    let sessions = ["crate::session", "crate::keyboard", "crate::inbox", "crate::outbox", "crate::view"];
    assert_eq!(naming("client/src/script", &sessions, &[]), NOBODY);
}

#[test]
fn only_the_store_names_sqlx_and_it_names_nobody_above_it() {
    assert_eq!(naming("server/src", &["sqlx::"], &["server/src/store/"]), NOBODY);
    let above = ["rocket::", "crate::http", "crate::hub", "crate::journal", "crate::problem", "crate::routes"];
    assert_eq!(naming("server/src/store", &above, &[]), NOBODY);
}

#[test]
fn only_metrics_names_prometheus_and_it_names_nobody_who_counts() {
    assert_eq!(naming("server/src", &["prometheus_client"], &["server/src/metrics/"]), NOBODY);
    let others =
        ["rocket", "crate::http", "crate::hub", "crate::journal", "crate::store", "crate::app", "crate::routes"];
    assert_eq!(naming("server/src/metrics", &others, &[]), NOBODY);
}

#[test]
fn only_the_store_speaks_sql() {
    let sql = ["\"select ", "\"insert ", "\"update ", "\"delete ", "\"pragma ", "\"begin"];
    assert_eq!(naming("server/src", &sql, &["server/src/store/"]), NOBODY);
}

#[test]
fn the_hub_and_the_journal_know_no_http() {
    for room in ["server/src/hub", "server/src/journal"] {
        assert_eq!(
            naming(room, &["rocket", "crate::http", "crate::routes", "crate::problem", "Status::"], &[]),
            NOBODY
        );
    }
}

#[test]
fn only_the_problem_room_makes_error_bodies_and_picks_error_statuses() {
    let errors = [
        "problem+json",
        "/problems/",
        "Status::BadRequest",
        "Status::Unauthorized",
        "Status::Forbidden",
        "Status::NotFound",
        "Status::Conflict",
        "Status::Gone",
        "Status::Unprocessable",
        "Status::TooManyRequests",
        "Status::InternalServerError",
        "Status::ServiceUnavailable",
        "Status::new(",
    ];
    assert_eq!(naming("server/src", &errors, &["server/src/problem.rs", "server/src/http/refusal.rs"]), NOBODY);
}

#[test]
fn routes_do_not_name_each_other() {
    assert_eq!(naming("server/src", &["crate::routes::", "super::routes"], &[]), NOBODY);
    assert_eq!(naming("server/src/routes", &["use super::"], &[]), NOBODY);
}

#[test]
fn nobody_but_the_journal_opens_a_transaction() {
    assert_eq!(
        naming("server/src", &[".begin()"], &["server/src/journal/writer.rs", "server/src/store/tests/"]),
        NOBODY
    );
    assert_eq!(
        naming(
            "server/src",
            &["begin_with(", "\"begin"],
            &["server/src/store/transaction.rs", "server/src/store/copy/"]
        ),
        NOBODY
    );
    let publishing =
        [".hub.publish(", ".hub.add_inbox(", ".hub.join(", ".hub.leave(", "sessions.add(", "sessions.remove("];
    assert_eq!(naming("server/src", &publishing, &["server/src/journal/"]), NOBODY);
}

#[test]
fn what_holds_a_secret_cannot_be_serialised() {
    for (folder, secret) in [
        ("api/src", "pub struct Connect {"),
        ("server/src/accounts", "pub(crate) struct Password("),
        ("server/src/accounts", "pub(crate) struct Tokens {"),
        ("server/src/metrics", "pub(crate) struct MetricsToken("),
        ("client/src/http", "pub struct Token("),
        ("client/src", "pub struct Credential {"),
        ("client/src", "pub enum Identity {"),
    ] {
        let files = sources(folder);
        let (_, code) = files.iter().find(|(_, code)| code.contains(secret)).expect(secret);
        let before = code.split(secret).next().unwrap();
        let derives = before.lines().rev().take_while(|line| line.starts_with("#[")).collect::<String>();
        assert!(!derives.contains("Serialize"), "{secret} {derives}");
        assert!(!derives.contains("Debug"), "{secret} {derives}");
    }
}
