//! The house's own rules, read from its sources: which folder may name what. ARCHITECTURE.md lists them.
//!
//! A rule that looks for words which no longer exist holds nothing, so each first proves that its words occur
//! somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Returns every source file below a folder of the repository, or that one file, with its code: no comments.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths: Vec<PathBuf> = vec![root.join(folder)];
    let mut sources = Vec::new();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            sources.push((path.strip_prefix(&root).unwrap().display().to_string(), code.join("\n")));
        }
    }
    assert!(!sources.is_empty(), "{folder}");
    sources
}

/// Returns the files below `folder` in which `word` occurs.
fn naming(folder: &str, word: &str) -> Vec<String> {
    let found = sources(folder).into_iter().filter(|(_, code)| code.contains(word));
    found.map(|(name, _)| name).collect()
}

fn is_below(file: &str, rooms: &[&str]) -> bool {
    rooms.iter().any(|room| file.starts_with(room))
}

/// Asserts that below `folder` each of the words occurs in every one of `rooms`, and nowhere else.
fn only_in(rooms: &[&str], folder: &str, words: &[&str]) {
    for word in words {
        let files = naming(folder, word);
        for room in rooms {
            assert!(files.iter().any(|file| is_below(file, &[room])), "{room} no longer names {word}: mend this rule");
        }
        let others: Vec<_> = files.iter().filter(|file| !is_below(file, rooms)).collect();
        assert!(others.is_empty(), "{word} is for {rooms:?} alone, and is named in {others:?}");
    }
}

/// Asserts that none of the words occurs below `room`, while each occurs elsewhere below `folder`.
fn never_in(room: &str, folder: &str, words: &[&str]) {
    for word in words {
        let (inside, outside): (Vec<_>, Vec<_>) =
            naming(folder, word).into_iter().partition(|file| is_below(file, &[room]));
        assert!(!outside.is_empty(), "nothing below {folder} names {word} any longer: mend this rule");
        assert!(inside.is_empty(), "{room} must not name {word}, and {inside:?} do");
    }
}

/// The folders of `server/src` from the top of the stair to its foot: each may name those that come after it.
const STAIR: [&str; 12] = [
    "launch", "commands", "http", "app", "accounts", "journal", "sessions", "hub", "metrics", "config", "store",
    "domain",
];

/// The folders of `server/src/http`, likewise.
const HTTP_STAIR: [&str; 5] = ["routes", "description", "fairings", "response", "request"];

/// Returns which folders below `root` name which others, by paths that begin with `prefix`.
fn imports(root: &str, prefix: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folders: BTreeSet<String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(root))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> =
        folders.iter().map(|folder| (folder.clone(), BTreeSet::new())).collect();
    for (file, code) in sources(root) {
        let relative = file.strip_prefix(root).unwrap().trim_start_matches('/');
        let Some((from, _)) = relative.split_once('/') else { continue };
        assert!(!code.contains("super::super::"), "{file}: write crate::… instead, which this rule sees");
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            assert!(!rest.starts_with('{'), "{file}: name each folder in a line of its own, so that this rule sees it");
            let word = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            if folders.contains(word) && word != from {
                imports.get_mut(from).unwrap().insert(word.to_owned());
            }
        }
    }
    imports
}

fn assert_stair(imports: &BTreeMap<String, BTreeSet<String>>, stair: &[&str]) {
    let known: BTreeSet<_> = stair.iter().map(|folder| (*folder).to_owned()).collect();
    assert_eq!(
        imports.keys().cloned().collect::<BTreeSet<_>>(),
        known,
        "every folder has its step, and every step a folder"
    );
    assert!(imports.values().flatten().count() > stair.len(), "hardly any imports were found: {imports:?}");
    let step = |folder: &str| stair.iter().position(|step| *step == folder).unwrap();
    for (from, named) in imports {
        for to in named {
            assert!(step(from) < step(to), "{from} names {to}, which stands above it");
        }
    }
}

