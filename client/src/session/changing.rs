//! The commands that change messages: which message a command means, and its calls. Knows nothing of keys.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use linger_api::Message;

use super::changes;
use super::conversations::Conversations;
use super::outbox::Outbox;
use super::remote::Remote;
use super::view::View;
use crate::domain::{Conversation, Failure};
use crate::http::Place;

/// How many messages are numbered on request.
const NUMBERED: usize = 10;
/// How many messages are searched for one of the user's own.
const SEARCHED: usize = 100;
/// How long a change waits for lines before it to be sent.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long typing may wait for that.
const BRIEFLY: Duration = Duration::from_millis(300);

impl Remote {
    pub(super) fn edit(&self, meant: &OnceCell<i64>, text: &str) -> Result<(), Failure> {
        let (of, place, seq) = self.own(meant)?;
        let before = self.conversations.message(&of, seq);
        let message = self.http.edit(&place, seq, text).map_err(|failure| self.explained(failure, &of, seq))?;
        if before.is_some_and(|before| before.revision == message.revision) {
            return self.view.print_notice(&format!("Message {seq} says that already."));
        }
        self.view.changes([&message])
    }

    pub(super) fn delete(&self, meant: &OnceCell<i64>) -> Result<(), Failure> {
        let (of, place, seq) = self.own(meant)?;
        self.http.delete(&place, seq).map_err(|failure| self.explained(failure, &of, seq))?;
        self.tell(&place, seq)
    }

    /// Reacts to a message: the one of this number, or the latest of another user.
    pub(super) fn react(&self, meant: &OnceCell<i64>, emoji: &str, is_given: bool) -> Result<(), Failure> {
        let of = self.conversations.current();
        let place = self.place(&of)?;
        let seq = find_once(meant, || self.find_last_foreign(&of))?;
        let before = self.conversations.message(&of, seq);
        self.http.react(&place, seq, emoji, is_given).map_err(|failure| self.explained(failure, &of, seq))?;
        // The next poll tells it too, if this fails.
        let Ok(message) = self.http.message(&place, seq) else { return Ok(()) };
        if before.is_some_and(|before| before.revision == message.revision) {
            return self.view.print_notice(&match is_given {
                true => format!("You have reacted to message {seq} with {emoji} already."),
                false => format!("You have not reacted to message {seq} with {emoji}."),
            });
        }
        self.view.changes([&message])
    }

    /// Shows the latest messages of the current conversation with their numbers.
    pub(super) fn list_numbers(&self) -> Result<(), Failure> {
        let of = self.conversations.current();
        let mut latest = self.page_before(&of, None, SEARCHED)?.messages;
        let has_none = latest.is_empty();
        latest.retain(is_there);
        latest.drain(..latest.len().saturating_sub(NUMBERED));
        if latest.is_empty() {
            return self.view.print_notice(&match has_none {
                true => format!("There are no messages in {of}."),
                false => format!("The latest messages in {of} are deleted."),
            });
        }
        changes::fetch_quoted(&self.http, &self.conversations, &self.view, &latest, true)?;
        self.view.numbers(&latest, "with numbers; /history shows more")?;
        self.conversations.forget_unfollowed(&of);
        Ok(())
    }

    /// Tells how a message is now. The next poll tells it too, if this fails.
    fn tell(&self, place: &Place, seq: i64) -> Result<(), Failure> {
        match self.http.message(place, seq) {
            Ok(message) => self.view.changes([&message]),
            Err(_) => Ok(()),
        }
    }

    /// Returns which message of the user's own a command means: the last one, unless it is known already.
    fn own(&self, meant: &OnceCell<i64>) -> Result<(Conversation, Place, i64), Failure> {
        let of = self.conversations.current();
        let place = self.place(&of)?;
        let seq = find_once(meant, || self.find_last_own(&of))?;
        Ok((of, place, seq))
    }

