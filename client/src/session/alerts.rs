//! Tells a user who looks elsewhere what is for them: private messages, mentions, and replies to what they said. Knows
//! nothing of how messages are laid out.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use linger_api::Message;

use super::conversations::Conversations;
use crate::config::{Notify, Settings};
use crate::display::{clip, mentions};
use crate::domain::{Conversation, Failure, plain, visible};
use crate::terminal;

/// How many columns a notification takes.
const COLUMNS: usize = 200;

/// How the user is told.
pub(super) struct Alerts {
    bell: bool,
    title: bool,
    notify: Notify,
    /// Whether the program that notifies could not be started.
    has_failed: AtomicBool,
}

impl Alerts {
    /// Returns how the user is told, as the settings say. Without a terminal, nobody is.
    pub(super) fn new(settings: &Settings, is_typed: bool) -> Self {
        Self {
            bell: is_typed && settings.bell.0,
            title: is_typed && settings.title.0,
            notify: if is_typed { settings.notify.clone() } else { Notify::Off },
            has_failed: AtomicBool::new(false),
        }
    }

    /// Shows in the window's title where the user is, and how many messages are unread.
    pub(super) fn count(&self, current: &Conversation, unread: usize) {
        if self.title {
            let count = if unread > 0 { format!("({unread}) ") } else { String::new() };
            terminal::entitle(&format!("{count}linger {}", visible(&current.to_string())));
        }
    }

    /// Tells about messages that nobody has seen arrive, once for all of them.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] the first time that the program which notifies cannot be started.
    pub(super) fn unseen(&self, messages: &[&Message], conversations: &Conversations) -> Result<(), Failure> {
        let mut meant = messages.iter().filter(|message| is_meant(message, conversations)).rev();
        let Some(last) = meant.next() else { return Ok(()) };
        if self.bell {
            terminal::ring();
        }
        let text = text(last, &Conversation::of(last, conversations.me()), meant.count());
        match &self.notify {
            Notify::Off => Ok(()),
            Notify::Terminal => {
                terminal::notify(&text);
                Ok(())
            }
            Notify::Program(words) => match run(words, text) {
                Err(error) if !self.has_failed.swap(true, Ordering::SeqCst) => Err(Failure::Usage(format!(
                    "Cannot run {}, which the setting notify names: {}. `linger config set notify off` ends this.",
                    words.join(" "),
                    plain(error)
                ))),
                _ => Ok(()),
            },
        }
    }
}

/// Returns whether a message is for the user in particular.
fn is_meant(message: &Message, conversations: &Conversations) -> bool {
    let me = conversations.me();
    if message.from == me {
        return false;
    }
    let of = Conversation::of(message, me);
    let answers_me = || {
        let answered = message.reply_to.and_then(|seq| conversations.message(&of, seq));
        answered.is_some_and(|answered| answered.from == me)
    };
    matches!(of, Conversation::Direct(_)) || mentions(&message.text, me) || answers_me()
}

/// Says who has said what, and how many others there are.
fn text(message: &Message, of: &Conversation, others: usize) -> String {
    let place = if let Conversation::Room(_) = of { format!(" in {of}") } else { String::new() };
    let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
    let said = format!("{}{place}: {}", message.from, message.text.replace('\n', " "));
    format!("{}{more}", clip(&visible(&said), COLUMNS))
}

/// Starts a program with the text as its last argument and as its input. No shell reads the text.
fn run(words: &[String], text: String) -> std::io::Result<()> {
    let (program, arguments) = words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(arguments).arg(&text).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    thread::spawn(move || {
        if let Some(mut input) = child.stdin.take() {
            // The program may read its argument only.
            let _ = input.write_all(text.as_bytes());
        }
        child.wait()
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_one_harmless_line() {
        let message = Message { from: "bob".into(), text: "look\n\x1b]9;x\x07 here".into(), ..Message::default() };
        let room = Conversation::Room("lobby".into());
        assert_eq!(text(&message, &room, 0), "bob in #lobby: look ^[]9;x^G here");
        let direct = Conversation::Direct("bob".into());
        assert_eq!(text(&message, &direct, 2), "bob: look ^[]9;x^G here (and 2 more)");
    }
}