#[test]
fn imports_go_down_the_stair() {
    assert_stair(&imports("server/src", "crate::"), &STAIR);
    assert_stair(&imports("server/src/http", "crate::http::"), &HTTP_STAIR);
}

#[test]
fn no_two_folders_name_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src");
    let imports = imports("server/src", "crate::");
    for (from, named) in &imports {
        assert!(root.join(from).is_dir());
        for to in named {
            assert!(!imports[to].contains(from), "{from} and {to} name each other");
        }
    }
}

#[test]
fn the_top_of_each_crate_fits_on_a_screen() {
    for top in ["server/src", "client/src"] {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(top)).unwrap().count();
        assert!(entries <= 15, "{top} has {entries} entries");
    }
}

/// rustfmt wraps code, but no comments.
#[test]
fn no_source_is_longer_than_350_lines_and_no_comment_wider_than_120() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in ["api", "server", "client", "bench", "rig", "torture"] {
        for (name, _) in sources(folder) {
            let text = fs::read_to_string(root.join(&name)).unwrap();
            assert!(text.lines().count() <= 350, "{name} has {} lines", text.lines().count());
            let mut comments = text.lines().filter(|line| line.trim_start().starts_with("//"));
            let wide = comments.find(|line| line.chars().count() > 120 && !line.contains("://"));
            assert_eq!(wide, None, "{name}");
        }
    }
}

/// They panic if the output takes nothing.
#[test]
fn the_server_prints_without_println() {
    assert!(!naming("bench/src", "println!").is_empty(), "this is how it would be named");
    let files: Vec<_> = naming("server/src", "println!");
    assert!(files.iter().all(|file| file.contains("/tests/")), "{files:?}");
}

#[test]
fn the_wire_types_name_nothing_of_ours() {
    assert!(!naming("server/src", "linger_api::").is_empty(), "this is how a crate of ours is named");
    assert!(naming("api/src", "linger_").is_empty());
    for word in ["rocket::", "sqlx::"] {
        assert!(!naming("server/src", word).is_empty());
        assert!(naming("api/src", word).is_empty(), "{word}");
    }
    let manifest = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../api/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]").unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap().trim();
    // Programs that do not describe the wire, such as the client, go without utoipa.
    assert_eq!(dependencies, "serde.workspace = true\nutoipa = { workspace = true, optional = true }");
}

#[test]
fn the_client_does_not_name_the_server() {
    assert!(!naming("server/src/main.rs", "linger_server::").is_empty());
    assert!(naming("client/src", "linger_server").is_empty());
}

#[test]
fn rocket_is_named_where_http_is_spoken() {
    let rooms = ["server/src/http", "server/src/launch", "server/src/config"];
    only_in(&rooms, "server/src", &["rocket::"]);
    // Its pool is a trait that the store implements and launch calls.
    only_in(&["server/src/store", "server/src/launch"], "server/src", &["rocket_db_pools::"]);
}

#[test]
fn the_domain_names_nothing_of_ours() {
    for (name, code) in sources("server/src/domain") {
        for (at, _) in code.match_indices("crate::") {
            let path = &code[at..].lines().next().unwrap();
            assert!(path.starts_with("crate::domain"), "{name} names {path}");
        }
        assert!(!code.contains("linger_api"), "{name}");
    }
    never_in("server/src/domain", "server/src", &["rocket::", "sqlx::", "crate::store", "crate::hub", "crate::http"]);
}

/// They name their own errors; `app/problems.rs` says what a client is told.
#[test]
fn nothing_below_accounts_names_problems_or_statuses() {
    for room in ["journal", "sessions", "hub", "store"] {
        never_in(&format!("server/src/{room}"), "server/src", &["problem::Problem", "Status::"]);
    }
}

#[test]
fn only_the_store_knows_sql() {
    only_in(&["server/src/store"], "server/src", &["sqlx::", "\"select ", "\"delete "]);
    for (name, code) in sources("server/src") {
        let words = ["\"insert ", "\"update ", "\"pragma "];
        assert!(name.starts_with("server/src/store") || !words.iter().any(|word| code.contains(word)), "{name}");
    }
}

