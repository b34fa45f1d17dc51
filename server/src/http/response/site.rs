//! The files of the web page, all of one version. They are compiled into the program. A debug build reads them from the
//! disk at each request, so the page can be changed without building the server.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::Hasher;
use std::sync::Arc;

use parking_lot::Mutex;
use rocket::http::ContentType;
use rust_embed::{EmbeddedFile, RustEmbed};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::file::{Caching, StaticFile};
use crate::domain::problem::Problem;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Sources;

/// The stylesheets in the order in which they are joined: the first paint waits for one file.
const STYLES: [&str; 11] =
    ["base", "door", "frame", "sidebar", "lists", "log", "text", "changes", "composer", "dialogs", "touch"];

const STYLE: &str = "style.css";

/// The files that depend on no other: the styles, the script that chooses among them before the first paint, and the
/// one that reloads the page if a module is missing.
const ALONE: [&str; 3] = [STYLE, "early.js", "reload.js"];

/// The folder of modules that are loaded when they are first used.
const LATER: &str = "later/";

/// The page's files, ready to be sent.
pub(crate) struct Site {
    /// The sources that it was made from, by their names and digests.
    made_from: Vec<(Name, [u8; 32])>,
    hash: String,
    index: StaticFile,
    files: BTreeMap<String, StaticFile>,
}

type Name = Cow<'static, str>;

fn digests(sources: &BTreeMap<Name, EmbeddedFile>) -> Vec<(Name, [u8; 32])> {
    sources.iter().map(|(name, source)| (name.clone(), source.metadata.sha256_hash())).collect()
}

impl Site {
    /// Returns the current files. They are made once, and in a debug build again whenever a source has changed.
    pub(crate) fn current() -> Result<Arc<Self>, Problem> {
        static MADE: Mutex<Option<Arc<Site>>> = Mutex::new(None);
        if !cfg!(debug_assertions)
            && let Some(site) = &*MADE.lock()
        {
            return Ok(Arc::clone(site));
        }
        let sources: BTreeMap<_, _> =
            Sources::iter().filter_map(|name| Some((name.clone(), Sources::get(&name)?))).collect();
        let mut made = MADE.lock();
        match &*made {
            Some(site) if site.made_from == digests(&sources) => Ok(Arc::clone(site)),
            _ => {
                let site = Self::new(&sources).ok_or_else(Problem::internal)?;
                Ok(Arc::clone(made.insert(Arc::new(site))))
            }
        }
    }

    /// The page itself.
    pub(crate) fn index(&self) -> StaticFile {
        self.index.clone()
    }

    /// Makes the files. Returns `None` if there is no `index.html`, or it is not UTF-8.
    fn new(sources: &BTreeMap<Name, EmbeddedFile>) -> Option<Self> {
        let contents = contents(sources);
        let hash = hash(&contents);
        let index = str::from_utf8(&sources.get("index.html")?.data).ok()?;
        let index = without_comments(&fill_in(index, &hash, contents.keys()));
        let files = contents
            .iter()
            .map(|(name, content)| ((*name).to_owned(), StaticFile::new(kind(name), content.as_bytes())));
        Some(Self {
            made_from: digests(sources),
            index: StaticFile::new(ContentType::HTML, index.as_bytes()),
            files: files.collect(),
            hash,
        })
    }

    /// Finds a file by its version and its path. Only names of existing files are looked up.
    ///
    /// Another hash comes from a page that was loaded before an update, or from another node during a rolling update.
    /// This node has no module of that version, and answering its own would mix the two: exports could be missing, or
    /// work differently. So modules are refused, and the page runs all modules of one version, or none. Then
    /// `reload.js` reloads the page until all of them have arrived. The browser caches each, so this does not take
    /// long.
    ///
    /// For a file that is [`ALONE`], a different version is better than none.
    pub(crate) fn find(&self, hash: &str, name: &str) -> Option<StaticFile> {
        let file = self.files.get(name)?;
        if hash == self.hash {
            Some(file.clone().cached(Caching::Forever))
        } else if ALONE.contains(&name) {
            Some(file.clone().cached(Caching::Never))
        } else {
            None
        }
    }
}

/// The files below `page/<hash>/`: all modules under their own names, and the stylesheets as one.
fn contents(sources: &BTreeMap<Name, EmbeddedFile>) -> BTreeMap<&str, String> {
    let modules = sources.iter().filter_map(|(name, source)| {
        let name = name.strip_prefix("page/")?;
        Some((name, without_comments(&String::from_utf8_lossy(&source.data))))
    });
    let styles = STYLES.iter().filter_map(|name| sources.get(&*format!("style/{name}.css")));
    let style = styles.map(|source| without_comments(&String::from_utf8_lossy(&source.data))).collect();
    modules.chain([(STYLE, style)]).collect()
}

