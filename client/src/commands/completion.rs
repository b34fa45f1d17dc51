//! Completion of the word before the cursor, and hints behind it. Reads the table of commands; knows no keys and no
//! screen.

use super::changing::REACTIONS;
use super::command::first_word;
use super::own;
use super::rooms::ROLES;
use super::table::{Argument, COMMANDS, find};

/// The names that can be completed.
pub(crate) trait Names {
    /// Returns rooms, without `#`: at least those that begin as typed.
    fn rooms(&self, typed: &str) -> Vec<String>;
    /// Returns users, without `@`, the latest speaker first: at least those that begin as typed.
    fn users(&self, typed: &str) -> Vec<String>;
    /// Returns the ids of the user's sessions as they are shown: at least those that begin as typed.
    fn sessions(&self, _typed: &str) -> Vec<String> {
        Vec::new()
    }
    /// Returns the messages of the current conversation, the latest first, or only the user's own.
    fn messages(&self, _is_own: bool) -> Vec<Excerpt> {
        Vec::new()
    }
}

/// A message as far as its number needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) seq: i64,
    pub(crate) from: String,
    pub(crate) text: String,
}

/// The words that the word before the cursor can become.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Completions {
    /// The byte offset where that word begins.
    pub(crate) start: usize,
    /// The candidates, the likeliest first.
    pub(crate) words: Vec<String>,
}

/// Completes the word that ends at byte offset `position`.
pub(crate) fn complete(line: &str, position: usize, names: &dyn Names) -> Completions {
    let before = &line[..position];
    let start = before.rfind(char::is_whitespace).map_or(0, |space| space + width_at(before, space));
    let word = &before[start..];
    let is_first = start == 0;
    if let (true, Some(typed)) = (is_first, word.strip_prefix('/')) {
        return Completions { start, words: commands(typed) };
    }
    let (argument, is_argument) = argument_at(before, start);
    let ending = match () {
        () if is_first => ": ",
        () => " ",
    };
    let numbers = |is_own| {
        let numbers: Vec<_> = names.messages(is_own).iter().map(|message| message.seq.to_string()).collect();
        matching(&numbers, word, "", " ")
    };
    let rooms = |typed: &str| matching(&names.rooms(typed), typed, "#", " ");
    let users = |typed: &str, mark, ending| matching(&names.users(typed), typed, mark, ending);
    let words = match (word.chars().next(), argument) {
        (None, Argument::Other) => Vec::new(),
        (_, Argument::Message) => numbers(false),
        (_, Argument::OwnMessage) => numbers(true),
        (Some('0'..='9'), Argument::Reaction) => numbers(false),
        (_, Argument::Reaction) => reactions(word),
        (_, Argument::Words(known)) => {
            let known: Vec<_> = known.iter().map(|word| (*word).to_owned()).collect();
            matching(&known, word, "", " ")
        }
        (_, Argument::Session) => {
            let ids = names.sessions(word).into_iter().chain([own::OTHERS.to_owned()]);
            matching(&ids.collect::<Vec<_>>(), word, "", " ")
        }
        (_, Argument::Command) => commands(word.trim_start_matches('/')),
        (Some('#'), _) => rooms(&word[1..]),
        (Some('@'), _) => users(&word[1..], "@", " "),
        (_, Argument::Room) => rooms(word),
        (_, Argument::User) => users(word, "", " "),
        (_, Argument::Conversation) => [rooms(word), users(word, "@", " ")].concat(),
        (Some(_), Argument::Other) if is_argument => Vec::new(),
        (Some(_), Argument::Other) => users(word, "", ending),
    };
    Completions { start, words }
}

