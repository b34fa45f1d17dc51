//! The image's build, without Docker: `.dockerignore` and the Dockerfile's COPY lines let through what the build reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Toml};
use globset::{GlobBuilder, GlobMatcher};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().canonicalize().unwrap()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The rules of a `.dockerignore`, each with whether it lets a path through.
struct Ignored(Vec<(GlobMatcher, bool)>);

impl Ignored {
    fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#')).map(str::trim).filter(|line| !line.is_empty());
        let rules = lines.map(|line| {
            let (pattern, lets_through) = line.strip_prefix('!').map_or((line, false), |rest| (rest.trim(), true));
            // As Go's `filepath.Clean`, but for `..`, which would leave the context.
            let parts = pattern.split('/').filter(|part| !matches!(*part, "" | "."));
            let parts: Vec<_> = parts.collect();
            // Docker gives `**` a meaning within a name, too; this would not.
            assert!(parts.iter().all(|part| *part == "**" || !part.contains("**")), "{line}");
            let glob = GlobBuilder::new(&parts.join("/")).literal_separator(true).backslash_escape(true).build();
            (glob.unwrap().compile_matcher(), lets_through)
        });
        Self(rules.collect())
    }

    /// Returns whether the build does not get a file. The last rule that matches it, or a folder above it, decides.
    fn covers(&self, path: &Path) -> bool {
        let matches = |glob: &GlobMatcher| path.ancestors().any(|part| part != Path::new("") && glob.is_match(part));
        self.0.iter().rev().find(|(glob, _)| matches(glob)).is_some_and(|(_, lets_through)| !lets_through)
    }
}

#[test]
fn rules_are_matched_as_docker_does() {
    let cases: [(&str, &[&str], &[&str]); 8] = [
        ("*.md", &["README.md"], &["docs/http.md"]),
        ("**/*.md", &["README.md", "a/b/c.md"], &["README.mdx"]),
        ("/docs/", &["docs", "docs/http.md"], &["a/docs"]),
        ("# target\n\n  target  ", &["target/debug/x"], &["a/target"]),
        (".*\n!.cargo", &[".git/config"], &[".cargo/config.toml", "a/.hidden"]),
        ("a\n!a/b/*.rs\na/b/z.rs", &["a/x.rs", "a/b/z.rs"], &["a/b/y.rs"]),
        ("**/tests", &["tests/x", "a/tests/it/x"], &["a/tests.rs"]),
        ("a?c/[x-z]*", &["abc/y", "abc/zoo/q"], &["abc/a", "ac/x", "a/c/x"]),
    ];
    for (rules, covered, others) in cases {
        let ignored = Ignored::parse(rules);
        covered.iter().for_each(|path| assert!(ignored.covers(Path::new(path)), "{rules:?}, {path}"));
        others.iter().for_each(|path| assert!(!ignored.covers(Path::new(path)), "{rules:?}, {path}"));
    }
}

/// The files of this repository that the compiler read for the server's libraries, relative to the root. It lists them
/// beside what it writes. Checks and tests of a library write no `.rlib`, and read more.
fn compiled() -> BTreeSet<PathBuf> {
    let this_test = std::env::current_exe().unwrap();
    let written = fs::read_dir(this_test.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let lists = written.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.ends_with(".d") && ["linger_server-", "linger_api-"].iter().any(|start| name.starts_with(start))
    });
    let sources = lists.flat_map(|list| {
        let text = fs::read_to_string(list).unwrap();
        // `…/liblinger_api-0123456789abcdef.rlib: api/src/lib.rs …`, with a space within a name escaped.
        let files = text.lines().find_map(|line| line.split_once(".rlib: ")).map_or("", |(_, files)| files);
        let names = files.replace("\\ ", "\0");
        names.split_whitespace().map(|name| root().join(name.replace('\0', " "))).collect::<Vec<_>>()
    });
    // Lists of former builds may name what is gone.
    let existing = sources.filter_map(|path| path.canonicalize().ok());
    existing.filter_map(|path| path.strip_prefix(root()).ok().map(Path::to_path_buf)).collect()
}

/// The files below a folder.
fn below(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let relative = |path: PathBuf| path.strip_prefix(root()).unwrap().to_path_buf();
    entries
        .flat_map(|path| match path.is_dir() {
            true => below(relative(path).to_str().unwrap()),
            false => vec![relative(path)],
        })
        .collect()
}

/// What cargo reads of every package before it compiles one: manifests, and the source that each implies.
fn manifests() -> Vec<PathBuf> {
    let members: Vec<String> =
        Figment::from(Toml::string(&read("Cargo.toml"))).extract_inner("workspace.members").unwrap();
    assert!(members.len() > 3, "{members:?}");
    let files = members.iter().flat_map(|member| {
        ["Cargo.toml", "build.rs", "src/lib.rs", "src/main.rs"].map(|file| Path::new(member).join(file))
    });
    let root_files = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"].map(PathBuf::from);
    root_files.into_iter().chain(files.filter(|file| root().join(file).exists())).collect()
}

#[test]
fn the_image_gets_every_file_that_its_build_reads() {
    let ignored = Ignored::parse(&read(".dockerignore"));
    // A release build embeds the page's files, which a debug build reads from the disk.
    let sources: BTreeSet<_> = compiled().into_iter().chain(below("server/static")).collect();
    for expected in ["server/src/http/description/introduction.md", "migrations/sqlite/0001_chat.sql", "api/src/lib.rs"]
    {
        assert!(sources.contains(&PathBuf::from(expected)), "{expected} is read: {sources:?}");
    }
    let dockerfile = read("Dockerfile");
    let copies =
        dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|copy| !copy.contains("--from"));
    let copied: Vec<_> = copies.filter_map(|copy| copy.split_once(' ')).filter(|(from, _)| *from != ".").collect();
    assert!(copied.iter().all(|(from, to)| from == to), "{copied:?}");
    for file in &sources {
        assert!(!ignored.covers(file), ".dockerignore hides {}", file.display());
        assert!(copied.iter().any(|(folder, _)| file.starts_with(folder)), "no COPY brings {}", file.display());
    }
    for file in manifests() {
        assert!(!ignored.covers(&file), ".dockerignore hides {}", file.display());
    }
}

#[test]
fn the_image_gets_nothing_that_a_checkout_collects() {
    let ignored = Ignored::parse(&read(".dockerignore"));
    for file in [
        "var/signing.key",
        "target/release/lingerd",
        ".git/config",
        ".env",
        "linger.dump",
        "browser/node_modules/x/y.js",
    ] {
        assert!(ignored.covers(Path::new(file)), "{file}");
    }
}
