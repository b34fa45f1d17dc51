//! The table of commands: name, arguments and description of each. Does no I/O and knows nothing of how a command is
//! carried out.

use super::changing::{delete, edit, react, reply, unreact};
use super::command::{Command, first_word};
use super::{own, rooms};

/// What an argument names, for completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Argument {
    /// Nothing that can be completed.
    Other,
    Command,
    Room,
    User,
    /// A room or a user.
    Conversation,
    /// One of these words.
    Words(&'static [&'static str]),
    /// The id of one of the user's sessions.
    Session,
    /// The number of a message.
    Message,
    /// The number of a message of the user's own.
    OwnMessage,
    /// The number of a message, or an emoji.
    Reaction,
}

/// A row of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// The name after the slash.
    pub(crate) name: &'static str,
    /// The short form.
    pub(super) short: Option<&'static str>,
    /// The arguments, as `/help` shows them.
    pub(super) arguments: &'static str,
    /// What the first argument names.
    pub(super) completes: Argument,
    /// A one-line description.
    pub(super) help: &'static str,
    /// Parses the arguments. Returns `None` if there are too few or too many.
    pub(super) read: fn(&str) -> Option<Command>,
}

/// Compares names, which are unique.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Row {}

use Argument as A;

/// Every command: name, short form, arguments, what the first argument names, description, and how the arguments are
/// parsed.
#[rustfmt::skip]
pub(super) static COMMANDS: [Row; 47] = [
    row("help",       None,      "[COMMAND|keys]", A::Command,   "show this list, or explain one command", |rest| optional(rest, "/").map(|about| Command::Help { about })),
    row("rooms",      None,      "[WORD|archived]", A::Words(&["archived"]), "list rooms and direct conversations, with numbers", listed),
    row("create",     None,      "ROOM [private]", A::Other,     "create a room and go there", rooms::create),
    row("group",      None,      "NAME…",       A::User,         "start a private conversation of several users", rooms::group),
    row("join",       Some("j"), "ROOM",        A::Room,         "join a room and go there", join),
    row("leave",      None,      "[ROOM]",      A::Room,         "leave this room, or another one", |rest| optional(rest, "#").map(|room| Command::Leave { room })),
    row("switch",     None,      "[WHERE]",     A::Conversation, "go to a #room or @name, or back to the previous one", |rest| place(rest).map(|to| Command::Switch { to })),
    row("next",       Some("n"), "",            A::Other,        "go to the oldest unread conversation", |rest| alone(rest, Command::Next)),
    row("msg",        Some("m"), "NAME TEXT",   A::User,         "send a private message", msg),
    row("me",         None,      "TEXT",        A::Other,        "say what you do, in italics", me),
    row("query",      None,      "[NAME [TEXT]]", A::User,       "talk with one user, or go back", query),
    row("who",        None,      "",            A::Other,        "list users who are online", |rest| alone(rest, Command::Who)),
    row("users",      None,      "[WORD]",      A::Other,        "list users, or those named like a word", |rest| optional(rest, "@").map(|like| Command::Users { like })),
    row("whois",      None,      "NAME",        A::User,         "show what is known about a user", |rest| one(rest, "@").map(|name| Command::Whois { name })),
    row("last",       None,      "[COUNT]",     A::Other,        "show the latest messages of this conversation again", |rest| count(rest).map(|count| Command::Last { count })),
    row("history",    None,      "[COUNT]",     A::Other,        "show older messages of this conversation, with numbers", |rest| count(rest).map(|count| Command::History { count })),
    row("mentions",   None,      "",            A::Other,        "show the latest messages that mention you", |rest| alone(rest, Command::Mentions)),
    row("unread",     None,      "",            A::Other,        "list conversations with unread messages", |rest| alone(rest, Command::Unread)),
    row("read",       None,      "[WHERE|all]", A::Conversation, "mark this conversation, or another one, as read", |rest| place(rest).map(|what| Command::Read { what })),
    row("edit",       None,      "[N] [TEXT]",  A::OwnMessage,   "change your last message, or message N", edit),
    row("delete",     None,      "[N]",         A::OwnMessage,   "delete your last message, or message N", delete),
    row("reply",      None,      "[N TEXT]",    A::Message,      "answer message N, or show the numbers", reply),
    row("react",      None,      "[N] EMOJI",   A::Reaction,     "react to the latest message of others, or to message N", react),
    row("unreact",    None,      "[N] EMOJI",   A::Reaction,     "take a reaction back", unreact),
    row("topic",      None,      "[TEXT]",      A::Other,        "show or set what this room is about; - removes it", rooms::topic),
    row("title",      None,      "[TEXT]",      A::Other,        "show or set the title of this room; - removes it", rooms::title),
    row("members",    None,      "",            A::Other,        "list who is in this room, with their roles", rooms::members),
    row("invite",     None,      "NAME",        A::User,         "add a user to this room", rooms::invite),
    row("invite-link", None,     "[USES]",      A::Other,        "make a link that lets new users in, to this room", rooms::invite_link),
    row("role",       None,      "NAME owner|member|reader", A::User, "give a user a role in this room", rooms::role),
    row("kick",       None,      "NAME",        A::User,         "remove a user from this room", rooms::kick),
    row("ban",        None,      "NAME",        A::User,         "remove a user from this room, and keep them out", rooms::ban),
    row("unban",      None,      "NAME",        A::User,         "let a user come back to this room", rooms::unban),
    row("private",    None,      "on|off",      A::Words(&rooms::ON_OFF), "show this room to its members only, or to all", rooms::private),
    row("posting",    None,      "everyone|members|owners", A::Words(&rooms::POSTING), "set who may post in this room", rooms::posting),
    row("archive",    None,      "[on|off]",    A::Words(&rooms::ON_OFF), "close this room for new messages, or open it again", rooms::archive),
    row("nick",       None,      "[NAME]",      A::Other,        "show or set the name shown beside yours", own::nick),
    row("passwd",     None,      "",            A::Other,        "set a new password", |rest| alone(rest, Command::Passwd)),
    row("sessions",   None,      "[end ID|end others]", A::Words(&["end"]), "list where you are signed in, or sign out there", own::sessions),
    row("code",       None,      "",            A::Other,        "make a code that signs you in on another device", own::code),
    row("account",    None,      "",            A::Other,        "show your account", own::account),
    row("disable",    None,      "NAME",        A::User,         "shut a user out (administrators; `lingerd user` does more)", own::disable),
    row("enable",     None,      "NAME",        A::User,         "let a user in again (administrators)", own::enable),
    row("status",     None,      "",            A::Other,        "show your name, the server and unread counts", |rest| alone(rest, Command::Status)),
    row("clear",      None,      "",            A::Other,        "clear the screen, like Ctrl-L", |rest| alone(rest, Command::Clear)),
    row("disconnect", None,      "",            A::Other,        "sign out and quit", |rest| alone(rest, Command::Disconnect)),
    row("quit",       Some("q"), "",            A::Other,        "quit and stay signed in, like Ctrl-D", |rest| alone(rest, Command::Quit)),
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

/// Returns the row with this name or short form.
pub(crate) fn find(name: &str) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.name == name || row.short == Some(name))
}