/// Returns what is missing at the end of a command line: the rest of the name, which a key may insert, and the
/// arguments.
pub(crate) fn hint(line: &str) -> Option<(String, String)> {
    let typed = line.strip_prefix('/').filter(|typed| !typed.starts_with('/'))?;
    if let Some((name, "")) = typed.split_once(' ') {
        return find(name).map(|row| (String::new(), row.arguments.to_owned()));
    }
    if typed.is_empty() || typed.contains(char::is_whitespace) {
        return None;
    }
    // A complete name or short form needs no more letters.
    let (row, rest) = match find(typed) {
        Some(row) => (row, ""),
        None => COMMANDS.iter().find_map(|row| Some((row, row.name.strip_prefix(typed)?)))?,
    };
    let arguments = if row.arguments.is_empty() { String::new() } else { format!(" {}", row.arguments) };
    (!rest.is_empty() || !arguments.is_empty()).then(|| (rest.to_owned(), arguments))
}

/// Returns the message whose number a line begins with, as long as nothing follows the number.
pub(crate) fn message_named(line: &str, names: &dyn Names) -> Option<Excerpt> {
    let (command, rest) = first_word(line.strip_prefix('/')?);
    let is_own = match find(command)?.completes {
        Argument::Message | Argument::Reaction => false,
        Argument::OwnMessage => true,
        _ => return None,
    };
    let seq = rest.strip_suffix(' ').unwrap_or(rest).parse::<i64>().ok()?;
    names.messages(is_own).into_iter().find(|message| message.seq == seq)
}

/// Returns what the word at `start` names, and whether it is an argument.
fn argument_at(before: &str, start: usize) -> (Argument, bool) {
    let mut earlier = before[..start].split_whitespace();
    let row = earlier.next().and_then(|first| first.strip_prefix('/')).and_then(find);
    let second = earlier.next();
    let is_number = second.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    match row {
        Some(row) if second.is_none() => (row.completes, true),
        Some(row) if row.completes == Argument::Reaction && is_number && earlier.next().is_none() => {
            (Argument::Reaction, true)
        }
        Some(row) if row.name == "role" && earlier.next().is_none() => (Argument::Words(&ROLES), true),
        Some(row) if row.name == "sessions" && second == Some("end") && earlier.next().is_none() => {
            (Argument::Session, true)
        }
        Some(row) if row.name == "create" && earlier.next().is_none() => (Argument::Words(&["private"]), true),
        Some(row) if row.name == "group" => (Argument::User, true),
        // The text of a message may mention any user.
        Some(row) => (Argument::Other, !matches!(row.name, "msg" | "query" | "reply" | "edit" | "topic")),
        None => (Argument::Other, false),
    }
}

fn commands(typed: &str) -> Vec<String> {
    COMMANDS.iter().filter(|row| row.name.starts_with(typed)).map(|row| format!("/{} ", row.name)).collect()
}

/// Returns the reactions at hand whose name begins with the word.
fn reactions(typed: &str) -> Vec<String> {
    let typed = typed.trim_start_matches(':').to_lowercase();
    REACTIONS.iter().filter(|(name, _)| name.starts_with(&typed)).map(|(_, emoji)| format!("{emoji} ")).collect()
}

fn matching(names: &[String], typed: &str, mark: &str, ending: &str) -> Vec<String> {
    let typed = typed.to_lowercase();
    let found = names.iter().filter(|name| name.starts_with(&typed));
    found.map(|name| format!("{mark}{name}{ending}")).collect()
}

