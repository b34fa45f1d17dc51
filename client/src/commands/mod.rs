//! What a typed line means: one table of commands, which the parser, `/help`, completion and hints all read. Does
//! no I/O and knows nothing of how a command is carried out.

pub mod completion;

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Nothing was typed.
    Nothing,
    /// A message for the current conversation.
    Say(&'a str),
    /// A command, complete.
    Do(Command),
    /// A command with too few arguments, or too many.
    Misused(&'static Row),
    /// Something with a slash that is not in the table.
    Unknown(&'a str),
}

/// A command, with its arguments. Names come without their `#` or `@`, unless that tells something.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
pub enum Command {
    /// Show the table, or one row of it.
    Help { about: Option<String> },
    /// List the rooms and the direct conversations.
    Rooms,
    /// Create a room and talk there.
    Create { room: String },
    /// Join a room and talk there: `#room`, or a name or a number of the list.
    Join { room: String },
    /// Leave a room; the current one, unless another is named.
    Leave { room: Option<String> },
    /// Talk in another conversation; in the previous one, if none is named.
    Switch { to: Option<String> },
    /// Talk where something is unread.
    Next,
    /// Say something to one user, wherever else one is.
    Msg { to: String, text: String },
    /// Talk with one user, and say something at once if there is a text; in the previous conversation, if nobody is
    /// named.
    Query { to: Option<String>, text: Option<String> },
    /// List who is online.
    Who,
    /// Say what is known about a user.
    Whois { name: String },
    /// Show so many messages from before those that were shown.
    History { count: Option<usize> },
    /// Say where something is unread.
    Unread,
    /// Mark a conversation as read; the current one, unless another is named.
    Read { what: Option<String> },
    /// Say who I am, who answers and how things stand.
    Status,
    /// Clear the screen.
    Clear,
    /// Sign out and leave.
    Disconnect,
    /// Leave, and stay signed in.
    Quit,
}

/// What an argument names, for who completes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing that could be completed.
    Other,
    /// A command.
    Command,
    /// A room.
    Room,
    /// A user.
    User,
    /// A room or a user.
    Conversation,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// What follows the slash.
    pub name: &'static str,
    /// What may follow it instead.
    pub short: Option<&'static str>,
    /// What follows the name, as `/help` writes it.
    pub arguments: &'static str,
    /// What the first argument names.
    pub completes: Argument,
    /// What it does, in one line.
    pub help: &'static str,
    /// The command, if this is what its arguments can be.
    read: fn(&str) -> Option<Command>,
}

/// Compared by name, which is all that tells rows apart.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Row {}

use Argument as A;

/// Every command: its name, its short form, its arguments, what the first of them names, what it does, and how its
/// arguments are read.
#[rustfmt::skip]
pub static COMMANDS: [Row; 18] = [
    row("help",       None,      "[COMMAND]",   A::Command,      "show this list, or one command", |rest| optional(rest, "/").map(|about| Command::Help { about })),
    row("rooms",      None,      "",            A::Other,        "list the rooms, with their numbers", |rest| alone(rest, Command::Rooms)),
    row("create",     None,      "ROOM",        A::Other,        "create a room and talk there", |rest| one(rest, "#").map(|room| Command::Create { room })),
    row("join",       Some("j"), "ROOM",        A::Room,         "join a room and talk there", join),
    row("leave",      None,      "[ROOM]",      A::Room,         "leave this room, or another", |rest| optional(rest, "#").map(|room| Command::Leave { room })),
    row("switch",     None,      "[WHERE]",     A::Conversation, "talk in a #room, with a @name, or back where you were", |rest| optional(rest, "").map(|to| Command::Switch { to })),
    row("next",       Some("n"), "",            A::Other,        "talk where something is unread", |rest| alone(rest, Command::Next)),
    row("msg",        Some("m"), "NAME TEXT",   A::User,         "say something to one user", msg),
    row("query",      None,      "[NAME [TEXT]]", A::User,       "talk with one user; or back where you were", query),
    row("who",        None,      "",            A::Other,        "list who is online", |rest| alone(rest, Command::Who)),
    row("whois",      None,      "NAME",        A::User,         "say what is known about a user", |rest| one(rest, "@").map(|name| Command::Whois { name })),
    row("history",    None,      "[COUNT]",     A::Other,        "show older messages of this conversation", history),
    row("unread",     None,      "",            A::Other,        "say where something is unread", |rest| alone(rest, Command::Unread)),
    row("read",       None,      "[WHERE|all]", A::Conversation, "mark this conversation as read, or another", |rest| optional(rest, "").map(|what| Command::Read { what })),
    row("status",     None,      "",            A::Other,        "say who you are and how things stand", |rest| alone(rest, Command::Status)),
    row("clear",      None,      "",            A::Other,        "clear the screen; so does Ctrl-L", |rest| alone(rest, Command::Clear)),
    row("disconnect", None,      "",            A::Other,        "sign out and leave", |rest| alone(rest, Command::Disconnect)),
    row("quit",       Some("q"), "",            A::Other,        "leave and stay signed in; so does Ctrl-D", |rest| alone(rest, Command::Quit)),
];

const fn row(
    name: &'static str,
    short: Option<&'static str>,
    arguments: &'static str,
    completes: Argument,
    help: &'static str,
    read: fn(&str) -> Option<Command>,
) -> Row {
    Row { name, short, arguments, completes, help, read }
}

/// Reads a line. White space at its end means nothing.
pub fn read(line: &str) -> Input<'_> {
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

/// The row of this name or short form.
pub fn find(name: &str) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.name == name || row.short == Some(name))
}

