//! The meaning of a typed line. One table of commands serves the parser, `/help`, completion and hints. Does no I/O and
//! knows nothing of how a command is carried out.

mod changing;
mod command;
pub(crate) mod completion;
mod own;
mod rooms;
mod table;

use self::command::first_word;
pub(crate) use self::command::{Command, InRoom, Own};
use self::table::COMMANDS;
pub(crate) use self::table::{Row, find};

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input<'a> {
    Nothing,
    /// A message for the current conversation.
    Say(&'a str),
    /// A complete command.
    Do(Command),
    /// A command with too few arguments, or too many.
    Misused(&'static Row),
    /// A name after a slash that is not in the table.
    Unknown(&'a str),
}

/// Reads a line. Trailing white space is ignored.
pub(crate) fn read(line: &str) -> Input<'_> {
    let line = line.trim_end();
    let Some(command) = line.strip_prefix('/') else {
        return if line.is_empty() { Input::Nothing } else { Input::Say(line) };
    };
    if command.starts_with('/') {
        return Input::Say(command);
    }
    let (name, rest) = first_word(command);
    match find(name) {
        Some(row) => (row.read)(rest).map_or(Input::Misused(row), Input::Do),
        None => Input::Unknown(name),
    }
}

/// Names of other clients' commands, and ours for them. They are suggested, not carried out.
const ELSEWHERE: [(&str, &str); 29] = [
    ("part", "leave"),
    ("close", "leave"),
    ("wc", "leave"),
    ("exit", "quit"),
    ("bye", "quit"),
    ("list", "rooms"),
    ("names", "members"),
    ("nicklist", "members"),
    ("action", "me"),
    ("buffer", "switch"),
    ("b", "switch"),
    ("win", "switch"),
    ("window", "switch"),
    ("lastlog", "history"),
    ("logout", "disconnect"),
    ("signout", "disconnect"),
    ("password", "passwd"),
    ("pass", "passwd"),
    ("name", "nick"),
    ("displayname", "nick"),
    ("devices", "sessions"),
    ("profile", "account"),
    ("add", "invite"),
    ("remove", "kick"),
    ("uninvite", "kick"),
    ("op", "role"),
    ("deop", "role"),
    ("mode", "role"),
    ("rename", "title"),
];

/// Returns the command that was probably meant, or `None` if none is close.
pub(crate) fn nearest(name: &str) -> Option<&'static Row> {
    let name = name.to_lowercase();
    let name = name.as_str();
    if let Some((_, ours)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == name) {
        return find(ours);
    }
    find(nearest_of(name, COMMANDS.iter().map(|row| row.name))?)
}

/// Returns the word that was probably meant: one that begins as typed, or the most similar one. Returns `None` if none
/// is close.
pub(crate) fn nearest_of<'a>(typed: &str, words: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let begins = words.clone().find(|word| !typed.is_empty() && word.starts_with(typed));
    let similar = words.map(|word| (strsim::damerau_levenshtein(word, typed), word));
    let close_enough = typed.chars().count().div_ceil(3);
    begins.or(similar.min_by_key(|(typos, _)| *typos).filter(|(typos, _)| *typos <= close_enough).map(|(_, word)| word))
}

/// Returns how a command is written.
pub(crate) fn usage(row: &Row) -> String {
    format!("/{} {}", row.name, row.arguments).trim_end().to_owned()
}

/// Returns the table as rows of two cells: usage and description. Returns a single row if a command is named.
pub(crate) fn help(about: Option<&str>) -> Vec<(String, String)> {
    let described = |row: &Row| match row.short {
        Some(short) => (usage(row), format!("{} (/{short})", row.help)),
        None => (usage(row), row.help.to_owned()),
    };
    if let Some(row) = about.and_then(find) {
        return vec![described(row)];
    }
    let keys = KEYS.iter().map(|(key, what)| ((*key).to_owned(), (*what).to_owned()));
    if about == Some(ABOUT_KEYS) {
        return keys.collect();
    }
    let mut rows = Vec::new();
    let heading = |rows: &mut Vec<(String, String)>, heading: &str| {
        if !rows.is_empty() {
            rows.push(Default::default());
        }
        rows.push((format!("{heading}:"), String::new()));
    };
    for row in &COMMANDS {
        if let Some((group, _)) = GROUPS.iter().find(|(_, first)| *first == row.name) {
            heading(&mut rows, group);
        }
        rows.push(described(row));
    }
    rows.push(("//TEXT".to_owned(), "send /TEXT as a message".to_owned()));
    heading(&mut rows, "Keys");
    rows.extend(keys);
    rows
}