/// Empties the lines that hold nothing but a comment: a quarter of what a first visit would load. All other lines keep
/// their numbers.
fn without_comments(source: &str) -> String {
    const COMMENTS: [(&str, &str); 3] = [("//", ""), ("/*", "*/"), ("<!--", "-->")];
    let mut code = String::with_capacity(source.len());
    let mut inside = None;
    for line in source.split_inclusive('\n') {
        let text = line.trim();
        let begun = COMMENTS.iter().find(|(begin, _)| text.starts_with(begin)).map(|(_, end)| *end);
        let comment = inside.or(begun);
        code.push_str(if comment.is_some() { "\n" } else { line });
        inside = comment.filter(|end| !text.ends_with(end));
    }
    code
}

/// Names the version that these files are: the same on each node that has the same files.
fn hash(contents: &BTreeMap<&str, String>) -> String {
    let mut hasher = SipHasher13::new();
    for (name, content) in contents {
        for part in [name.as_bytes(), content.as_bytes()] {
            hasher.write(part);
            // So that nothing can move from one part into the next.
            hasher.write(&(part.len() as u64).to_le_bytes());
        }
    }
    format!("{:032x}", hasher.finish128().as_u128())
}

/// Fills in the version, and repeats the line of MODULE for all modules that `index.html` does not name and that are
/// not loaded [`LATER`]. The page then fetches them at once, rather than each after the one that imports it. Addresses
/// stay relative, so the page may be served below any path.
fn fill_in<'a>(index: &str, hash: &str, names: impl Iterator<Item = &'a &'a str> + Clone) -> String {
    let is_named = |name: &str| index.contains(&format!("page/HASH/{name}\""));
    let modules = names.filter(|name| name.ends_with(".js") && !name.starts_with(LATER) && !is_named(name));
    let mut filled = String::new();
    for line in index.split_inclusive('\n') {
        if line.contains("page/HASH/MODULE") {
            filled.extend(modules.clone().map(|module| line.replace("MODULE", module)));
        } else {
            filled.push_str(line);
        }
    }
    filled.replace("page/HASH/", &format!("page/{hash}/"))
}

fn kind(name: &str) -> ContentType {
    match name.rsplit_once('.') {
        // Rocket's own constant has no charset, and writes none that is added to it.
        Some((_, "js")) => ContentType::new("text", "javascript").with_params(("charset", "utf-8")),
        Some((_, "css")) => ContentType::CSS,
        _ => ContentType::Binary,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{STYLES, Sources, fill_in, hash, without_comments};

    #[test]
    fn every_stylesheet_is_joined() {
        let names: BTreeSet<_> =
            Sources::iter().filter_map(|name| Some(name.strip_prefix("style/")?.to_owned())).collect();
        assert_eq!(names, STYLES.map(|name| format!("{name}.css")).into());
    }

    #[test]
    fn the_hash_is_of_contents_and_of_names() {
        let of = |files: &[(&'static str, &'static str)]| {
            hash(&files.iter().map(|(name, content)| (*name, (*content).to_owned())).collect())
        };
        let one = of(&[("a.js", "1"), ("b.js", "2")]);
        assert_eq!(one, of(&[("b.js", "2"), ("a.js", "1")]));
        for other in [[("a.js", "1"), ("b.js", "3")], [("a.js", "1"), ("c.js", "2")], [("a.js", "1b.js"), ("", "2")]] {
            assert_ne!(one, of(&other), "{other:?}");
        }
    }

    #[test]
    fn the_version_is_filled_in_and_each_module_named_once() {
        let index = "<a \"page/HASH/style.css\">\n<b \"page/HASH/main.js\">\n<c \"page/HASH/MODULE\">\n</html>";
        let filled = fill_in(index, "1f", ["later/qr.js", "log/rows.js", "main.js", "reload.js", "style.css"].iter());
        let [a, b] = ["<a \"page/1f/style.css\">", "<b \"page/1f/main.js\">"];
        let c = ["<c \"page/1f/log/rows.js\">", "<c \"page/1f/reload.js\">"].join("\n");
        assert_eq!(filled, [a, b, &c, "</html>"].join("\n"));
    }

    #[test]
    fn lines_that_are_comments_are_emptied_and_all_others_stay() {
        let source =
            "/** One\n * two. */\n// three\ncode(); // four\n  } catch { /* five */ }\n<!--\n six -->\n'// 7'\n";
        assert_eq!(without_comments(source), "\n\n\ncode(); // four\n  } catch { /* five */ }\n\n\n'// 7'\n");
    }

    #[test]
    fn comments_in_the_sources_can_be_told_by_their_lines() {
        for name in Sources::iter().filter(|name| name.starts_with("page/") || name.starts_with("style/")) {
            let source = Sources::get(&name).unwrap();
            for line in str::from_utf8(&source.data).unwrap().lines() {
                let text = line.trim();
                // Code after a comment would be lost, and so would lines of a text that look like comments.
                assert!(
                    !text.starts_with("/*") || text.find("*/").is_none_or(|at| at + 2 == text.len()),
                    "{name}: {line}"
                );
                assert!(line.matches('`').count() % 2 == 0, "{name}: {line}");
            }
        }
    }
}
