//! What somebody types: reads lines and sees to them, and is never kept waiting by the server for long. Knows
//! nothing of what others say.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use super::conversations::Conversations;
use super::interpreter::{self, Remark, Reporter, Stop};
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

/// The user's side of the conversation.
pub(super) struct Keyboard {
    conversations: Arc<Conversations>,
    outbox: Arc<Outbox>,
    screen: Arc<Screen>,
    palette: Palette,
    remote: Sender<(Command, Sender<()>)>,
    /// The errand that is still on its way.
    pending: Option<Receiver<()>>,
}

impl Keyboard {
    /// Remote are run by a thread of their own from now on.
    pub(super) fn new(remote: Remote, screen: Arc<Screen>, report: impl Fn(Failure) + Send + 'static) -> Self {
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
    pub(super) fn follow(&mut self, editor: &mut Editor) -> Result<Stop, Failure> {
        loop {
            match editor.read()? {
                Typed::End => return Ok(Stop::Quit),
                Typed::Called => return Ok(Stop::Called),
                Typed::Line(line) => {
                    if let Some(stop) = self.carry_out(&line)? {
                        return Ok(stop);
                    }
                }
            }
        }
    }

    fn carry_out(&mut self, line: &str) -> Result<Option<Stop>, Failure> {
        let input = commands::read(line);
        // The command before may decide what this one is about.
        if depends_on_remote(&input) && !self.settle()? {
            self.reject(format!("Not done: {}", visible(line.trim_end())))?;
            return Ok(None);
        }
        interpreter::carry_out(input, &Arc::clone(&self.conversations), self)
    }

    /// Waits for the errand that is on its way. Says whether it is over: Ctrl-C ends the waiting before that.
    fn settle(&mut self) -> Result<bool, Failure> {
        let Some(pending) = &self.pending else { return Ok(true) };
        // It answers by going away.
        let mut is_over = pending.recv_timeout(REMOTE_PAUSE) != Err(RecvTimeoutError::Timeout);
        if !is_over {
            self.dim("Waiting for the server. Ctrl-C ends the waiting.")?;
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

    fn dim(&self, text: &str) -> Result<(), Failure> {
        self.screen.say(&self.palette.dim(&fold(text, self.screen.columns())))
    }
}

impl Reporter for Keyboard {
    fn send(&mut self, to: Conversation, text: &str) -> Result<(), Failure> {
        if self.outbox.add(to, text)? {
            self.dim(&unsent(text))?;
        }
        Ok(())
    }

    /// Has the other thread carry it out, and waits a little for it.
    fn run(&mut self, command: Command) -> Result<(), Failure> {
        let (done, wait) = mpsc::channel();
        if self.remote.send((command, done)).is_ok()
            && wait.recv_timeout(REMOTE_PAUSE) == Err(RecvTimeoutError::Timeout)
        {
            self.pending = Some(wait);
        }
        Ok(())
    }

    fn print(&mut self, text: &str) -> Result<(), Failure> {
        self.screen.say(text)
    }

    fn print_table(&mut self, rows: &[(String, String)]) -> Result<(), Failure> {
        self.screen.say(&listing::table(rows, self.screen.columns()))
    }

    fn remark(&mut self, remark: Remark) -> Result<(), Failure> {
        self.dim(match remark {
            Remark::NothingToSend => "(nothing to send)",
            Remark::NothingUnread => "Nothing is unread elsewhere.",
        })
    }

    fn reject(&mut self, why: String) -> Result<(), Failure> {
        self.screen.say(&fold(&why, self.screen.columns()))
    }

    fn clear(&mut self) -> Result<(), Failure> {
        self.screen.clear()
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
pub(super) fn vanishes(line: &str) -> bool {
    matches!(commands::read(line), Input::Say(_) | Input::Nothing | Input::Do(Command::Msg { .. }))
}

/// A line that has to wait.
pub(super) fn unsent(text: &str) -> String {
    format!("… not sent yet: {}", visible(text))
}
