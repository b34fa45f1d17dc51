//! Commands that need the server, one at a time. Knows nothing of keys, and not who waits.

use std::sync::Arc;

use linger_api::{ConversationStatus, Page, Room};

use super::changes;
use super::conversations::Conversations;
use super::outbox::Outbox;
use super::view::View;
use crate::commands::Command;
use crate::display::{listing, local_time};
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Http, PAGE_LIMIT, Place, with_key};

/// How many messages are shown on entering a conversation.
pub(super) const LATEST: usize = 10;
/// How many messages `/history` shows by default.
const PAGE: usize = 20;

/// Runs remote commands for one session.
pub(super) struct Remote {
    pub(super) http: Arc<Http>,
    pub(super) view: Arc<View>,
    pub(super) conversations: Arc<Conversations>,
    pub(super) outbox: Arc<Outbox>,
}

impl Remote {
    /// Carries out a command. Commands that need no server are no-ops here.
    pub(super) fn carry_out(&self, command: &Command) -> Result<(), Failure> {
        match command {
            Command::Rooms { is_archived } => self.list_rooms(*is_archived),
            Command::Create { room, is_private } => self.create(room, *is_private),
            Command::Group { names } => self.start_group(names),
            Command::Room(command) => self.in_room(command),
            Command::Own(command) => self.own_account(command),
            Command::Join { room } => self.join(room),
            Command::Leave { room } => self.leave(room.as_deref()),
            Command::Switch { to: Some(to) } => self.switch(to),
            Command::Query { to: Some(to), .. } => self.query(to),
            Command::Who => self.list_online(),
            Command::Whois { name } => self.describe(name),
            Command::History { count } => self.page_back(count.unwrap_or(PAGE).min(PAGE_LIMIT)),
            Command::Read { what } => self.mark_read(what.as_deref()),
            Command::Status => self.tell_status(),
            Command::Edit { seq, text: Some(text) } => self.edit(*seq, text),
            Command::Delete { seq } => self.delete(*seq),
            Command::React { seq, emoji, is_given } => self.react(*seq, emoji, *is_given),
            Command::Numbers => self.list_numbers(),
            _ => Ok(()),
        }
    }

    fn list_rooms(&self, is_archived: bool) -> Result<(), Failure> {
        let rooms = self.http.all_rooms(is_archived)?;
        let direct: Vec<_> = match is_archived {
            true if rooms.is_empty() => return self.view.print_notice("No room is archived."),
            true => Vec::new(),
            false => self.http.status(None)?.conversations.into_iter().filter_map(|one| one.with).collect(),
        };
        let unread = self.conversations.list_unread();
        let count = |conversation: &Conversation, _| {
            unread.iter().find(|(one, _)| one == conversation).map_or(0, |(_, count)| *count)
        };
        let rows = listing::rows(&rooms, &direct, count);
        self.conversations.numbered(rows.iter().map(|row| row.conversation.clone()).collect());
        self.view.print(&listing::conversations(&rows, self.view.palette()))
    }

    fn create(&self, room: &str, is_private: bool) -> Result<(), Failure> {
        self.enter_new(|key| match is_private {
            true => self.http.create_private(Some(room), &[], key),
            false => self.http.create_room(room, key),
        })
    }

    /// Creates a room and goes there.
    pub(super) fn enter_new(&self, create: impl Fn(&str) -> Result<Room, Failure>) -> Result<(), Failure> {
        let room = self.conversations.while_joining(|| {
            let room = with_key(create)?;
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

    /// Makes a conversation the current one, once the server confirms that it exists. Shows its latest messages if none
    /// were shown yet.
    pub(super) fn go(&self, typed: Conversation) -> Result<(), Failure> {
        let to = typed.folded();
        let is_joined = matches!(&to, Conversation::Room(name) if self.conversations.room_id(name).is_some());
        let is_shown = self.conversations.shown_of(&to).is_some() && self.conversations.is_followed(&to);
        if is_shown || is_joined {
            self.conversations.switch(to.clone());
        }
        // A program did not ask for messages that it has read before.
        if is_shown || is_joined && !self.view.is_typed() {
            return Ok(());
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
        self.show_history(&to, Some(found.newest + 1), LATEST, &to.to_string(), false)
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

    fn list_online(&self) -> Result<(), Failure> {
        let users = self.http.all_users(true)?;
        self.conversations.met(users.iter().map(|user| user.name.clone()));
        let heading = format!("{} online:", users.len());
        let names = users.iter().map(|user| user.name.as_str());
        self.view.print(&listing::names(&heading, names, self.view.columns()))
    }

    fn describe(&self, name: &str) -> Result<(), Failure> {
        let typed = Conversation::Direct(name.to_owned());
        let name = name.to_lowercase();
        let shown = visible(&name);
        if name == self.conversations.me() {
            return self.view.print(&format!("{shown} is you."));
        }
        let with = self.find(&typed)?;
        let is_online = self.http.all_users(true)?.iter().any(|user| user.name == name);
        let presence = if is_online { "is online" } else { "is not online" };
        self.conversations.met([name]);
        let said = match with.newest {
            0 => "No private messages.".to_owned(),
            1 => "1 private message.".to_owned(),
            count => format!("{count} private messages."),
        };
        self.view.print(&format!("{shown} {presence}. {said}"))
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
        let kind = if status.user.guest { " (a guest)" } else { "" };
        let mut rows = vec![
            ("you".to_owned(), format!("{}{kind}, in {}", visible(&status.user.name), self.conversations.current())),
            ("server".to_owned(), format!("linger {} at {}", visible(&status.server.version), self.http.server())),
            ("since".to_owned(), local_time(&status.server.started_at)),
            ("online".to_owned(), status.users_online.to_string()),
            ("joined".to_owned(), status.conversations.iter().filter(|one| one.room.is_some()).count().to_string()),
            ("unread".to_owned(), status.conversations.iter().map(|one| one.unread).sum::<i64>().to_string()),
        ];
        match self.outbox.stuck() {
            0 => {}
            stuck => rows.push(("unsent".to_owned(), stuck.to_string())),
        }
        self.view.print(&listing::table(&rows, self.view.columns()))
    }
}

fn missing(what: &Conversation) -> String {
    match what {
        Conversation::Room(name) => format!("There is no room named {name}"),
        Conversation::Direct(name) => format!("There is no user named {name}"),
    }
}
