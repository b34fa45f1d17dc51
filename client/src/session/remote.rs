//! Commands that need the server, one at a time. Knows nothing of keys, and not who waits.

use std::cell::OnceCell;
use std::sync::Arc;

use linger_api::{ConversationStatus, Page, Room};

use super::changes;
use super::conversations::Conversations;
use super::goal::missing;
use super::outbox::Outbox;
use super::view::View;
use crate::commands::Command;
use crate::display::{listing, local_time};
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Http, PAGE_LIMIT, Place, new_key, with_key};

/// How many messages are shown on entering a conversation.
pub(super) const LATEST: usize = 10;
/// How many messages `/history` shows by default.
pub(super) const PAGE: usize = 20;
/// How many messages are shown at most on going back to a conversation with unread ones.
const MOST_AGAIN: usize = 50;

/// Runs remote commands for one session.
pub(super) struct Remote {
    pub(super) http: Arc<Http>,
    pub(super) view: Arc<View>,
    pub(super) conversations: Arc<Conversations>,
    pub(super) outbox: Arc<Outbox>,
}

/// What a command was meant to do when it was typed. A retry uses the same intent.
pub(super) struct Intent {
    /// The idempotency key of what it creates.
    key: String,
    /// Where it leads, if it does not say so itself.
    goal: Option<Conversation>,
    /// The seq of the message that it changes. Empty until the message is found, unless the command names it.
    message: OnceCell<i64>,
}

impl Intent {
    /// Returns the same intent under another key.
    pub(super) fn under(self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self }
    }
}

impl Remote {
    /// Returns what a command means now.
    pub(super) fn intent(&self, command: &Command) -> Result<Intent, Failure> {
        let goal = match command {
            Command::Switch { to: None } | Command::Query { to: None, .. } => Some(self.conversations.previous()),
            Command::Next => self.conversations.list_unread().into_iter().next().map(|(oldest, _)| oldest),
            _ => None,
        };
        let message = match command {
            Command::Edit { seq: Some(seq), .. }
            | Command::Delete { seq: Some(seq) }
            | Command::React { seq: Some(seq), .. } => OnceCell::from(*seq),
            _ => OnceCell::new(),
        };
        Ok(Intent { key: new_key()?, goal, message })
    }

    /// Carries out a command. Commands that need no server are no-ops here.
    pub(super) fn carry_out(&self, command: &Command) -> Result<(), Failure> {
        self.carry_out_as(command, &self.intent(command)?)
    }

    /// Carries out a command as it was meant, perhaps not for the first time.
    pub(super) fn carry_out_as(&self, command: &Command, intent: &Intent) -> Result<(), Failure> {
        match command {
            Command::Rooms { like, is_archived } => self.list_rooms(like.as_deref(), *is_archived),
            Command::Users { like } => self.list_users(like.as_deref()),
            Command::Create { room, is_private } => self.create(room, *is_private, &intent.key),
            Command::Group { names } => self.start_group(names, &intent.key),
            Command::Room(command) => self.in_room(command),
            Command::Own(command) => self.own_account(command),
            Command::Join { room } => self.join(room),
            Command::Leave { room } => self.leave(room.as_deref()),
            Command::Switch { to: Some(to) } => self.switch(to),
            Command::Switch { to: None } | Command::Query { to: None, .. } | Command::Next => match &intent.goal {
                Some(goal) => self.go_back(goal.clone()),
                None => Ok(()),
            },
            Command::Last { count } => self.show_last(count.unwrap_or(PAGE).min(PAGE_LIMIT)),
            Command::Mentions => self.list_mentions(),
            Command::Query { to: Some(to), .. } => self.query(to),
            Command::Who => self.list_online(),
            Command::Whois { name } => self.describe(name),
            Command::History { count } => self.page_back(count.unwrap_or(PAGE).min(PAGE_LIMIT)),
            Command::Read { what } => self.mark_read(what.as_deref()),
            Command::Status => self.tell_status(),
            Command::Edit { text: Some(text), .. } => self.edit(&intent.message, text),
            Command::Delete { .. } => self.delete(&intent.message),
            Command::React { emoji, is_given, .. } => self.react(&intent.message, emoji, *is_given),
            Command::Numbers => self.list_numbers(),
            _ => Ok(()),
        }
    }

    fn create(&self, room: &str, is_private: bool, key: &str) -> Result<(), Failure> {
        self.enter_new(key, |key| match is_private {
            true => self.http.create_private(Some(room), &[], key),
            false => self.http.create_room(room, key),
        })
    }

