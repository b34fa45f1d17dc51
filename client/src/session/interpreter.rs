//! The effect of a line, in both kinds of session. Knows neither how the server is reached nor how anything looks.

use super::conversations::Conversations;
use crate::commands::{self, Command, Input};
use crate::domain::{Conversation, Failure, visible};

/// Why the input loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The user quits.
    Quit,
    /// The user signs out and quits.
    Disconnect,
    /// The user wants to type a new password.
    Password,
    /// Another thread needs the terminal; the half-typed line is kept.
    Called,
}

/// A remark about a line without effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remark {
    NothingToSend,
    NothingUnread,
}

/// One kind of session: carries out the steps of a line, and reports their outcome.
pub(super) trait Reporter {
    /// Sends a message, as a reply to message number `reply_to` if that is given.
    fn send(&mut self, to: Conversation, text: &str, reply_to: Option<i64>) -> Result<(), Failure>;
    /// Offers a message of the user's own to be edited: the last one, or the one of this number.
    fn draft(&mut self, seq: Option<i64>) -> Result<(), Failure>;
    /// Carries out a command that needs the server.
    fn run(&mut self, command: Command) -> Result<(), Failure>;
    /// Prints a result.
    fn print(&mut self, text: &str) -> Result<(), Failure>;
    /// Prints a result as rows of two cells.
    fn print_table(&mut self, rows: &[(String, String)]) -> Result<(), Failure>;
    fn remark(&mut self, remark: Remark) -> Result<(), Failure>;
    /// Reports a line that cannot be carried out.
    fn reject(&mut self, why: String) -> Result<(), Failure>;
    fn clear(&mut self) -> Result<(), Failure>;
}

/// Carries out a line. Returns `None` if another one may follow.
pub(super) fn carry_out(
    input: Input<'_>,
    conversations: &Conversations,
    reporter: &mut impl Reporter,
) -> Result<Option<Stop>, Failure> {
    match input {
        Input::Nothing => reporter.remark(Remark::NothingToSend)?,
        Input::Say(text) => say(text, None, conversations, reporter)?,
        Input::Do(Command::Me { text }) => say(&format!("_{text}_"), None, conversations, reporter)?,
        Input::Do(Command::Reply { to, text }) => say(&text, Some(to), conversations, reporter)?,
        Input::Misused(row) => reporter.reject(format!("Usage: {}", commands::usage(row)))?,
        Input::Unknown(name) => reporter.reject(advice(name))?,
        Input::Do(Command::Quit) => return Ok(Some(Stop::Quit)),
        Input::Do(Command::Passwd) => return Ok(Some(Stop::Password)),
        Input::Do(Command::Disconnect) => return Ok(Some(Stop::Disconnect)),
        Input::Do(command) => carry_out_command(command, conversations, reporter)?,
    }
    Ok(None)
}

/// Says something in the current conversation, unless the user has left it.
fn say(
    text: &str,
    reply_to: Option<i64>,
    conversations: &Conversations,
    reporter: &mut impl Reporter,
) -> Result<(), Failure> {
    match conversations.current() {
        current if conversations.is_followed(&current) => reporter.send(current, text, reply_to),
        left => {
            let room = visible(left.name());
            reporter.reject(format!("Not sent, because you have left #{room}: {}", visible(text)))?;
            reporter.reject(format!("/join {room} goes back, /switch goes elsewhere."))
        }
    }
}

fn carry_out_command(
    command: Command,
    conversations: &Conversations,
    reporter: &mut impl Reporter,
) -> Result<(), Failure> {
    match command {
        Command::Help { about: Some(about) } if commands::find(&about).is_none() && about != commands::ABOUT_KEYS => {
            reporter.reject(advice(&about))
        }
        Command::Help { about } => reporter.print_table(&commands::help(about.as_deref())),
        Command::Clear => reporter.clear(),
        Command::Edit { seq, text: None } => reporter.draft(seq),
        Command::Msg { to, text } => reporter.send(Conversation::Direct(to), &text, None),
        Command::Query { to: Some(to), text: Some(text) } => {
            reporter.run(Command::Query { to: Some(to.clone()), text: None })?;
            reporter.send(Conversation::Direct(to), &text, None)
        }
        Command::Next if conversations.list_unread().is_empty() => reporter.remark(Remark::NothingUnread),
        Command::Unread => {
            let unread = conversations.list_unread();
            if unread.is_empty() {
                return reporter.remark(Remark::NothingUnread);
            }
            let lines = unread.iter().map(|(conversation, count)| format!("{conversation} {count}"));
            reporter.print(&lines.collect::<Vec<_>>().join("\n"))
        }
        remote => reporter.run(remote),
    }
}

/// Returns a hint for a command that does not exist.
fn advice(name: &str) -> String {
    let meant = match commands::nearest(name) {
        Some(row) => format!("Did you mean /{}?", row.name),
        None => "/help lists the commands; // sends a line that begins with /.".to_owned(),
    };
    format!("Unknown command /{}. {meant}", visible(name))
}
