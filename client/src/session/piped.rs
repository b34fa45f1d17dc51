//! A session whose lines come from a pipe. Each line is carried out before the next is read; the exit status tells
//! whether all succeeded. Knows nothing of what others say.

use std::sync::{Arc, mpsc};
use std::thread;

use linger_api::Connected;

use super::interpreter::{self, Remark, Reporter, Stop};
use super::outbox::PATIENCE;
use super::parts::Parts;
use super::remote::Remote;
use super::{course, lookout};
use crate::commands::{self, Command, Input};
use crate::config::Settings;
use crate::display::listing;
use crate::domain::{Conversation, Failure, visible};
use crate::http::new_key;
use crate::sign_in::Renewal;
use crate::terminal;

/// Runs until the input ends, a line ends the session, or the connection fails for good.
pub(super) fn run(
    parts: &Parts,
    settings: &Settings,
    connected: Connected,
    (is_kept, goal): (bool, Option<Conversation>),
) -> Result<(), Failure> {
    let remote = parts.remote();
    if let Some(goal) = goal {
        remote.go(goal).inspect_err(|_| part_unless(is_kept, parts))?;
    }
    parts.greet(&connected.user);
    parts.view.messages(&connected.messages, None)?;
    // Neither thread can be interrupted: one waits for a line, the other for the server. The first to finish ends the
    // process, and with it the other.
    let (done, ended) = mpsc::channel();
    let receiving = done.clone();
    let inbox = parts.inbox(connected.cursor, None);
    Arc::clone(&parts.renewal).go_on();
    lookout::begin(parts);
    thread::spawn(move || receiving.send(Err(inbox.receive())));
    let renewal = Arc::clone(&parts.renewal);
    // Only a pipe for a kept user may begin with messages: before 0.2 each began with a name and a password.
    let is_of_file = is_kept && settings.user.is_none() && settings.token().is_none();
    let kept = is_of_file.then_some(connected.user.name);
    thread::spawn(move || done.send(follow(&remote, &renewal, kept.as_deref())));
    let outcome = ended.recv().unwrap_or_else(|_| Err(Failure::Terminal("both threads failed".into())));
    match outcome? {
        Stop::Disconnect => parts.sign_out(settings),
        _ => {
            part_unless(is_kept, parts);
            Ok(())
        }
    }
}

/// Signs out unless the sign-in is kept. A courtesy: it frees the token and shows the user as gone, so its outcome does
/// not matter.
fn part_unless(is_kept: bool, parts: &Parts) {
    if !is_kept {
        let _ = parts.http.disconnect();
    }
}

/// Carries out lines until the input or the session ends. If the network fails, the remaining lines are not tried.
///
/// # Errors
///
/// [`Failure::Usage`] if the sign-in is that of the `kept` user and the first line is the name of that user or another:
/// the next may be a password.
fn follow(remote: &Remote, renewal: &Renewal, mut kept: Option<&str>) -> Result<Stop, Failure> {
    let (mut failed, mut stop) = (0, Stop::Quit);
    // Set after a command that should have changed the conversation and failed, until another one succeeds.
    let mut is_astray = false;
    while let Some(line) = terminal::read_line()? {
        if kept.take().is_some_and(|name| line.trim().eq_ignore_ascii_case(name) || is_user(&line, remote)) {
            let why = "nothing was sent: the first line is the name of a user, and the next one may be a password. You \
                       are signed in, so each line is a message. --create takes a name and a password; --user NAME says \
                       that all lines are messages";
            return Err(Failure::Usage(why.to_owned()));
        }
        let (leads, is_relative) = {
            let input = commands::read(&line);
            (course::leads(&input, &remote.conversations), course::is_relative(&input))
        };
        if is_astray && is_relative {
            failed += 1;
            terminal::print_notice(&visible(&course::refusal(&line)));
            continue;
        }
        let key = new_key()?;
        match renewal.call(|_| carry_out(&line, remote, &key)) {
            Ok(Done::Line { has_led }) => is_astray = if leads { !has_led } else { is_astray },
            Ok(Done::End(end)) => {
                stop = end;
                break;
            }
            Err(failure) if failure.is_unauthorized() => return Err(failure),
            Err(
                failure
                @ (Failure::Network(_) | Failure::Foreign { .. } | Failure::Terminal(_) | Failure::OutputClosed),
            ) => return Err(failure),
            Err(failure) => {
                failed += 1;
                is_astray = is_astray || leads && !is_there(&line, remote);
                terminal::print_notice(&visible(&failure.to_string()));
            }
        }
    }
    if failed == 0 { Ok(stop) } else { Err(Failure::Lines(failed)) }
}

