//! The layout of `client/src`, read from its sources: which folder may import which. Each rule first proves that the
//! words it looks for occur somewhere, so that a rename cannot silence it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folders and files of `client/src`. Each imports only what comes later; those of one row do not know each other.
const ORDER: [&[&str]; 11] = [
    &["main.rs"],
    &["session", "script"],
    &["sign_in"],
    &["config"],
    &["cli"],
    &["terminal"],
    &["commands"],
    &["http"],
    &["display"],
    &["files.rs"],
    &["domain"],
];

/// The longest that a file may be, in lines.
const MAX_LINES: usize = 350;

/// One source file.
struct Source {
    /// Its path below `client/src`.
    name: String,
    /// Its module, such as `["session", "view"]`.
    module: Vec<String>,
    /// Its code without comments and tests.
    code: String,
    lines: usize,
}

impl Source {
    /// Returns the folder or file at the top of `client/src` that it belongs to.
    fn top(&self) -> &str {
        self.name.split('/').next().unwrap()
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let module = name.trim_end_matches(".rs").split('/').filter(|part| !["mod", "main"].contains(part));
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            let module = module.map(str::to_owned).collect();
            sources.push(Source { name, module, code, lines: text.lines().count() });
        }
    }
    assert!(sources.len() > 40, "{} files", sources.len());
    sources
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns what follows each place where the word stands by itself.
fn after<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(word).filter_map(move |(at, _)| {
        let (before, rest) = (&code[..at], &code[at + word.len()..]);
        (!before.ends_with(is_word) && !before.ends_with("::") && !rest.starts_with(is_word)).then_some(rest)
    })
}

/// Reads a path or a tree of paths, such as `a::{b, c::d}`, into its paths. Returns the text behind it.
fn read_tree<'a>(text: &'a str, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            match rest.strip_prefix('}') {
                Some(rest) => return rest,
                None => rest = read_tree(rest, &mut path.clone(), paths).trim_start().trim_start_matches(','),
            }
        }
    }
    let (word, rest) = text.split_at(text.find(|c| !is_word(c)).unwrap_or(text.len()));
    path.push(word.to_owned());
    match rest.strip_prefix("::") {
        Some(rest) if rest.starts_with(|c| is_word(c) || c == '{') => read_tree(rest, path, paths),
        _ => {
            paths.push(path.clone());
            rest.trim_start_matches(['*', ':'])
        }
    }
}

/// Returns the absolute paths that a file names by `crate::`, `super::` and `self::`.
fn paths(source: &Source) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let parent = &source.module[..source.module.len().saturating_sub(1)];
    for (word, begin) in [("crate::", &[][..]), ("super::", parent), ("self::", &source.module)] {
        for rest in source.code.match_indices(word).map(|(at, _)| &source.code[at + word.len()..]) {
            read_tree(rest, &mut begin.to_vec(), &mut paths);
        }
    }
    paths
}

/// Returns which top-level folder or file names which others.
fn arrows_between_folders() -> BTreeMap<String, BTreeSet<String>> {
    let sources = sources();
    let tops: BTreeSet<_> = sources.iter().map(Source::top).collect();
    let top_of = |word: &str| tops.iter().copied().find(|top| top.trim_end_matches(".rs") == word);
    let mut arrows = BTreeMap::<_, BTreeSet<_>>::new();
    for source in &sources {
        let named = paths(source).into_iter().map(|path| path[0].clone());
        // The root of the crate names its modules without `crate::`.
        let direct = tops.iter().map(|top| top.trim_end_matches(".rs").to_owned());
        let direct = direct
            .filter(|top| source.name == "main.rs" && after(&source.code, top).any(|rest| rest.starts_with("::")));
        for to in named.chain(direct).filter_map(|word| top_of(&word)).filter(|to| *to != source.top()) {
            arrows.entry(source.top().to_owned()).or_default().insert(to.to_owned());
        }
    }
    arrows
}

