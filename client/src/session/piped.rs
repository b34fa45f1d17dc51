//! Lines from a pipe: each is carried out before the next is read, and what fails is the exit status's to tell.
//! Knows nothing of what others say.

use super::keyboard::{Stop, advice};
use super::outbox::PATIENCE;
use super::remote::Remote;
use crate::commands::{self, Command, Input};
use crate::display::listing;
use crate::domain::{Conversation, Failure, visible};
use crate::terminal;

/// Carries out lines until there are no more, or until the session is over. Without a network the rest of them is
/// not worth trying.
pub fn follow(remote: &Remote) -> Result<Stop, Failure> {
    let (mut failed, mut pause) = (0, Stop::Quit);
    while let Some(line) = terminal::read_line()? {
        match carry_out(remote, &line) {
            Ok(None) => {}
            Ok(Some(end)) => {
                pause = end;
                break;
            }
            Err(failure) if failure.is_unauthorized() => return Err(failure),
            Err(failure @ (Failure::Network(_) | Failure::Terminal(_) | Failure::OutputClosed)) => return Err(failure),
            Err(failure) => {
                failed += 1;
                terminal::print_notice(&visible(&failure.to_string()));
            }
        }
    }
    if failed == 0 { Ok(pause) } else { Err(Failure::Lines(failed)) }
}

/// Carries out a line. Says so if there must not be another.
fn carry_out(remote: &Remote, line: &str) -> Result<Option<Stop>, Failure> {
    let Remote { view, conversations, .. } = remote;
    match commands::read(line) {
        Input::Nothing => terminal::print_notice("(nothing to send)"),
        Input::Say(text) => say(remote, &conversations.current(), text)?,
        Input::Misused(row) => return Err(Failure::Usage(format!("Usage: {}", commands::usage(row)))),
        Input::Unknown(name) => return Err(Failure::Usage(advice(name))),
        Input::Do(Command::Quit) => return Ok(Some(Stop::Quit)),
        Input::Do(Command::Disconnect) => return Ok(Some(Stop::Disconnect)),
        Input::Do(Command::Msg { to, text }) => {
            let said = say(remote, &Conversation::Direct(to.clone()), &text);
            said.map_err(|failure| failure.or_missing(|| format!("There is no user {to}")))?;
        }
        Input::Do(Command::Help { about: Some(about) }) if commands::find(&about).is_none() => {
            return Err(Failure::Usage(advice(&about)));
        }
        Input::Do(Command::Help { about }) => view.print(&listing::table(&commands::help(about.as_deref()), None))?,
        Input::Do(Command::Switch { to: None } | Command::Query { to: None, .. }) => {
            conversations.switch(conversations.previous());
        }
        Input::Do(Command::Next) => {
            if let Some((conversation, _)) = conversations.list_unread().into_iter().next() {
                conversations.switch(conversation);
            }
        }
        Input::Do(Command::Unread) => {
            for (conversation, count) in conversations.list_unread() {
                view.print(&format!("{conversation} {count}"))?;
            }
        }
        Input::Do(Command::Query { to: Some(to), text: Some(text) }) => {
            remote.carry_out(&Command::Query { to: Some(to.clone()), text: None })?;
            say(remote, &Conversation::Direct(to.to_lowercase()), &text)?;
        }
        Input::Do(Command::Clear) => {}
        Input::Do(errand) => remote.carry_out(&errand)?,
    }
    Ok(None)
}

fn say(remote: &Remote, to: &Conversation, text: &str) -> Result<(), Failure> {
    remote.outbox.send_now(to, text, |failure| {
        let (reason, seconds) = (visible(&failure.to_string()), PATIENCE.as_secs());
        terminal::print_notice(&format!("Not sent yet ({reason}); trying for {seconds} seconds."));
    })
}
