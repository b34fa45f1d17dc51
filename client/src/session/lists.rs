//! The commands that list rooms and users. Knows nothing of keys.

use super::remote::Remote;
use crate::display::listing;
use crate::domain::{Conversation, Failure, visible};

/// How many users a list shows.
const USERS: usize = 20;

impl Remote {
    pub(super) fn list_rooms(&self, like: Option<&str>, is_archived: bool) -> Result<(), Failure> {
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
        self.view.print(&self.numbered(rows, like))
    }

    /// Formats a list of the rows that are named like this, or of the most important ones. Their numbers are what
    /// `/join` takes.
    pub(super) fn numbered(&self, rows: Vec<listing::Row>, like: Option<&str>) -> String {
        let (rows, left_out) = match like {
            Some(like) => (listing::matching(rows, like), 0),
            None if self.view.is_typed() => listing::shortened(rows),
            None => (rows, 0),
        };
        if let (true, Some(like)) = (rows.is_empty(), like) {
            return format!("No room or user here is named like {}.", visible(like));
        }
        self.conversations.numbered(rows.iter().map(|row| row.conversation.clone()).collect());
        let list = listing::conversations(&rows, self.view.palette());
        match left_out {
            0 => list,
            more => format!("{list}\n… {} more: /rooms WORD", listing::grouped(more)),
        }
    }

    /// Lists users, the first ones or those who are named like this.
    pub(super) fn list_users(&self, like: Option<&str>) -> Result<(), Failure> {
        let like = like.map(str::to_lowercase);
        let mut users = self.http.all_users(false)?;
        users.retain(|user| like.as_ref().is_none_or(|like| user.name.contains(like)));
        if let (true, Some(like)) = (users.is_empty(), &like) {
            return self.view.print_notice(&format!("No user is named like {}.", visible(like)));
        }
        users.sort_by(|one, other| other.online.cmp(&one.online).then_with(|| one.name.cmp(&other.name)));
        let shown = if self.view.is_typed() { users.len().min(USERS) } else { users.len() };
        self.conversations.met(users[..shown].iter().map(|user| user.name.clone()));
        let rows =
            users[..shown].iter().map(|user| (visible(&user.name), if user.online { "online" } else { "" }.to_owned()));
        let list = listing::table(&rows.collect::<Vec<_>>(), self.view.columns());
        self.view.print(&match users.len() - shown {
            0 => list,
            more => format!("{list}\n… {} more: /users WORD", listing::grouped(more)),
        })
    }

    pub(super) fn list_online(&self) -> Result<(), Failure> {
        let users = self.http.all_users(true)?;
        self.conversations.met(users.iter().map(|user| user.name.clone()));
        let heading = format!("{} online:", users.len());
        let names = users.iter().map(|user| user.name.as_str());
        self.view.print(&listing::names(&heading, names, self.view.columns()))
    }

    pub(super) fn describe(&self, name: &str) -> Result<(), Failure> {
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
}
