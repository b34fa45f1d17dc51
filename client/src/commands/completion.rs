//! Completion of the word before the cursor, and hints behind it. Reads the table of commands; knows no keys and no
//! screen.

use super::table::{Argument, COMMANDS, find};

/// The names that can be completed.
pub(crate) trait Names {
    /// Returns the rooms, without `#`.
    fn rooms(&self) -> Vec<String>;
    /// Returns the users, without `@`, the latest speaker first.
    fn users(&self) -> Vec<String>;
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
    let words = match (word.chars().next(), argument) {
        (None, Argument::Other) => Vec::new(),
        (_, Argument::Command) => commands(word.trim_start_matches('/')),
        (Some('#'), _) => matching(&names.rooms(), &word[1..], "#", " "),
        (Some('@'), _) => matching(&names.users(), &word[1..], "@", " "),
        (_, Argument::Room) => matching(&names.rooms(), word, "#", " "),
        (_, Argument::User) => matching(&names.users(), word, "", " "),
        (_, Argument::Conversation) => {
            let mut words = matching(&names.rooms(), word, "#", " ");
            words.extend(matching(&names.users(), word, "@", " "));
            words
        }
        (Some(_), Argument::Other) if is_argument => Vec::new(),
        (Some(_), Argument::Other) => matching(&names.users(), word, "", ending),
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

/// Returns what the word at `start` names, and whether it is an argument.
fn argument_at(before: &str, start: usize) -> (Argument, bool) {
    let mut earlier = before[..start].split_whitespace();
    let row = earlier.next().and_then(|first| first.strip_prefix('/')).and_then(find);
    match row {
        Some(row) if earlier.next().is_none() => (row.completes, true),
        // The text of a message may mention any user.
        Some(row) => (Argument::Other, !matches!(row.name, "msg" | "query")),
        None => (Argument::Other, false),
    }
}

fn commands(typed: &str) -> Vec<String> {
    COMMANDS.iter().filter(|row| row.name.starts_with(typed)).map(|row| format!("/{} ", row.name)).collect()
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
        fn rooms(&self) -> Vec<String> {
            ["general", "lobby", "lounge"].map(str::to_owned).to_vec()
        }

        fn users(&self) -> Vec<String> {
            ["bob", "alice", "bea"].map(str::to_owned).to_vec()
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
