//! What a typed line means: one table of commands, which the parser and `/help` both read. Does no I/O and
//! knows nothing of how a command is carried out.

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// Nothing was typed.
    Nothing,
    /// A message for the current conversation.
    Say(&'a str),
    /// A command, complete.
    Do(Command<'a>),
    /// A command with too few arguments, or too many.
    Misused(&'static Row),
    /// Something with a slash that is not in the table.
    Unknown(&'a str),
}

/// A command, with its arguments.
#[derive(Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Show the table.
    Help,
    /// List the rooms.
    Rooms,
    /// Make this room the current conversation.
    Join {
        /// Its name.
        room: &'a str,
    },
    /// Say something to one user, wherever else one is.
    Msg {
        /// The user's name.
        to: &'a str,
        /// What to say.
        text: &'a str,
    },
    /// List who is online.
    Who,
    /// Leave.
    Quit,
}

/// One row of the table.
#[derive(Debug)]
pub struct Row {
    /// What follows the slash.
    pub name: &'static str,
    /// What follows the name, as `/help` writes it.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// The command, if this is what its arguments can be.
    read: for<'a> fn(&'a str) -> Option<Command<'a>>,
}

/// Compared by name, which is all that tells rows apart.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Row {}

/// Every command.
#[rustfmt::skip]
pub static COMMANDS: [Row; 6] = [
    Row { name: "help",  arguments: "",          help: "show this list",               read: |rest| alone(rest, Command::Help) },
    Row { name: "rooms", arguments: "",          help: "list the rooms",               read: |rest| alone(rest, Command::Rooms) },
    Row { name: "join",  arguments: "ROOM",      help: "join a room and talk there",   read: join },
    Row { name: "msg",   arguments: "NAME TEXT", help: "say something to one user",    read: msg },
    Row { name: "who",   arguments: "",          help: "list who is online",           read: |rest| alone(rest, Command::Who) },
    Row { name: "quit",  arguments: "",          help: "leave; so does Ctrl-D",        read: |rest| alone(rest, Command::Quit) },
];

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
    match COMMANDS.iter().find(|row| row.name == name) {
        Some(row) => (row.read)(rest).map_or(Input::Misused(row), Input::Do),
        None => Input::Unknown(name),
    }
}

/// How a command is written.
pub fn usage(row: &Row) -> String {
    format!("/{} {}", row.name, row.arguments).trim_end().to_owned()
}

/// The table, and what a slash at the beginning of a message takes.
pub fn help() -> String {
    let commands = COMMANDS.iter().map(|row| (usage(row), row.help));
    let rows = commands.chain([("//TEXT".to_owned(), "say /TEXT")]);
    let lines: Vec<_> = rows.map(|(usage, help)| format!("  {usage:<16} {help}")).collect();
    lines.join("\n")
}

fn alone<'a>(rest: &str, command: Command<'a>) -> Option<Command<'a>> {
    rest.is_empty().then_some(command)
}

fn join(rest: &str) -> Option<Command<'_>> {
    let room = rest.strip_prefix('#').unwrap_or(rest);
    let is_one_word = !room.is_empty() && !room.contains(char::is_whitespace);
    is_one_word.then_some(Command::Join { room })
}

fn msg(rest: &str) -> Option<Command<'_>> {
    let (to, text) = first_word(rest);
    let to = to.strip_prefix('@').unwrap_or(to);
    (!to.is_empty() && !text.is_empty()).then_some(Command::Msg { to, text })
}

fn first_word(text: &str) -> (&str, &str) {
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
        assert_eq!(read("/help"), Input::Do(Command::Help));
        assert_eq!(read("/rooms  "), Input::Do(Command::Rooms));
        assert_eq!(read("/who"), Input::Do(Command::Who));
        assert_eq!(read("/quit"), Input::Do(Command::Quit));
        for join in ["/join lobby", "/join #lobby", "/join   lobby "] {
            assert_eq!(read(join), Input::Do(Command::Join { room: "lobby" }), "{join}");
        }
        for msg in ["/msg bob hi  there", "/msg @bob hi  there", "/msg  bob   hi  there"] {
            let (to, text) = ("bob", "hi  there");
            assert_eq!(read(msg), Input::Do(Command::Msg { to, text }), "{msg}");
        }
    }

    #[test]
    fn wrong_arguments_are_told_from_an_unknown_command() {
        for line in ["/join", "/join a b", "/join #", "/msg", "/msg bob", "/msg @ hi", "/quit now"] {
            let Input::Misused(row) = read(line) else {
                panic!("{line}: {:?}", read(line));
            };
            assert!(line.starts_with(&format!("/{}", row.name)));
        }
        assert_eq!(read("/nope x"), Input::Unknown("nope"));
        assert_eq!(read("/HELP"), Input::Unknown("HELP"));
        assert_eq!(read("/"), Input::Unknown(""));
        assert_eq!(read("/ join x"), Input::Unknown(""));
    }

    #[test]
    fn help_names_every_command_with_its_arguments() {
        let help = help();
        for row in &COMMANDS {
            assert!(help.contains(&usage(row)) && help.contains(row.help), "{}", row.name);
        }
        assert!(help.contains("/msg NAME TEXT"));
    }
}
