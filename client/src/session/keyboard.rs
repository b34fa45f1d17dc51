//! The typed side of a session: reads lines and carries them out, and never lets the server block typing for long.
//! Knows nothing of what others say.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::bookmark::Bookmark;
use super::conversations::Conversations;
use super::interpreter::{self, Remark, Reporter, Stop};
use super::outbox::Outbox;
use super::remote::Remote;
use super::view::View;
use super::{changing, course};
use crate::commands::{self, Command, Input};
use crate::display::{Palette, fold, listing};
use crate::domain::{Conversation, Failure, visible};
use crate::sign_in::Renewal;
use crate::terminal::{self, Editor, Screen, Typed, signals};

/// How long a remote command may delay the next prompt, so that its output appears above it.
const REMOTE_PAUSE: Duration = Duration::from_millis(300);
/// How often Ctrl-C is checked while waiting for a remote command.
const LOOK_PAUSE: Duration = Duration::from_millis(20);
/// The least time that a user needs to see that a command has failed. A line that ends sooner was typed before.
const HASTE: Duration = Duration::from_millis(500);

const NOT_DONE: &str = "The command was not carried out: your session has ended.";

pub(super) struct Keyboard {
    conversations: Arc<Conversations>,
    outbox: Arc<Outbox>,
    screen: Arc<Screen>,
    view: Arc<View>,
    palette: Palette,
    remote: Sender<(Command, Sender<()>)>,
    /// Set while a remote command is running.
    pending: Option<Receiver<()>>,
    /// When a command failed that should have changed the conversation.
    astray_since: Arc<Mutex<Option<Instant>>>,
    /// The next line as it begins.
    draft: Option<String>,
}

impl Keyboard {
    /// Starts a thread that runs remote commands.
    pub(super) fn new(
        remote: Remote,
        renewal: Arc<Renewal>,
        screen: Arc<Screen>,
        bookmark: Arc<Bookmark>,
        report: impl Fn(Failure) + Send + 'static,
    ) -> Self {
        let (conversations, outbox) = (Arc::clone(&remote.conversations), Arc::clone(&remote.outbox));
        let (view, palette) = (Arc::clone(&remote.view), remote.view.palette());
        let (send, receive) = mpsc::channel::<(Command, Sender<()>)>();
        let redraw = Arc::clone(&screen);
        let astray_since = Arc::<Mutex<Option<Instant>>>::default();
        let astray = Arc::clone(&astray_since);
        thread::spawn(move || {
            for (command, done) in receive {
                let leads = course::leads(&Input::Do(command.clone()), &remote.conversations);
                let outcome =
                    remote.intent(&command).and_then(|intent| renewal.call(|_| remote.carry_out_as(&command, &intent)));
                bookmark.keep(&remote.conversations.current());
                let has_failed = outcome.is_err();
                let outcome = match outcome {
                    // The inbox sees the same failure, and asks the user to sign in.
                    Err(failure) if failure.is_unauthorized() => remote.view.print_notice(NOT_DONE),
                    Err(failure @ (Failure::Terminal(_) | Failure::OutputClosed)) => Err(failure),
                    Err(failure) => remote.view.print_failure(&failure),
                    Ok(()) => Ok(()),
                };
                if leads {
                    *astray.lock().expect(NO_PANIC) = has_failed.then(Instant::now);
                }
                drop(done);
                if let Err(failure) = outcome.and_then(|()| redraw.redraw()) {
                    report(failure);
                }
            }
        });
        Self { conversations, outbox, screen, view, palette, remote: send, pending: None, astray_since, draft: None }
    }

    /// Carries out lines until the user leaves or another thread calls.
    pub(super) fn follow(&mut self, editor: &mut Editor) -> Result<Stop, Failure> {
        loop {
            match editor.read()? {
                Typed::End => return Ok(Stop::Quit),
                Typed::Called => return Ok(Stop::Called),
                Typed::Line(line) => {
                    if let Some(stop) = self.carry_out(&line)? {
                        return Ok(stop);
                    }
                    if let Some(draft) = self.draft.take() {
                        editor.begin(draft);
                    }
                }
            }
        }
    }

    fn carry_out(&mut self, line: &str) -> Result<Option<Stop>, Failure> {
        let input = commands::read(line);
        // The running command may decide what this line is about.
        if depends_on_remote(&input) && !self.settle()? {
            self.reject(format!("Not done: {}", visible(line.trim_end())))?;
            return Ok(None);
        }
        if course::is_relative(&input) && self.is_astray() {
            self.reject(visible(&course::refusal(line)))?;
            return Ok(None);
        }
        if matches!(input, Input::Unknown(_) | Input::Misused(_)) && course::leads(&input, &self.conversations) {
            *self.astray_since.lock().expect(NO_PANIC) = Some(Instant::now());
        }
        interpreter::carry_out(input, &Arc::clone(&self.conversations), self)
    }

    /// Returns whether a line was typed for a conversation that a command should have entered, and did not.
    fn is_astray(&self) -> bool {
        self.astray_since.lock().expect(NO_PANIC).is_some_and(|since| since.elapsed() < HASTE)
    }

    /// Waits for the running remote command. Returns false if the user gave up waiting with Ctrl-C.
    fn settle(&mut self) -> Result<bool, Failure> {
        let Some(pending) = &self.pending else { return Ok(true) };
        // The sender is dropped when the command is done.
        let mut is_over = pending.recv_timeout(REMOTE_PAUSE) != Err(RecvTimeoutError::Timeout);
        if !is_over {
            signals::take_called_off();
            is_over = terminal::with_ctrl_c(|| {
                // Printed only now, so that Ctrl-C works as soon as the user reads it.
                self.dim("Waiting for the server. Press Ctrl-C to stop waiting.")?;
                loop {
                    match pending.recv_timeout(LOOK_PAUSE) {
                        Err(RecvTimeoutError::Timeout) if signals::take_called_off() => return Ok(false),
                        Err(RecvTimeoutError::Timeout) => {}
                        _ => return Ok(true),
                    }
                }
            })??;
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
    fn send(&mut self, to: Conversation, text: &str, reply_to: Option<i64>) -> Result<(), Failure> {
        if self.outbox.add(to, text, reply_to)? {
            self.dim(&unsent(text))?;
        }
        Ok(())
    }

    fn draft(&mut self, seq: Option<i64>) -> Result<(), Failure> {
        match changing::editable(&self.view, &self.conversations, &self.outbox, seq) {
            Ok(message) => {
                self.draft = Some(format!("/edit {} {}", message.seq, message.text));
                Ok(())
            }
            Err(failure) => self.reject(visible(&failure.to_string())),
        }
    }

    /// Runs a remote command on the other thread, and waits briefly for it.
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
            Remark::NothingUnread => "No unread messages elsewhere.",
        })
    }

    fn reject(&mut self, why: String) -> Result<(), Failure> {
        self.screen.say(&fold(&why, self.screen.columns()))
    }

    fn clear(&mut self) -> Result<(), Failure> {
        self.screen.clear()
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";

/// Returns whether a running remote command could change the effect of a line.
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

/// Returns whether a line disappears once it is entered, because its text comes back as a message.
pub(super) fn vanishes(line: &str) -> bool {
    matches!(
        commands::read(line),
        Input::Say(_)
            | Input::Nothing
            | Input::Do(
                Command::Msg { .. } | Command::Me { .. } | Command::Reply { .. } | Command::Edit { text: None, .. }
            )
    )
}

/// Formats a line that is not sent yet.
pub(super) fn unsent(text: &str) -> String {
    format!("… not sent yet: {}", visible(text))
}
