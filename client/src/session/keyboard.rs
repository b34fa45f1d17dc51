//! What somebody types: reads lines and sees to them, and is never kept waiting by the server for long. Knows
//! nothing of what others say.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::conversations::Conversations;
use super::outbox::Outbox;
use super::remote::Remote;
use super::signals;
use crate::commands::{self, Command, Input};
use crate::display::{Palette, fold, listing};
use crate::domain::{Conversation, Failure, visible};
use crate::terminal::{self, Editor, Screen, Typed};

/// How long an errand may keep the next prompt waiting, so that what comes of it stands above.
const REMOTE_PAUSE: Duration = Duration::from_millis(300);
/// How often one who waits for an errand looks whether Ctrl-C was pressed.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

const NOTHING_UNREAD: &str = "Nothing is unread elsewhere.";

/// The user's side of the conversation.
pub struct Keyboard {
    conversations: Arc<Conversations>,
    outbox: Arc<Outbox>,
    screen: Arc<Screen>,
    palette: Palette,
    remote: Sender<(Command, Sender<()>)>,
    /// The errand that is still on its way.
    pending: Option<Receiver<()>>,
}

/// Why there will not be another line for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The user leaves.
    Quit,
    /// The user signs out and leaves.
    Disconnect,
    /// Somebody called; the half-typed line is kept.
    Called,
}

impl Keyboard {
    /// Remote are run by a thread of their own from now on.
    pub fn new(remote: Remote, screen: Arc<Screen>, report: impl Fn(Failure) + Send + 'static) -> Self {
        let (conversations, outbox) = (Arc::clone(&remote.conversations), Arc::clone(&remote.outbox));
        let palette = remote.view.palette();
        let (send, receive) = mpsc::channel::<(Command, Sender<()>)>();
        let redraw = Arc::clone(&screen);
        thread::spawn(move || {
            for (command, done) in receive {
                let outcome = match remote.carry_out(&command) {
                    // Who receives messages hears of that too, and sees to it.
                    Err(failure) if failure.is_unauthorized() => Ok(()),
                    Err(failure @ (Failure::Terminal(_) | Failure::OutputClosed)) => Err(failure),
                    Err(failure) => remote.view.print_failure(&failure),
                    Ok(()) => Ok(()),
                };
                drop(done);
                if let Err(failure) = outcome.and_then(|()| redraw.redraw()) {
                    report(failure);
                }
            }
        });
        Self { conversations, outbox, screen, palette, remote: send, pending: None }
    }

    /// Sees to lines until that has to stop.
    pub fn follow(&mut self, editor: &mut Editor) -> Result<Stop, Failure> {
        loop {
            match editor.read()? {
                Typed::End => return Ok(Stop::Quit),
                Typed::Called => return Ok(Stop::Called),
                Typed::Line(line) => {
                    if let Some(pause) = self.see_to(&line)? {
                        return Ok(pause);
                    }
                }
            }
        }
    }

    fn see_to(&mut self, line: &str) -> Result<Option<Stop>, Failure> {
        let input = commands::read(line);
        // Where this leads may be what the errand before it decides.
        if depends_on_remote(&input) && !self.settle()? {
            self.say(&format!("Not done: {}", visible(line.trim_end())))?;
            return Ok(None);
        }
        match input {
            Input::Nothing => self.remark("(nothing to send)")?,
            Input::Say(text) => {
                self.send(self.conversations.current(), text)?;
            }
            Input::Misused(row) => self.say(&format!("Usage: {}", commands::usage(row)))?,
            Input::Unknown(name) => self.say(&advice(name))?,
            Input::Do(Command::Quit) => return Ok(Some(Stop::Quit)),
            Input::Do(Command::Disconnect) => return Ok(Some(Stop::Disconnect)),
            Input::Do(Command::Msg { to, text }) => self.send(Conversation::Direct(to.to_lowercase()), &text)?,
            Input::Do(Command::Clear) => self.screen.clear()?,
            Input::Do(Command::Unread) => self.list_unread()?,
            Input::Do(Command::Help { about: Some(about) }) if commands::find(&about).is_none() => {
                self.say(&advice(&about))?;
            }
            Input::Do(Command::Help { about }) => {
                self.screen.say(&listing::table(&commands::help(about.as_deref()), self.screen.columns()))?;
            }
            Input::Do(Command::Next) => match self.conversations.list_unread().into_iter().next() {
                Some((conversation, _)) => self.conversations.switch(conversation),
                None => self.remark(NOTHING_UNREAD)?,
            },
            Input::Do(Command::Switch { to: None } | Command::Query { to: None, .. }) => {
                self.conversations.switch(self.conversations.previous());
            }
            Input::Do(Command::Query { to: Some(to), text: Some(text) }) => {
                self.run(Command::Query { to: Some(to.clone()), text: None });
                self.send(Conversation::Direct(to.to_lowercase()), &text)?;
            }
            Input::Do(errand) => self.run(errand),
        }
        Ok(None)
    }