    /// Creates a room and goes there.
    pub(super) fn enter_new(&self, key: &str, create: impl Fn(&str) -> Result<Room, Failure>) -> Result<(), Failure> {
        let room = self.conversations.while_joining(|| {
            let room = with_key(key, create)?;
            self.conversations.joined(&room.name, room.id);
            Ok(room)
        })?;
        self.conversations.switch(Conversation::Room(room.name));
        Ok(())
    }

    fn join(&self, room: &str) -> Result<(), Failure> {
        let by_number = self.conversations.by_number(room);
        let room = room.strip_prefix('#').unwrap_or(room);
        self.go(by_number.unwrap_or_else(|| Conversation::Room(room.to_owned())))
    }

    fn switch(&self, to: &str) -> Result<(), Failure> {
        match self.conversations.named(to) {
            Some(conversation) => self.go(conversation),
            None => self.go(Conversation::Room(to.to_owned())),
        }
    }

    fn query(&self, to: &str) -> Result<(), Failure> {
        self.go(Conversation::Direct(to.to_owned()))
    }

    /// Makes a known conversation the current one, and shows its latest messages to a user who is in it.
    fn go_back(&self, to: Conversation) -> Result<(), Failure> {
        if self.view.is_typed() && self.conversations.is_followed(&to) {
            return self.go(to);
        }
        self.conversations.switch(to);
        Ok(())
    }

    /// Makes a conversation the current one, once the server confirms that it exists. Shows a user its latest messages.
    pub(super) fn go(&self, typed: Conversation) -> Result<(), Failure> {
        let to = typed.folded();
        let is_joined = matches!(&to, Conversation::Room(name) if self.conversations.room_id(name).is_some());
        let is_shown = self.conversations.shown_of(&to).is_some() && self.conversations.is_followed(&to);
        let unread = self.conversations.unread_in(&to);
        if is_shown || is_joined {
            self.conversations.switch(to.clone());
        }
        match (is_shown, self.view.is_typed()) {
            (true, true) => return self.show_again(&to, unread.clamp(LATEST, MOST_AGAIN)),
            // A program did not ask for messages that it has read before.
            (_, false) if is_shown || is_joined => return Ok(()),
            _ => {}
        }
        let found = self.find(&typed)?;
        let to = match (found.room_id, found.room.clone()) {
            (Some(id), Some(name)) => {
                if !is_joined {
                    self.conversations.while_joining(|| {
                        self.http.join_room(id)?;
                        self.conversations.joined(&name, id);
                        Ok(())
                    })?;
                }
                Conversation::Room(name)
            }
            _ => to,
        };
        if is_joined || matches!(to, Conversation::Direct(_)) {
            self.note_gap(&to, &found);
        }
        self.conversations.switch(to.clone());
        if found.newest == 0 {
            return Ok(());
        }
        self.show_history(&to, Some(found.newest + 1), LATEST, &to.to_string(), false)?;
        // The unread messages that the server counted are on the screen now, so they are read.
        self.conversations.switch(to);
        Ok(())
    }

    /// Shows the latest messages of a conversation, some of which were shown before. The server is asked only for what
    /// is not known, and need not be there.
    fn show_again(&self, of: &Conversation, count: usize) -> Result<(), Failure> {
        let known = self.conversations.latest(of, count);
        let is_all = known.len() == count || known.first().is_some_and(|oldest| oldest.seq == 1);
        let fetched = if is_all { None } else { self.page_before(of, None, count).ok() };
        self.view.history(of, &fetched.map_or(known, |page| page.messages), &of.to_string(), false)
    }

    /// Shows the latest messages of the current conversation.
    fn show_last(&self, count: usize) -> Result<(), Failure> {
        let current = self.conversations.current();
        match self.find(&current)?.newest {
            0 => self.view.print_notice(&format!("There are no messages in {current}.")),
            newest => self.show_history(&current, Some(newest + 1), count, &current.to_string(), false),
        }
    }

    /// Records that of a conversation that is entered, only the latest of the unread messages will be shown.
    fn note_gap(&self, of: &Conversation, found: &ConversationStatus) {
        let unread = usize::try_from(found.unread).unwrap_or_default();
        if self.view.is_typed() && unread > LATEST {
            self.conversations.left_out(of, unread, found.last_read + 1);
        }
    }

    pub(super) fn find(&self, what: &Conversation) -> Result<ConversationStatus, Failure> {
        let found = self.http.conversation(what);
        found.map_err(|failure| failure.or_missing(|| missing(what)))
    }