/// What other clients call it, for fingers that come from there: it is suggested, and not done.
const ELSEWHERE: [(&str, &str); 14] = [
    ("part", "leave"),
    ("close", "leave"),
    ("wc", "leave"),
    ("exit", "quit"),
    ("bye", "quit"),
    ("list", "rooms"),
    ("names", "who"),
    ("users", "who"),
    ("buffer", "switch"),
    ("b", "switch"),
    ("win", "switch"),
    ("window", "switch"),
    ("lastlog", "history"),
    ("logout", "disconnect"),
];

/// The command that was probably meant, if one is near.
pub fn nearest(name: &str) -> Option<&'static Row> {
    let name = name.to_lowercase();
    let name = name.as_str();
    if let Some((_, ours)) = ELSEWHERE.iter().find(|(theirs, _)| *theirs == name) {
        return find(ours);
    }
    let begins = COMMANDS.iter().find(|row| !name.is_empty() && row.name.starts_with(name));
    let similar = COMMANDS.iter().map(|row| (strsim::damerau_levenshtein(row.name, name), row));
    let close_enough = name.chars().count().div_ceil(3);
    begins.or(similar.min_by_key(|(typos, _)| *typos).filter(|(typos, _)| *typos <= close_enough).map(|(_, row)| row))
}

/// How a command is written.
pub fn usage(row: &Row) -> String {
    format!("/{} {}", row.name, row.arguments).trim_end().to_owned()
}

/// The table as rows of two cells: how it is written, and what it does. One row of it if a command is named.
pub fn help(about: Option<&str>) -> Vec<(String, String)> {
    let described = |row: &Row| match row.short {
        Some(short) => (usage(row), format!("{} (/{short})", row.help)),
        None => (usage(row), row.help.to_owned()),
    };
    if let Some(row) = about.and_then(find) {
        return vec![described(row)];
    }
    COMMANDS.iter().map(described).chain([("//TEXT".to_owned(), "say /TEXT".to_owned())]).collect()
}

fn alone(rest: &str, command: Command) -> Option<Command> {
    rest.is_empty().then_some(command)
}

/// One word, with or without its mark.
fn one(rest: &str, mark: &str) -> Option<String> {
    let word = rest.strip_prefix(mark).unwrap_or(rest);
    (!word.is_empty() && !word.contains(char::is_whitespace)).then(|| word.to_owned())
}

/// One word or none; nothing if there are more.
fn optional(rest: &str, mark: &str) -> Option<Option<String>> {
    if rest.is_empty() { Some(None) } else { one(rest, mark).map(Some) }
}

/// The mark stays: `#2` is a room's name, and `2` a number.
fn join(rest: &str) -> Option<Command> {
    one(rest, "#")?;
    one(rest, "").map(|room| Command::Join { room })
}

fn msg(rest: &str) -> Option<Command> {
    let (to, text) = first_word(rest);
    let to = to.strip_prefix('@').unwrap_or(to);
    (!to.is_empty() && !text.is_empty()).then(|| Command::Msg { to: to.to_owned(), text: text.to_owned() })
}

fn query(rest: &str) -> Option<Command> {
    let (to, text) = first_word(rest);
    let text = (!text.is_empty()).then(|| text.to_owned());
    optional(to, "@").map(|to| Command::Query { to, text })
}

fn history(rest: &str) -> Option<Command> {
    let count = optional(rest, "")?.map(|count| count.parse().ok().filter(|count| *count > 0));
    match count {
        Some(None) => None,
        count => Some(Command::History { count: count.flatten() }),
    }
}

/// The first word of a text, and what follows it.
pub fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}

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
            ("/rooms  ", Command::Rooms),
            ("/create #den", Command::Create { room: "den".into() }),
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
            ("/unread", Command::Unread),
            ("/read", Command::Read { what: None }),
            ("/read #lobby", Command::Read { what: text("#lobby") }),
            ("/status", Command::Status),
            ("/clear", Command::Clear),
            ("/disconnect", Command::Disconnect),
            ("/q", Command::Quit),
        ] {
            assert_eq!(read(line), Input::Do(command), "{line}");
        }
    }

    #[test]
    fn wrong_arguments_are_told_from_an_unknown_command() {
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
            "/whois",
            "/leave a b",
            "/create",
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
    fn a_typo_finds_what_was_meant() {
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
    fn what_other_clients_call_a_command_is_none_of_ours_and_leads_to_one() {
        for (theirs, ours) in ELSEWHERE {
            assert!(find(theirs).is_none(), "{theirs}");
            assert_eq!(nearest(theirs).map(|row| row.name), Some(ours), "{theirs}");
        }
    }

    #[test]
    fn no_name_or_short_form_stands_for_two_commands() {
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
        assert_eq!(help.len(), COMMANDS.len() + 1);
        for row in &COMMANDS {
            let (_, what) = help.iter().find(|(how, _)| *how == usage(row)).unwrap();
            assert!(row.short.is_none_or(|short| what.ends_with(&format!("(/{short})"))), "{what}");
        }
        assert_eq!(
            super::help(Some("q")),
            [("/quit".to_owned(), "leave and stay signed in; so does Ctrl-D (/q)".to_owned())]
        );
    }
}