    /// Returns the seq of the latest message of another user.
    fn find_last_foreign(&self, of: &Conversation) -> Result<i64, Failure> {
        if let Some(message) = self.conversations.last_foreign(of) {
            return Ok(message.seq);
        }
        let page = self.page_before(of, None, SEARCHED)?;
        let is_meant = |message: &&Message| message.from != self.conversations.me() && is_there(message);
        match page.messages.iter().rev().find(is_meant) {
            Some(message) => Ok(message.seq),
            None => Err(Failure::Missing(format!("None of the latest messages in {of} is from another user"))),
        }
    }

    /// Returns the seq of the user's own last message.
    fn find_last_own(&self, of: &Conversation) -> Result<i64, Failure> {
        refuse_unsent(&self.outbox, of, PATIENCE)?;
        if let Some(message) = last_own(&self.conversations, &self.outbox, self.view.newest(), of) {
            return Ok(message.seq);
        }
        let page = self.page_before(of, None, SEARCHED)?;
        let is_own = |message: &&Message| message.from == self.conversations.me() && is_there(message);
        match page.messages.iter().rev().find(is_own) {
            Some(message) => Ok(message.seq),
            None => Err(Failure::Missing(format!("None of the latest messages in {of} is yours"))),
        }
    }

    /// Says what is missing: the message, or the call.
    fn explained(&self, failure: Failure, of: &Conversation, seq: i64) -> Failure {
        if !failure.is_no_such_call() {
            return failure;
        }
        match self.http.require_changes() {
            Ok(()) => failure.or_missing(|| format!("There is no message {seq} in {of}")),
            Err(older) => older,
        }
    }
}

/// Returns a message of the user's own, with its text, to be edited: the last one, unless a number is given.
pub(super) fn editable(
    view: &View,
    conversations: &Conversations,
    outbox: &Outbox,
    seq: Option<i64>,
) -> Result<Message, Failure> {
    let of = conversations.current();
    let found = match seq {
        Some(seq) => conversations.message(&of, seq),
        None => {
            refuse_unsent(outbox, &of, BRIEFLY)?;
            last_own(conversations, outbox, view.newest(), &of)
        }
    };
    match (found, seq) {
        (Some(message), _) if message.deleted_at.is_some() => {
            Err(Failure::Missing(format!("Message {} is deleted", message.seq)))
        }
        (Some(message), _) if message.from != conversations.me() => {
            Err(Failure::Missing(format!("Message {} is not yours", message.seq)))
        }
        (Some(message), _) => Ok(message),
        (None, Some(seq)) => Err(Failure::Missing(format!("Message {seq} was not shown: /edit {seq} TEXT changes it"))),
        (None, None) => {
            Err(Failure::Missing("None of your messages was shown: /edit TEXT changes the last".to_owned()))
        }
    }
}

/// Fails if the user's last message in a conversation is not sent within this time.
fn refuse_unsent(outbox: &Outbox, of: &Conversation, patience: Duration) -> Result<(), Failure> {
    let (_, unsent) = outbox.drain(Instant::now() + patience);
    match unsent.iter().any(|line| line.to == *of) {
        true => Err(Failure::Missing(format!("Your last message in {of} is not sent yet"))),
        false => Ok(()),
    }
}

/// Returns the seq that is known already, or finds it and keeps it for a retry.
fn find_once(meant: &OnceCell<i64>, find: impl FnOnce() -> Result<i64, Failure>) -> Result<i64, Failure> {
    if let Some(seq) = meant.get() {
        return Ok(*seq);
    }
    let seq = find()?;
    Ok(*meant.get_or_init(|| seq))
}

/// Returns the user's own last message, even if it was not shown yet.
fn last_own(conversations: &Conversations, outbox: &Outbox, newest: i64, of: &Conversation) -> Option<Message> {
    let is_here = |message: &Message| Conversation::of(message, conversations.me()) == *of;
    let unseen = outbox.unseen(newest).into_iter().rev().find(is_here);
    [conversations.last_own(of), unseen].into_iter().flatten().max_by_key(|message| message.seq)
}

fn is_there(message: &Message) -> bool {
    message.deleted_at.is_none()
}
