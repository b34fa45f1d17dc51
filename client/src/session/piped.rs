//! A session whose lines come from a pipe. Each line is carried out before the next is read; the exit status tells
//! whether all succeeded. Knows nothing of what others say.

use std::sync::{Arc, mpsc};
use std::thread;

use linger_api::Connected;

use super::interpreter::{self, Remark, Reporter, Stop};
use super::outbox::PATIENCE;
use super::parts::Parts;
use super::remote::Remote;
use crate::commands::{self, Command};
use crate::config::Settings;
use crate::display::listing;
use crate::domain::{Conversation, Failure, visible};
use crate::terminal;

/// Runs until the input ends, a line ends the session, or the connection fails for good.
pub(super) fn run(parts: &Parts, settings: &Settings, connected: Connected, is_kept: bool) -> Result<(), Failure> {
    let remote = parts.remote();
    if let Some(room) = &settings.room {
        remote.go(Conversation::room(room))?;
    }
    parts.view.messages(&connected.messages, None)?;
    // Neither thread can be interrupted: one waits for a line, the other for the server. The first to finish ends the
    // process, and with it the other.
    let (done, ended) = mpsc::channel();
    let receiving = done.clone();
    let inbox = parts.inbox(connected.cursor, None);
    Arc::clone(&parts.renewal).go_on();
    thread::spawn(move || receiving.send(Err(inbox.receive())));
    thread::spawn(move || done.send(follow(&remote)));
    let outcome = ended.recv().unwrap_or_else(|_| Err(Failure::Terminal("both threads failed".into())));
    match outcome? {
        Stop::Disconnect => parts.sign_out(settings),
        _ if is_kept => Ok(()),
        _ => {
            // A courtesy: it frees the token and shows the user as gone, so its outcome does not matter.
            let _ = parts.http.disconnect();
            Ok(())
        }
    }
}

/// Carries out lines until the input or the session ends. If the network fails, the remaining lines are not tried.
fn follow(remote: &Remote) -> Result<Stop, Failure> {
    let (mut failed, mut stop) = (0, Stop::Quit);
    while let Some(line) = terminal::read_line()? {
        match interpreter::carry_out(commands::read(&line), &remote.conversations, &mut Pipe { remote }) {
            Ok(None) => {}
            Ok(Some(end)) => {
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
                terminal::print_notice(&visible(&failure.to_string()));
            }
        }
    }
    if failed == 0 { Ok(stop) } else { Err(Failure::Lines(failed)) }
}

/// Reports to a program: results on standard output, notices on standard error, and failures to the caller.
struct Pipe<'a> {
    remote: &'a Remote,
}

impl Reporter for Pipe<'_> {
    fn send(&mut self, to: Conversation, text: &str) -> Result<(), Failure> {
        let sent = self.remote.outbox.send_now(&to, text, |failure| {
            let (reason, seconds) = (visible(&failure.to_string()), PATIENCE.as_secs());
            terminal::print_notice(&format!("Not sent yet ({reason}); retrying for {seconds} seconds."));
        });
        sent.map_err(|failure| match &to {
            Conversation::Direct(name) => failure.or_missing(|| format!("There is no user named {name}")),
            Conversation::Room(_) => failure,
        })
    }

    fn run(&mut self, command: Command) -> Result<(), Failure> {
        self.remote.carry_out(&command)
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
            Remark::NothingUnread => {}
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
