//! What a session shows: each message once, in order of arrival, and notices in between. Knows no server, and nothing
//! of the typed line.

use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use jiff::Zoned;
use linger_api::Message;

use super::alerts::Alerts;
use super::conversations::{Conversations, News};
use crate::display::{Layout, Palette, Transcript, describe, fold};
use crate::domain::{Conversation, Failure, visible, visible_json};
use crate::terminal::{self, Screen};

/// The word in the rule above messages that arrived while the user was away.
pub(super) const UNREAD: &str = "unread";

/// The output of a session.
pub(super) struct View {
    screen: Arc<Screen>,
    conversations: Arc<Conversations>,
    palette: Palette,
    kind: Kind,
    alerts: Alerts,
    transcript: Mutex<Transcript>,
    /// The highest id on the screen.
    newest: Mutex<i64>,
    moved_on: Condvar,
}

/// The reader of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A user on a terminal, who also sees their own messages.
    Typist,
    /// A program that reads lines: only others' messages, all with their conversation.
    Pipe,
    /// A program that reads JSON.
    Json,
}

impl View {
    pub(super) fn new(
        screen: Arc<Screen>,
        conversations: Arc<Conversations>,
        palette: Palette,
        kind: Kind,
        alerts: Alerts,
    ) -> Self {
        let transcript = Mutex::new(Transcript::new(conversations.me(), palette));
        Self {
            screen,
            conversations,
            palette,
            kind,
            alerts,
            transcript,
            newest: Mutex::new(0),
            moved_on: Condvar::new(),
        }
    }

    pub(super) fn palette(&self) -> Palette {
        self.palette
    }

    /// Returns whether a user types below the output.
    pub(super) fn is_typed(&self) -> bool {
        self.kind == Kind::Typist
    }

    /// Returns whether a reply names the message that it answers.
    pub(super) fn quotes(&self) -> bool {
        self.kind != Kind::Json
    }

    /// Returns the width of the screen, or `None` in a pipe.
    pub(super) fn columns(&self) -> Option<usize> {
        self.screen.columns()
    }

    /// Shows messages that were not shown before, under a rule if one is given. Returns once they are visible.
    pub(super) fn messages(&self, messages: &[Message], rule: Option<&str>) -> Result<(), Failure> {
        let mut transcript = self.transcript.lock().expect(NO_PANIC);
        let new: Vec<_> = messages.iter().filter(|message| transcript.is_new(message)).collect();
        let is_seen = self.kind != Kind::Typist || terminal::is_watched();
        for message in &new {
            self.conversations.shown(message, is_seen);
            self.conversations.remember(message);
        }
        let is_wanted = |message: &Message| self.kind == Kind::Typist || message.from != self.conversations.me();
        let wanted: Vec<_> = new.into_iter().filter(|message| is_wanted(message)).collect();
        // The user's own messages are never unread.
        let is_foreign = wanted.iter().any(|message| message.from != self.conversations.me());
        self.show(&mut transcript, &wanted, rule.filter(|_| self.kind == Kind::Typist && is_foreign), false)?;
        if let Some(last) = messages.iter().map(|message| message.id).max() {
            let mut newest = self.newest.lock().expect(NO_PANIC);
            *newest = last.max(*newest);
            self.moved_on.notify_all();
        }
        drop(transcript);
        match self.alerts.unseen(if is_seen { &[] } else { &wanted }, &self.conversations) {
            Err(failure) => self.print_failure(&failure),
            Ok(()) => Ok(()),
        }
    }

    /// Shows older messages of a conversation on request, even if they were shown before.
    pub(super) fn history(
        &self,
        of: &Conversation,
        messages: &[Message],
        rule: &str,
        is_numbered: bool,
    ) -> Result<(), Failure> {
        let mut transcript = self.transcript.lock().expect(NO_PANIC);
        for message in messages {
            transcript.is_new(message);
            self.conversations.paged_back(of, message.seq);
            self.conversations.remember(message);
        }
        self.conversations.met(messages.iter().map(|message| message.from.clone()));
        self.show(&mut transcript, &messages.iter().collect::<Vec<_>>(), Some(rule), is_numbered)
    }

    /// Shows messages with their numbers, under a rule.
    pub(super) fn numbers(&self, messages: &[Message], rule: &str) -> Result<(), Failure> {
        let mut transcript = self.transcript.lock().expect(NO_PANIC);
        for message in messages {
            self.conversations.remember(message);
        }
        self.show(&mut transcript, &messages.iter().collect::<Vec<_>>(), Some(rule), true)
    }