#[test]
fn only_metrics_names_prometheus() {
    only_in(&["server/src/metrics"], "server/src", &["prometheus_client"]);
    never_in("server/src/metrics", "server/src", &["rocket::", "crate::hub", "crate::journal", "crate::store"]);
}

#[test]
fn only_refusals_make_error_bodies_and_pick_error_statuses() {
    only_in(&["server/src/http/response/refusal.rs"], "server/src", &["problem+json", "linger_api::Problem {"]);
    only_in(
        &["server/src/http/request/trace.rs", "server/src/http/response/refusal.rs"],
        "server/src",
        &["Status::new("],
    );
    // One route leads from a type to its description.
    only_in(
        &["server/src/domain/problem.rs", "server/src/http/routes/description.rs"],
        "server/src",
        &["\"/problems/"],
    );
    // Statuses that routes do pick show that this is how one is written.
    let errors = [
        "BadRequest",
        "Unauthorized",
        "Forbidden",
        "NotFound",
        "Conflict",
        "Gone",
        "Unprocessable",
        "TooManyRequests",
        "InternalServerError",
        "ServiceUnavailable",
    ];
    assert!(!naming("server/src/http", "Status::NoContent").is_empty());
    for error in errors {
        assert!(naming("server/src", &format!("Status::{error}")).is_empty(), "{error}");
    }
}

#[test]
fn routes_do_not_name_each_other() {
    only_in(&["server/src/launch"], "server/src", &["routes::all()"]);
    assert!(!naming("server/src/http/response", "use super::").is_empty());
    for words in ["crate::http::routes", "use super::"] {
        assert!(naming("server/src/http/routes", words).is_empty(), "{words}");
    }
}

#[test]
fn only_the_journal_changes_the_database_and_memory() {
    only_in(&["server/src/journal/writer.rs", "server/src/store/tests"], "server/src", &[".begin()"]);
    only_in(&["server/src/store/transaction.rs"], "server/src", &["\"begin"]);
    let changes = [
        "hub.show(",
        "hub.wake(",
        "hub.add_inbox(",
        "hub.join(",
        "hub.leave(",
        "hub.refresh(",
        "hub.set_role(",
        "hub.put_room(",
        "hub.learn(",
        "hub.read_own(",
        "hub.take_unsaved(",
        "hub.put_back(",
        "hub.forget_idle(",
        "sessions.add(",
        "sessions.renew(",
        "sessions.remove(",
        "sessions.forget_idle(",
    ];
    only_in(&["server/src/journal"], "server/src", &changes);
}

#[test]
fn secrets_cannot_be_serialised() {
    for (folder, secret) in [
        ("api/src", "pub struct Connect {"),
        ("server/src/store", "pub(crate) struct Account {"),
        ("server/src/accounts", "pub(crate) struct Password {"),
        ("api/src", "pub struct SetPassword {"),
        ("api/src", "pub struct AddUser {"),
        ("api/src", "pub struct LeaveChat {"),
        ("server/src/accounts", "pub(crate) struct Code("),
        ("server/src/accounts", "pub(crate) struct Tokens {"),
        ("server/src/journal", "pub(crate) struct NewPassword {"),
        ("server/src/config", "pub(crate) struct MetricsToken("),
        ("client/src", "struct Token {"),
        ("client/src", "struct Credential {"),
        ("client/src", "pub(crate) struct Code {"),
        ("client/src", "enum Identity {"),
    ] {
        let files = sources(folder);
        let (_, code) = files.iter().find(|(_, code)| code.contains(secret)).expect(secret);
        let lines: Vec<_> = code.lines().collect();
        let at = lines.iter().position(|line| line.contains(secret)).unwrap();
        let derives = lines[..at].iter().rev().take_while(|line| line.starts_with("#[")).copied().collect::<String>();
        assert!(!derives.contains("Serialize"), "{secret} {derives}");
        assert!(!derives.contains("Debug"), "{secret} {derives}");
    }
}
