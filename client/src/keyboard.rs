//! What the user says: reads lines and carries them out, one after the other. Knows nothing of what others say.

use std::sync::Arc;

use crate::command::{self, Command, Input};
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::http::{Http, LIST_LIMIT};
use crate::outbox::{Outbox, PATIENCE};
use crate::terminal::{self, Lines};
use crate::text::visible;

/// The user's side of the conversation.
pub struct Keyboard {
    http: Arc<Http>,
    outbox: Arc<Outbox>,
    lines: Lines,
    here: Conversation,
}

/// Whether there will be another line.
enum Next {
    Line,
    Quit,
}

impl Keyboard {
    /// Lines go to the conversation `here`, until a command changes it.
    pub fn new(http: Arc<Http>, outbox: Arc<Outbox>, lines: Lines, here: Conversation) -> Self {
        Self { http, outbox, lines, here }
    }

    /// Carries out lines until the user quits, or until the session is over.
    ///
    /// Somebody at a terminal sees what fails and goes on. A piped input has nobody to see it: that failing is
    /// the exit status's to tell, and without a network the rest of it is not worth trying.
    pub fn follow(mut self) -> Result<(), Failure> {
        let mut failed = 0;
        while let Some(line) = self.lines.next(&format!("[{}]> ", self.here))? {
            match self.carry_out(&line) {
                Ok(Next::Line) => {}
                Ok(Next::Quit) => break,
                Err(failure) if failure.is_unauthorized() => return Err(failure),
                Err(failure @ Failure::Network(_)) if !self.lines.are_typed() => return Err(failure),
                Err(failure) => {
                    failed += 1;
                    terminal::note(&visible(&failure.to_string()));
                }
            }
        }
        match failed {
            0 => Ok(()),
            _ if self.lines.are_typed() => Ok(()),
            failed => Err(Failure::Lines(failed)),
        }
    }

    fn carry_out(&mut self, line: &str) -> Result<Next, Failure> {
        match command::read(line) {
            Input::Nothing => terminal::note("(nothing to send)"),
            Input::Say(text) => self.say(&self.here, text)?,
            Input::Misused(row) => return Err(Failure::Usage(format!("Usage: {}", command::usage(row)))),
            Input::Unknown(name) => {
                let advice = "/help lists the commands; // sends a line that begins with /";
                return Err(Failure::Usage(format!("There is no command /{name}: {advice}")));
            }
            Input::Do(Command::Help) => terminal::say(&command::help())?,
            Input::Do(Command::Rooms) => self.list_rooms()?,
            Input::Do(Command::Join { room }) => self.here = join(&self.http, room)?,
            Input::Do(Command::Msg { to, text }) => {
                let said = self.say(&Conversation::Direct(to.to_owned()), text);
                said.map_err(|failure| failure.or_missing(|| format!("There is no user {to}")))?;
            }
            Input::Do(Command::Who) => self.list_online()?,
            Input::Do(Command::Quit) => return Ok(Next::Quit),
        }
        Ok(Next::Line)
    }

    fn say(&self, to: &Conversation, text: &str) -> Result<(), Failure> {
        self.outbox.send(to, text, |failure| {
            let (reason, seconds) = (visible(&failure.to_string()), PATIENCE.as_secs());
            terminal::note(&format!("Not sent yet ({reason}); trying for {seconds} seconds."));
        })
    }

    fn list_rooms(&self) -> Result<(), Failure> {
        let rooms = self.http.list_rooms()?;
        let lines = rooms.iter().map(|room| {
            let joined = if room.joined { '*' } else { ' ' };
            format!("{joined} #{:<32} {:>6}", visible(&room.name), room.members)
        });
        let heading = format!("  {:<33} {:>6}", "room (* joined)", "users");
        list(heading, lines.collect())
    }

    fn list_online(&self) -> Result<(), Failure> {
        let users = self.http.list_online()?;
        let names = users.iter().map(|user| visible(&user.name)).collect();
        list("online:".to_owned(), names)
    }
}

/// Joins a room, to talk there.
pub fn join(http: &Http, room: &str) -> Result<Conversation, Failure> {
    let joined = http.join(room);
    let name = joined.map_err(|failure| failure.or_missing(|| format!("There is no room {room}")))?;
    Ok(Conversation::Room(name))
}

fn list(heading: String, mut lines: Vec<String>) -> Result<(), Failure> {
    if lines.len() == LIST_LIMIT {
        lines.push("… and perhaps more".to_owned());
    }
    lines.insert(0, heading);
    terminal::say(&lines.join("\n"))
}