fn alone(rest: &str, command: Command) -> Option<Command> {
    rest.is_empty().then_some(command)
}

/// Parses exactly one word, with or without its mark.
fn one(rest: &str, mark: &str) -> Option<String> {
    let word = rest.strip_prefix(mark).unwrap_or(rest);
    (!word.is_empty() && !word.contains(char::is_whitespace)).then(|| word.to_owned())
}

/// Parses at most one word. Returns `None` if there are more.
fn optional(rest: &str, mark: &str) -> Option<Option<String>> {
    if rest.is_empty() { Some(None) } else { one(rest, mark).map(Some) }
}

/// Parses at most one conversation, with its mark. A mark alone names none.
fn place(rest: &str) -> Option<Option<String>> {
    optional(rest, "").filter(|_| rest != "#" && rest != "@")
}

fn listed(rest: &str) -> Option<Command> {
    let like = optional(rest, "")?;
    let is_archived = like.as_deref() == Some("archived");
    Some(Command::Rooms { like: like.filter(|_| !is_archived), is_archived })
}

/// Keeps the mark: `#2` is a room's name, `2` a number.
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

fn me(rest: &str) -> Option<Command> {
    (!rest.is_empty()).then(|| Command::Me { text: rest.to_owned() })
}

/// Parses a positive number that may be missing. Returns `None` for anything else.
fn count(rest: &str) -> Option<Option<usize>> {
    match optional(rest, "")? {
        None => Some(None),
        Some(count) => count.parse().ok().filter(|count| *count > 0).map(Some),
    }
}
