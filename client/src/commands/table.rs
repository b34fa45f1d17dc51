//! The table of commands: what each is called, takes and does. Does no I/O and knows nothing of how a command is carried
//! out.

/// A command, with its arguments. Names come without their `#` or `@`, unless that tells something.
#[derive(Debug, Clone, PartialEq, Eq)]
#[rustfmt::skip]
pub(crate) enum Command {
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
pub(super) enum Argument {
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
pub(crate) struct Row {
    /// What follows the slash.
    pub(crate) name: &'static str,
    /// What may follow it instead.
    pub(super) short: Option<&'static str>,
    /// What follows the name, as `/help` writes it.
    pub(super) arguments: &'static str,
    /// What the first argument names.
    pub(super) completes: Argument,
    /// What it does, in one line.
    pub(super) help: &'static str,
    /// The command, if this is what its arguments can be.
    pub(super) read: fn(&str) -> Option<Command>,
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
pub(super) static COMMANDS: [Row; 18] = [
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

/// The row of this name or short form.
pub(crate) fn find(name: &str) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.name == name || row.short == Some(name))
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
pub(super) fn first_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim_start())
}