fn width_at(text: &str, position: usize) -> usize {
    text[position..].chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Names for Known {
        fn rooms(&self, _: &str) -> Vec<String> {
            ["general", "lobby", "lounge"].map(str::to_owned).to_vec()
        }

        fn users(&self, _: &str) -> Vec<String> {
            ["bob", "alice", "bea"].map(str::to_owned).to_vec()
        }

        fn sessions(&self, _: &str) -> Vec<String> {
            ["0a1b2c3d", "0ffe0ffe"].map(str::to_owned).to_vec()
        }

        fn messages(&self, is_own: bool) -> Vec<Excerpt> {
            let all = [(17, "bob"), (16, "alice"), (9, "bob")].map(|(seq, from)| (seq, from.to_owned()));
            let wanted = all.into_iter().filter(|(_, from)| !is_own || from == "alice");
            wanted.map(|(seq, from)| Excerpt { seq, from, text: "hi".into() }).collect()
        }
    }

    fn words(line: &str) -> Vec<String> {
        complete(line, line.len(), &Known).words
    }

    #[test]
    fn commands_are_completed_at_the_beginning_only() {
        assert_eq!(words("/who"), ["/who ", "/whois "]);
        assert_eq!(words("/help /wh"), ["/who ", "/whois "]);
        assert_eq!(words("say /who"), Vec::<String>::new());
    }

    #[test]
    fn rooms_and_users_are_completed_where_they_are_arguments() {
        assert_eq!(words("/join lo"), ["#lobby ", "#lounge "]);
        assert_eq!(words("/join #lob"), ["#lobby "]);
        assert_eq!(words("/msg b"), ["bob ", "bea "]);
        assert_eq!(words("/msg bob ali"), ["alice "]);
        assert_eq!(words("/switch "), ["#general ", "#lobby ", "#lounge ", "@bob ", "@alice ", "@bea "]);
        assert_eq!(words("/history 1"), Vec::<String>::new());
        assert_eq!(words("/role b"), ["bob ", "bea "]);
        assert_eq!(words("/role bob o"), ["owner "]);
        assert_eq!(words("/role bob "), ["owner ", "member ", "reader "]);
        assert_eq!(words("/private o"), ["on ", "off "]);
        assert_eq!(words("/group bob be"), ["bea "]);
        assert_eq!(words("/create den p"), ["private "]);
        assert_eq!(words("/sessions end 0a"), ["0a1b2c3d "]);
        assert_eq!(words("/sessions end "), ["0a1b2c3d ", "0ffe0ffe ", "others "]);
        assert_eq!(words("/sessions end 0a1b2c3d 0"), Vec::<String>::new());
    }

    #[test]
    fn names_are_completed_anywhere_and_address_a_user_at_the_beginning() {
        assert_eq!(words("b"), ["bob: ", "bea: "]);
        assert_eq!(words("@B"), ["@bob ", "@bea "]);
        assert_eq!(words("hello al"), ["alice "]);
        assert_eq!(words("see #lou"), ["#lounge "]);
        assert_eq!(words("hello "), Vec::<String>::new());
        assert_eq!(complete("see al there", 6, &Known), Completions { start: 4, words: vec!["alice ".into()] });
    }

    #[test]
    fn messages_are_completed_by_their_numbers_and_reactions_by_their_names() {
        assert_eq!(words("/reply "), ["17 ", "16 ", "9 "]);
        assert_eq!(words("/reply 1"), ["17 ", "16 "]);
        assert_eq!(words("/edit "), ["16 "]);
        assert_eq!(words("/delete 9"), Vec::<String>::new());
        assert_eq!(words("/react ")[..2], ["👍 ", "👎 "]);
        assert_eq!(words("/react 1"), ["17 ", "16 "]);
        assert_eq!(words("/react 17 ta"), ["🎉 "]);
        assert_eq!(words("/unreact :h"), ["❤️ "]);
        assert_eq!(words("/reply 17 al"), ["alice "]);
        assert_eq!(words("/react 17 👍 "), Vec::<String>::new());
        for (line, seq) in [
            ("/reply 17", Some(17)),
            ("/react 9 ", Some(9)),
            ("/edit 16", Some(16)),
            ("/edit 17", None),
            ("/reply 17 x", None),
            ("/reply ", None),
            ("/history 17", None),
            ("reply 17", None),
        ] {
            assert_eq!(message_named(line, &Known).map(|message| message.seq), seq, "{line}");
        }
    }

    #[test]
    fn hints_show_the_rest_of_a_command() {
        let hint = |line| hint(line).map(|(rest, arguments)| rest + &arguments);
        assert_eq!(hint("/jo").as_deref(), Some("in ROOM"));
        assert_eq!(hint("/j").as_deref(), Some(" ROOM"));
        assert_eq!(hint("/msg ").as_deref(), Some("NAME TEXT"));
        for line in ["", "/", "//j", "hello", "/quit", "/join x", "/nope", "/msg bob "] {
            assert_eq!(hint(line).filter(|hint| !hint.is_empty()), None, "{line:?}");
        }
    }
}
