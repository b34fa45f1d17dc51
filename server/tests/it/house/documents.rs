//! The documents, compared with the server.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::value::Value;
use figment::{Figment, Provider};
use linger_server::config::{Overrides, built_in, figment};

use crate::harness::LocalServer;

/// Returns the text of a document.
pub(super) fn document(name: &str) -> String {
    fs::read_to_string(format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Every document, with its name.
pub(super) fn documents() -> Vec<(String, String)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let names = |folder: &str| -> Vec<String> {
        let files = fs::read_dir(format!("{root}/{folder}")).unwrap().map(|entry| entry.unwrap().file_name());
        files.map(|file| format!("{folder}{}", file.to_str().unwrap())).filter(|name| name.ends_with(".md")).collect()
    };
    let names: Vec<_> = [names(""), names("docs/")].concat();
    assert!(names.len() > 6, "{names:?}");
    names.into_iter().map(|name| (name.clone(), document(&name))).collect()
}

/// Every piece of code within a line of text.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with("```")).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The description lists all calls (`contract/description`); documents name only some.
#[tokio::test]
async fn every_call_the_documents_name_is_a_route() {
    let routes = LocalServer::start().await.routes;
    let mut named = 0;
    for (name, text) in documents().into_iter().filter(|(name, _)| name != "CHANGELOG.md") {
        for call in code(&text) {
            let Some((method @ ("GET" | "POST"), path)) = call.split_once(' ') else { continue };
            // "`POST …/read`" stands for the call of a room and that of a direct conversation.
            let path = path.split('?').next().unwrap().replace('{', "<").replace('}', ">");
            let is_route = |route: &String| match path.strip_prefix('…') {
                Some(end) => route.starts_with(method) && route.ends_with(end),
                None => *route == format!("{method} {path}"),
            };
            assert!(routes.iter().any(is_route), "{name} names {call}");
            named += 1;
        }
    }
    assert!(named > 10, "{named} calls are named");
}

#[test]
fn every_variable_the_documents_name_is_a_setting() {
    let settings = figment(&Overrides::default());
    let mut named = 0;
    for (name, text) in documents() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for variable in words.filter_map(|word| word.strip_prefix("ROCKET_")) {
            let path = variable.to_lowercase().replace("__", ".");
            let is_rockets = ["config", "profile"].contains(&path.as_str());
            assert!(is_rockets || settings.find_value(&path).is_ok(), "{name} names ROCKET_{variable}");
            named += 1;
        }
    }
    assert!(named > 1, "{named} variables are named");
}

#[test]
fn every_link_in_the_documents_leads_somewhere() {
    let mut links = 0;
    for (name, text) in documents() {
        let folder = name.rfind('/').map_or("", |end| &name[..=end]);
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("http") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = if path.is_empty() { name.clone() } else { format!("{folder}{path}") };
            let file = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
            let target = fs::read_to_string(file).unwrap_or_else(|error| panic!("{name} leads to {link}: {error}"));
            let mut headings = target.lines().filter(|line| line.starts_with('#')).map(anchor_of);
            assert!(anchor.is_empty() || headings.any(|heading| heading == anchor), "{name} leads to {link}");
            links += 1;
        }
    }
    assert!(links > 30, "{links} links");
}

/// Paths that exist only after a build or a run.
const MADE: [&str; 2] = ["var/", "browser/screenshots/"];

#[test]
fn every_path_the_documents_name_exists() {
    // Documents for readers of the sources shorten paths to what is below one of these.
    let roots = ["", "server/src/", "server/tests/it/", "client/src/"];
    let mut named = 0;
    for name in
        ["ARCHITECTURE.md", "docs/development.md", "docs/decisions.md", "docs/performance.md", "docs/operations.md"]
    {
        let text = document(name);
        let is_path = |word: &&str| {
            let is_plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
            let kinds = [".rs", ".js", ".md", ".sql", ".toml", ".html", ".yml", "/"];
            is_plain && word.find('/').is_some_and(|at| at > 0) && kinds.iter().any(|kind| word.ends_with(kind))
        };
        for path in code(&text).filter(is_path).filter(|path| !MADE.contains(path) && !path.contains("NNNN")) {
            let exists = |root: &str| fs::exists(format!("{}/../{root}{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
            assert!(roots.into_iter().any(exists), "{name} names {path}");
            named += 1;
        }
    }
    assert!(named > 100, "{named} paths are named");
}

/// The text of every Rust source below a folder.
fn sources(folder: &Path) -> String {
    let read = |path: PathBuf| match path.extension() {
        _ if path.is_dir() => sources(&path),
        Some(extension) if extension == "rs" => fs::read_to_string(&path).unwrap(),
        _ => String::new(),
    };
    fs::read_dir(folder).unwrap().map(|entry| read(entry.unwrap().path())).collect()
}

#[test]
fn every_test_that_the_development_guide_names_exists() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR"));
    let code = sources(&server.join("src")) + &sources(&server.join("tests"));
    let guide = document("docs/development.md");
    let mut named = 0;
    // A place names the file of its test or, without a path, the test.
    for place in guide.split("\\[`").skip(1) {
        let (test, _) = place.split_once('`').unwrap();
        if test.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            assert!(code.contains(&format!("fn {test}()")), "there is no test {test}");
            named += 1;
        }
    }
    assert!(named > 4, "{named} tests are named");
}

/// The name by which Markdown's usual renderers link to a heading.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|&c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
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
    let (source, document) = (document("server/src/domain/problem.rs"), document("docs/http.md"));
    let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    assert_eq!(listed(&document), listed(&code));
}

#[test]
fn rocket_toml_says_the_built_in_defaults_but_opens_the_door() {
    let file = Figment::from(Toml::file(concat!(env!("CARGO_MANIFEST_DIR"), "/../Rocket.toml")).nested());
    let built_in = built_in();
    let mut settings = 0;
    let open = BTreeMap::from([("chat.registration", ("open", "invite")), ("chat.guests", ("on", "off"))]);
    for (path, value) in leaves("", &Value::from(file.data().unwrap()[&figment::Profile::Default].clone())) {
        let default: Value = built_in.find_value(&path).unwrap_or_else(|_| panic!("{path} is not a setting"));
        match open.get(path.as_str()) {
            Some((open, built_in)) => {
                assert_eq!((text(&value), text(&default)), (open.to_string(), built_in.to_string()))
            }
            None => assert_eq!(text(&default), text(&value), "{path}"),
        }
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

/// The value as text. figment has many types of numbers, and 4 is the same in each.
fn text(value: &Value) -> String {
    let signed = value.to_i128().map(|number| number.to_string());
    let number = signed.or_else(|| value.to_u128().map(|number| number.to_string()));
    number.or_else(|| value.as_str().map(str::to_owned)).unwrap_or_else(|| format!("{:?}", value.to_bool()))
}