/// Returns which file imports which. An item that a `mod.rs` re-exports counts as its own file's.
fn arrows_between_files() -> BTreeMap<String, BTreeSet<String>> {
    let sources = sources();
    let file_of: BTreeMap<_, _> = sources.iter().map(|source| (source.module.clone(), source.name.clone())).collect();
    let mut exported = BTreeMap::new();
    let mut rest_of = BTreeMap::new();
    for source in &sources {
        let mut rest = String::new();
        for statement in source.code.split_inclusive(';') {
            match statement.trim().strip_prefix("pub(crate) use ") {
                Some(tree) => {
                    let tree = tree.strip_prefix("self::").unwrap_or(tree);
                    let mut paths = Vec::new();
                    read_tree(tree, &mut source.module.clone(), &mut paths);
                    for path in paths {
                        let mut name = source.module.clone();
                        name.extend(path.last().cloned());
                        exported.insert(name, path);
                    }
                }
                None => rest.push_str(statement),
            }
        }
        rest_of.insert(source.name.clone(), rest);
    }
    let target = |path: &[String]| {
        let path = exported.get(path).map_or(path, Vec::as_slice);
        (0..=path.len()).rev().find_map(|length| file_of.get(&path[..length])).cloned()
    };
    let mut arrows = BTreeMap::<_, BTreeSet<_>>::new();
    for source in &sources {
        let code = &rest_of[&source.name];
        let stripped = Source { code: code.clone(), module: source.module.clone(), name: String::new(), lines: 0 };
        let mut named = paths(&stripped);
        // A `mod.rs` names its files, and what it re-exports, without a prefix.
        let is_child = |path: &[String]| path.len() == source.module.len() + 1 && path.starts_with(&source.module);
        let children = file_of.keys().filter(|path| is_child(path));
        named.extend(
            children.filter(|path| after(code, &path[path.len() - 1]).any(|rest| rest.starts_with("::"))).cloned(),
        );
        let own = exported.keys().filter(|path| is_child(path));
        named.extend(own.filter(|path| after(code, &path[path.len() - 1]).next().is_some()).cloned());
        let to = named.iter().filter_map(|path| target(path)).filter(|to| *to != source.name);
        arrows.entry(source.name.clone()).or_default().extend(to);
    }
    arrows
}

/// Returns the files that import each other in a circle, directly or through others, and those that import them.
fn in_circles(mut arrows: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    loop {
        let ends: Vec<_> = arrows.iter().filter(|(_, to)| to.is_empty()).map(|(from, _)| from.clone()).collect();
        if ends.is_empty() {
            return arrows.into_keys().collect();
        }
        arrows.retain(|from, _| !ends.contains(from));
        for to in arrows.values_mut() {
            to.retain(|to| !ends.contains(to));
        }
    }
}

/// Returns the files that contain the word, below the given folder or file or outside of it.
fn naming<'a>(sources: &'a [Source], word: &str, room: &str, is_inside: bool) -> Vec<&'a str> {
    let found = sources.iter().filter(|source| source.code.contains(word) && (source.top() == room) == is_inside);
    found.map(|source| source.name.as_str()).collect()
}

#[test]
fn the_top_of_the_client_is_what_the_order_lists() {
    let sources = sources();
    let tops: BTreeSet<_> = sources.iter().map(Source::top).collect();
    assert_eq!(tops, ORDER.concat().into_iter().collect());
    assert!(tops.len() <= 15, "{tops:?}");
}

#[test]
fn folders_import_only_what_comes_later_in_the_order() {
    let arrows = arrows_between_folders();
    let rank = |name: &str| ORDER.iter().position(|row| row.contains(&name)).unwrap();
    for top in ORDER.concat().into_iter().filter(|top| !["domain", "commands"].contains(top)) {
        assert!(arrows.get(top).is_some_and(|to| !to.is_empty()), "{top} imports nothing: is it read?");
    }
    for (from, to) in &arrows {
        let upwards: Vec<_> = to.iter().filter(|to| rank(to) <= rank(from)).collect();
        assert!(upwards.is_empty(), "{from} imports {upwards:?}");
    }
}