    /// Shows messages of any conversations again, under a rule.
    pub(super) fn list(&self, messages: &[Message], rule: &str) -> Result<(), Failure> {
        let mut transcript = self.transcript.lock().expect(NO_PANIC);
        self.show(&mut transcript, &messages.iter().collect::<Vec<_>>(), Some(rule), false)
    }

    /// Tells what has changed of messages, unless a copy as new was shown or told before.
    pub(super) fn changes<'a>(&self, changed: impl IntoIterator<Item = &'a Message>) -> Result<(), Failure> {
        self.tell(&self.learn(changed))
    }

    /// Takes over what has changed of messages. Returns the lines that tell it.
    pub(super) fn learn<'a>(&self, changed: impl IntoIterator<Item = &'a Message>) -> Vec<String> {
        // No other thread shows one of them meanwhile.
        let transcript = self.transcript.lock().expect(NO_PANIC);
        let (now, current, me) = (Zoned::now(), self.conversations.current(), self.conversations.me());
        let layout = Layout { columns: None, current: Some(&current), now: &now, is_numbered: false };
        let mut lines = Vec::new();
        for message in changed {
            match self.conversations.remember(message) {
                News::Nothing => {}
                News::Since(before) => lines.extend(describe(Some(&before), message, me, &layout)),
                News::Unknown => lines.extend(describe(None, message, me, &layout)),
            }
        }
        drop(transcript);
        lines
    }

    /// Prints lines that tell changes.
    pub(super) fn tell(&self, lines: &[String]) -> Result<(), Failure> {
        if lines.is_empty() { Ok(()) } else { self.print_notice(&lines.join("\n")) }
    }

    /// Forgets the lines above the one being typed, which are drawn again after a change of the screen's width.
    pub(super) fn forget_lines(&self) {
        self.screen.forget();
    }

    /// Shows in the window's title where the user is, and how many messages are unread.
    pub(super) fn entitle(&self) {
        let unread = self.conversations.list_unread().into_iter().map(|(_, messages)| messages).sum();
        self.alerts.count(&self.conversations.current(), unread);
    }

    /// Draws the prompt anew.
    pub(super) fn redraw(&self) -> Result<(), Failure> {
        self.screen.redraw()
    }

    fn show(
        &self,
        transcript: &mut Transcript,
        messages: &[&Message],
        rule: Option<&str>,
        is_numbered: bool,
    ) -> Result<(), Failure> {
        if messages.is_empty() {
            return Ok(());
        }
        let (now, current) = (Zoned::now(), self.conversations.current());
        let current = (self.kind == Kind::Typist).then_some(&current);
        let layout = Layout { columns: self.screen.columns(), current, now: &now, is_numbered };
        let mut lines: Vec<_> = rule.map(|rule| transcript.rule(rule)).into_iter().collect();
        for message in messages {
            lines.push(match self.kind {
                Kind::Json => {
                    let json = serde_json::to_string(message);
                    visible_json(&json.map_err(|error| Failure::Terminal(error.to_string()))?)
                }
                Kind::Typist | Kind::Pipe => {
                    let of = Conversation::of(message, self.conversations.me());
                    let quoted = message.reply_to.and_then(|seq| self.conversations.message(&of, seq));
                    transcript.message(message, quoted.as_ref(), &layout)
                }
            });
        }
        self.screen.print(&lines.join("\n"))
    }

    /// Forgets the highest id: a different database issues ids anew.
    pub(super) fn begin_anew(&self) {
        *self.newest.lock().expect(NO_PANIC) = 0;
    }

    /// Returns the highest id on the screen.
    pub(super) fn newest(&self) -> i64 {
        *self.newest.lock().expect(NO_PANIC)
    }

    /// Waits until the message with this id is shown, at most until `until`.
    pub(super) fn wait_for(&self, id: i64, until: Instant) {
        let newest = self.newest.lock().expect(NO_PANIC);
        let left = until.saturating_duration_since(Instant::now());
        drop(
            self.moved_on.wait_timeout_while(newest, left.max(Duration::ZERO), |newest| *newest < id).expect(NO_PANIC),
        );
    }

    /// Prints a notice.
    pub(super) fn print_notice(&self, text: &str) -> Result<(), Failure> {
        self.screen.print_notice(&self.palette.dim(&fold(text, self.screen.columns())))
    }

    /// Prints a failure.
    pub(super) fn print_failure(&self, failure: &Failure) -> Result<(), Failure> {
        self.screen.print_notice(&fold(&visible(&failure.to_string()), self.screen.columns()))
    }

    /// Prints a result.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        self.screen.print(text)
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";