/// What `/help` explains beside commands.
pub(crate) const ABOUT_KEYS: &str = "keys";

/// The groups of commands in `/help`, each with its first command.
const GROUPS: [(&str, &str); 7] = [
    ("Conversations", "help"),
    ("People", "msg"),
    ("Reading", "last"),
    ("Messages", "edit"),
    ("This room", "topic"),
    ("Your account", "nick"),
    ("This session", "status"),
];

/// Keys of the line being typed.
const KEYS: [(&str, &str); 8] = [
    ("Tab, Shift-Tab", "complete a command, a #room or a name; again for the next one"),
    ("Right", "accept the hint behind the cursor"),
    ("Up, Down, Ctrl-R", "earlier lines"),
    ("Alt-Enter", "begin a new line in the message"),
    ("Escape", "drop a message of several lines"),
    ("Ctrl-C", "clear the line; twice on an empty one, quit"),
    ("Ctrl-D", "quit, on an empty line"),
    ("Ctrl-L", "clear the screen"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_is_a_message() {
        assert_eq!(read("hello  there"), Input::Say("hello  there"));
        assert_eq!(read("  indented /join x\r\n"), Input::Say("  indented /join x"));
        assert_eq!(read("one\ntwo\n"), Input::Say("one\ntwo"));
        assert_eq!(read("//join x"), Input::Say("/join x"));
        assert_eq!(read("//"), Input::Say("/"));
    }

    #[test]
    fn a_blank_line_is_nothing() {
        for blank in ["", " ", "\t", "\r\n", "\u{2003}"] {
            assert_eq!(read(blank), Input::Nothing, "{blank:?}");
        }
    }

    #[test]
    fn a_slash_begins_a_command() {
        let text = |text: &str| Some(text.to_owned());
        for (line, command) in [
            ("/help", Command::Help { about: None }),
            ("/help /join", Command::Help { about: text("join") }),
            ("/rooms  ", Command::Rooms { like: None, is_archived: false }),
            ("/rooms eng", Command::Rooms { like: text("eng"), is_archived: false }),
            ("/rooms archived", Command::Rooms { like: None, is_archived: true }),
            ("/users @an", Command::Users { like: text("an") }),
            ("/me waves  twice", Command::Me { text: "waves  twice".into() }),
            ("/last 5", Command::Last { count: Some(5) }),
            ("/create #den", Command::Create { room: "den".into(), is_private: false }),
            ("/join lobby", Command::Join { room: "lobby".into() }),
            ("/j   #lobby ", Command::Join { room: "#lobby".into() }),
            ("/leave", Command::Leave { room: None }),
            ("/leave #lobby", Command::Leave { room: text("lobby") }),
            ("/switch", Command::Switch { to: None }),
            ("/switch @bob", Command::Switch { to: text("@bob") }),
            ("/n", Command::Next),
            ("/msg @bob hi  there", Command::Msg { to: "bob".into(), text: "hi  there".into() }),
            ("/m  bob   hi\nthere", Command::Msg { to: "bob".into(), text: "hi\nthere".into() }),
            ("/query @bob", Command::Query { to: text("bob"), text: None }),
            ("/query bob hi  there", Command::Query { to: text("bob"), text: text("hi  there") }),
            ("/query", Command::Query { to: None, text: None }),
            ("/who", Command::Who),
            ("/whois @bob", Command::Whois { name: "bob".into() }),
            ("/history", Command::History { count: None }),
            ("/history 50", Command::History { count: Some(50) }),
            ("/edit", Command::Edit { seq: None, text: None }),
            ("/edit  17  fixed  text ", Command::Edit { seq: Some(17), text: text("fixed  text") }),
            ("/delete 17", Command::Delete { seq: Some(17) }),
            ("/reply 17 yes", Command::Reply { to: 17, text: "yes".into() }),
            ("/reply", Command::Numbers),
            ("/react 17 👍", Command::React { seq: Some(17), emoji: "👍".into(), is_given: true }),
            ("/unreact 👍", Command::React { seq: None, emoji: "👍".into(), is_given: false }),
            ("/unread", Command::Unread),
            ("/read", Command::Read { what: None }),
            ("/read #lobby", Command::Read { what: text("#lobby") }),
            ("/members", Command::Room(InRoom::Members)),
            ("/account", Command::Own(Own::Account)),
            ("/passwd", Command::Passwd),
            ("/status", Command::Status),
            ("/clear", Command::Clear),
            ("/disconnect", Command::Disconnect),
            ("/q", Command::Quit),
        ] {
            assert_eq!(read(line), Input::Do(command), "{line}");
        }
    }

    #[test]
    fn wrong_arguments_differ_from_an_unknown_command() {
        for line in [
            "/join",
            "/join a b",
            "/join #",
            "/msg",
            "/msg bob",
            "/msg @ hi",
            "/quit now",
            "/history x",
            "/history 0",
            "/last x",
            "/me",
            "/rooms a b",
            "/whois",
            "/leave a b",
            "/switch #",
            "/read @",
            "/create",
            "/reply yes",
            "/react",
            "/delete this",
        ] {
            let Input::Misused(row) = read(line) else {
                panic!("{line}: {:?}", read(line));
            };
            assert!(line.starts_with(&format!("/{}", row.name)), "{line}");
        }
        for line in ["/nope", "/ join x", "/Join x", "/", "/etc/hosts\nand more"] {
            assert!(matches!(read(line), Input::Unknown(_)), "{line}");
        }
    }

    #[test]
    fn a_typo_suggests_the_intended_command() {
        for (typed, meant) in
            [("jion", "join"), ("hepl", "help"), ("stat", "status"), ("disconect", "disconnect"), ("JOIN", "join")]
        {
            assert_eq!(nearest(typed).map(|row| row.name), Some(meant), "{typed}");
        }
        for typed in ["", "xyzzy", "etc/hosts"] {
            assert_eq!(nearest(typed), None, "{typed}");
        }
    }

    #[test]
    fn names_of_other_clients_suggest_ours() {
        for (theirs, ours) in ELSEWHERE {
            assert!(find(theirs).is_none(), "{theirs}");
            assert_eq!(nearest(theirs).map(|row| row.name), Some(ours), "{theirs}");
        }
    }

    #[test]
    fn names_and_short_forms_are_unique() {
        let names = COMMANDS.iter().flat_map(|row| [Some(row.name), row.short]).flatten();
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn help_lists_every_command_with_its_short_form() {
        let help = help(None);
        let is_command = |(how, _): &&(String, String)| how.starts_with('/');
        assert_eq!(help.iter().filter(is_command).count(), COMMANDS.len() + 1);
        for (heading, first) in GROUPS {
            let at = help.iter().position(|(how, _)| *how == format!("{heading}:")).unwrap();
            assert_eq!(help[at + 1].0, usage(find(first).unwrap()));
        }
        assert_eq!(super::help(Some("keys")), help[help.len() - KEYS.len()..]);
        for row in &COMMANDS {
            let (_, what) = help.iter().find(|(how, _)| *how == usage(row)).unwrap();
            assert!(row.short.is_none_or(|short| what.ends_with(&format!("(/{short})"))), "{what}");
        }
        assert_eq!(
            super::help(Some("q")),
            [("/quit".to_owned(), "quit and stay signed in, like Ctrl-D (/q)".to_owned())]
        );
    }
}