#[test]
fn no_two_folders_import_each_other() {
    let arrows = arrows_between_folders();
    assert!(arrows["session"].contains("http") && arrows["script"].contains("sign_in"), "{arrows:?}");
    for (from, to) in &arrows {
        let back: Vec<_> = to.iter().filter(|to| arrows.get(*to).is_some_and(|to| to.contains(from))).collect();
        assert!(back.is_empty(), "{from} and {back:?} import each other");
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let arrows = arrows_between_files();
    for (from, to) in [
        ("main.rs", "session/mod.rs"),
        ("session/keyboard.rs", "session/interpreter.rs"),
        ("session/view.rs", "display/transcript.rs"),
        ("http/mod.rs", "http/token.rs"),
        ("http/lists.rs", "http/mod.rs"),
        ("script/mod.rs", "script/send.rs"),
    ] {
        assert!(arrows[from].contains(to), "{from} → {to} is not found: {:?}", arrows[from]);
    }
    assert_eq!(in_circles(arrows), Vec::<String>::new());
}

#[test]
fn scripts_and_sessions_do_not_name_each_other() {
    let arrows = arrows_between_folders();
    assert!(arrows["main.rs"].contains("session") && arrows["main.rs"].contains("script"), "{arrows:?}");
    assert!(!arrows["script"].contains("session") && !arrows["session"].contains("script"), "{arrows:?}");
}

#[test]
fn domain_names_nothing_else_of_the_client() {
    let sources = sources();
    let domain: Vec<_> = sources.iter().filter(|source| source.top() == "domain").collect();
    assert!(domain.iter().any(|source| source.code.contains("super::")), "the sources of domain are read");
    for source in domain {
        let outside: Vec<_> = paths(source).into_iter().filter(|path| path[0] != "domain").collect();
        assert!(outside.is_empty(), "{} names {outside:?}", source.name);
    }
}

#[test]
fn each_library_has_one_room() {
    let sources = sources();
    for (word, room) in [
        ("ureq", "http"),
        ("rustls", "http"),
        (".reveal()", "http"),
        ("rustyline", "terminal"),
        ("rpassword", "terminal"),
        ("rustix::termios", "terminal"),
        ("signal_hook", "terminal"),
        ("figment", "config"),
        ("shell_words", "config"),
        ("etcetera", "files.rs"),
        ("strsim", "commands"),
        ("unicode_width", "display"),
        ("anstyle", "display"),
        ("clap_complete", "script"),
    ] {
        assert_ne!(naming(&sources, word, room, true), [""; 0], "{word} occurs in {room}");
        assert_eq!(naming(&sources, word, room, false), [""; 0], "{word} occurs outside of {room}");
    }
}

#[test]
fn the_client_does_not_name_the_server() {
    let sources = sources();
    assert_ne!(naming(&sources, "linger_api", "http", true), [""; 0], "the wire types are named");
    assert_eq!(naming(&sources, "linger_server", "", false), [""; 0]);
}

#[test]
fn no_file_is_too_long() {
    let long = sources().into_iter().filter(|source| source.lines > MAX_LINES);
    assert_eq!(long.map(|source| (source.name, source.lines)).collect::<Vec<_>>(), []);
}

/// A problem that the client does not know counts as an answer of something in between.
#[test]
fn the_client_knows_every_problem_of_the_server() {
    let of_server = include_str!("../../../server/src/domain/problem.rs");
    let of_client = include_str!("../../src/domain/failure.rs");
    let kinds: Vec<_> = of_server.split('"').filter(|text| text.starts_with("/problems/") && text.len() > 10).collect();
    assert!(kinds.contains(&"/problems/unauthorized"), "{kinds:?}");
    for kind in kinds {
        assert!(of_client.contains(&format!("\"{kind}\"")), "{kind}");
    }
}