    fn leave(&self, room: Option<&str>) -> Result<(), Failure> {
        let room = match (room, self.conversations.current()) {
            (Some(room), _) => room.to_lowercase(),
            (None, Conversation::Room(room)) => room,
            (None, Conversation::Direct(_)) => {
                self.conversations.switch(self.conversations.previous());
                return Ok(());
            }
        };
        let Some(id) = self.conversations.room_id(&room) else {
            return Err(Failure::Missing(format!("You are not in #{room}")));
        };
        self.conversations.leaves(&room);
        self.http.leave_room(id).inspect_err(|_| self.conversations.stays(&room))?;
        self.conversations.left(&room);
        self.view.print_notice(&format!("You left #{}.", visible(&room)))
    }

    fn page_back(&self, count: usize) -> Result<(), Failure> {
        let current = self.conversations.current();
        let before = self.conversations.shown_of(&current).map(|shown| shown.oldest);
        if before == Some(1) {
            return self.view.print_notice("There are no older messages.");
        }
        self.show_history(&current, before, count, &format!("{current}, earlier"), true)
    }

    /// Shows the messages before this seq. Without a seq, shows the newest.
    pub(super) fn show_history(
        &self,
        of: &Conversation,
        before: Option<i64>,
        count: usize,
        rule: &str,
        is_numbered: bool,
    ) -> Result<(), Failure> {
        let page = self.page_before(of, before, count)?;
        changes::fetch_quoted(&self.http, &self.conversations, &self.view, &page.messages, true)?;
        self.view.history(of, &page.messages, rule, is_numbered)?;
        self.conversations.forget_unfollowed(of);
        Ok(())
    }

    /// Returns the messages before this seq, or the newest.
    pub(super) fn page_before(&self, of: &Conversation, before: Option<i64>, count: usize) -> Result<Page, Failure> {
        match self.place(of)? {
            Place::Room(id) => self.http.room_before(id, before, count),
            Place::Direct(name) => self.http.direct_before(&name, before, count),
        }
    }

    /// Returns the name of a conversation in calls.
    pub(super) fn place(&self, of: &Conversation) -> Result<Place, Failure> {
        Ok(match of {
            Conversation::Room(name) => match self.conversations.room_id(name) {
                Some(id) => Place::Room(id),
                None => Place::Room(self.find(of)?.room_id.unwrap_or_default()),
            },
            Conversation::Direct(name) => Place::Direct(name.clone()),
        })
    }

    fn mark_read(&self, what: Option<&str>) -> Result<(), Failure> {
        let current = self.conversations.current();
        let marked = match what {
            None => vec![current],
            Some("all") => self.conversations.list_unread().into_iter().map(|(one, _)| one).chain([current]).collect(),
            Some(what) => {
                let named = self.conversations.named(what);
                vec![named.ok_or_else(|| Failure::Missing(format!("There is no room or user named {what}")))?.folded()]
            }
        };
        for conversation in marked {
            let newest = self.find(&conversation)?.newest;
            match &conversation {
                Conversation::Direct(with) => self.http.mark_direct_read(with, newest, false)?,
                Conversation::Room(room) => {
                    let id = self.conversations.room_id(room);
                    let id = id.ok_or_else(|| Failure::Missing(format!("You are not in #{room}")))?;
                    self.http.mark_room_read(id, newest, false)?;
                }
            }
            self.conversations.mark_read(&conversation);
            self.view.print_notice(&format!("{conversation} is marked as read."))?;
        }
        Ok(())
    }

    fn tell_status(&self) -> Result<(), Failure> {
        let status = self.http.status(None)?;
        // What was read here is read on the server within a second.
        let unread: i64 = match self.view.is_typed() {
            true => self.conversations.list_unread().iter().map(|(_, count)| *count as i64).sum(),
            false => status.conversations.iter().map(|one| one.unread).sum(),
        };
        let kind = if status.user.guest { " (a guest)" } else { "" };
        let mut rows = vec![
            ("you".to_owned(), format!("{}{kind}, in {}", visible(&status.user.name), self.conversations.current())),
            ("server".to_owned(), format!("linger {} at {}", visible(&status.server.version), self.http.server())),
            ("since".to_owned(), local_time(&status.server.started_at)),
            ("online".to_owned(), status.users_online.to_string()),
            ("joined".to_owned(), status.conversations.iter().filter(|one| one.room.is_some()).count().to_string()),
            ("unread".to_owned(), unread.to_string()),
        ];
        match self.outbox.stuck() {
            0 => {}
            stuck => rows.push(("unsent".to_owned(), stuck.to_string())),
        }
        self.view.print(&listing::table(&rows, self.view.columns()))
    }
}