/// Returns whether a line is the name of another user, and nothing else.
fn is_user(line: &str, remote: &Remote) -> bool {
    let word = line.trim().to_lowercase();
    let is_word = word.starts_with(|c: char| c.is_ascii_alphanumeric()) && !word.contains(char::is_whitespace);
    is_word && remote.http.conversation(&Conversation::Direct(word)).is_ok()
}

/// What became of a line.
enum Done {
    /// Another one may follow. `has_led` is false if there was nowhere to go.
    Line {
        has_led: bool,
    },
    End(Stop),
}

/// Carries out a line. Whatever it sends or creates is stored once per key.
fn carry_out(line: &str, remote: &Remote, key: &str) -> Result<Done, Failure> {
    let mut pipe = Pipe { remote, key, was_nothing_unread: false };
    let end = interpreter::carry_out(commands::read(line), &remote.conversations, &mut pipe)?;
    if end == Some(Stop::Password) {
        return Err(Failure::Usage(
            "/passwd asks on a terminal; `linger password --password-stdin` does not".to_owned(),
        ));
    }
    Ok(end.map_or(Done::Line { has_led: !pipe.was_nothing_unread }, Done::End))
}

/// Returns whether a line has changed the conversation although it failed: only its text could not be sent.
fn is_there(line: &str, remote: &Remote) -> bool {
    match commands::read(line) {
        Input::Do(Command::Query { to: Some(to), text: Some(_) }) => {
            remote.conversations.current() == Conversation::Direct(to).folded()
        }
        _ => false,
    }
}

/// Reports to a program: results on standard output, notices on standard error, and failures to the caller.
struct Pipe<'a> {
    remote: &'a Remote,
    /// The idempotency key of what the line sends or creates.
    key: &'a str,
    was_nothing_unread: bool,
}

impl Reporter for Pipe<'_> {
    fn send(&mut self, to: Conversation, text: &str, reply_to: Option<i64>) -> Result<(), Failure> {
        let sent = self.remote.outbox.send_now(&to, (text, reply_to), self.key, |failure| {
            let (reason, seconds) = (visible(&failure.why()), PATIENCE.as_secs());
            terminal::print_notice(&format!("Not sent yet ({reason}); retrying for {seconds} seconds."));
        });
        let message = sent.map_err(|failure| match &to {
            Conversation::Direct(name) => failure.or_missing(|| format!("There is no user named {name}")),
            Conversation::Room(_) => self.remote.why_refused(failure, &to),
        })?;
        // The next line may change it.
        self.remote.conversations.remember(&message);
        Ok(())
    }

    fn draft(&mut self, _: Option<i64>) -> Result<(), Failure> {
        self.reject("Usage: /edit [N] TEXT".to_owned())
    }

    fn run(&mut self, command: Command) -> Result<(), Failure> {
        self.remote.carry_out_as(&command, &self.remote.intent(&command)?.under(self.key))
    }

    fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.remote.view.print(text)
    }

    fn print_table(&mut self, rows: &[(String, String)]) -> Result<(), Failure> {
        self.print(&listing::table(rows, None))
    }

    fn remark(&mut self, remark: Remark) -> Result<(), Failure> {
        match remark {
            Remark::NothingToSend => terminal::print_notice("(nothing to send)"),
            // A program sees that no line follows.
            Remark::NothingUnread => self.was_nothing_unread = true,
        }
        Ok(())
    }

    fn reject(&mut self, why: String) -> Result<(), Failure> {
        Err(Failure::Usage(why))
    }

    fn clear(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