    fn send(&self, to: Conversation, text: &str) -> Result<(), Failure> {
        if self.outbox.add(to, text)? {
            self.remark(&unsent(text))?;
        }
        Ok(())
    }

    /// Has an errand run, and waits for it a little.
    fn run(&mut self, errand: Command) {
        let (done, wait) = mpsc::channel();
        if self.remote.send((errand, done)).is_ok() && wait.recv_timeout(REMOTE_PAUSE) == Err(RecvTimeoutError::Timeout)
        {
            self.pending = Some(wait);
        }
    }

    /// Waits for the errand that is on its way. Says whether it is over: Ctrl-C ends the waiting before that.
    fn settle(&mut self) -> Result<bool, Failure> {
        let Some(pending) = &self.pending else { return Ok(true) };
        // It answers by going away.
        let mut is_over = pending.recv_timeout(REMOTE_PAUSE) != Err(RecvTimeoutError::Timeout);
        if !is_over {
            self.remark("Waiting for the server. Ctrl-C ends the waiting.")?;
            signals::take_called_off();
            is_over = terminal::with_ctrl_c(|| {
                loop {
                    match pending.recv_timeout(LOOK_PAUSE) {
                        Err(RecvTimeoutError::Timeout) if signals::take_called_off() => return false,
                        Err(RecvTimeoutError::Timeout) => {}
                        _ => return true,
                    }
                }
            })?;
        }
        if is_over {
            self.pending = None;
        }
        Ok(is_over)
    }

    fn list_unread(&self) -> Result<(), Failure> {
        let unread = self.conversations.list_unread();
        if unread.is_empty() {
            return self.remark(NOTHING_UNREAD);
        }
        let lines = unread.iter().map(|(conversation, count)| format!("{conversation} {count}"));
        self.screen.say(&lines.collect::<Vec<_>>().join("\n"))
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        self.screen.say(&fold(text, self.screen.columns()))
    }

    fn remark(&self, text: &str) -> Result<(), Failure> {
        self.screen.say(&self.palette.dim(&fold(text, self.screen.columns())))
    }
}

/// Whether what a line does may be another thing before and after an errand.
fn depends_on_remote(input: &Input<'_>) -> bool {
    !matches!(
        input,
        Input::Nothing
            | Input::Misused(_)
            | Input::Unknown(_)
            | Input::Do(
                Command::Quit
                    | Command::Disconnect
                    | Command::Msg { .. }
                    | Command::Clear
                    | Command::Unread
                    | Command::Help { .. }
            )
    )
}

/// Whether nothing of a line is left on the screen once it is typed: what it says comes back as a message.
pub fn vanishes(line: &str) -> bool {
    matches!(commands::read(line), Input::Say(_) | Input::Nothing | Input::Do(Command::Msg { .. }))
}

/// A line that has to wait.
pub fn unsent(text: &str) -> String {
    format!("… not sent yet: {}", visible(text))
}

/// What to do about a command that there is not.
pub fn advice(name: &str) -> String {
    let meant = match commands::nearest(name) {
        Some(row) => format!("did you mean /{}?", row.name),
        None => "/help lists the commands; // sends a line that begins with /".to_owned(),
    };
    format!("There is no command /{}: {meant}", visible(name))
}
