//! The commands about a room and who is in it: their calls, and what they tell. Knows nothing of keys.

use serde_json::json;

use super::remote::Remote;
use crate::commands::InRoom;
use crate::display::{listing, local_time};
use crate::domain::{Conversation, Failure, visible};

/// The text that removes a topic or a title.
const NOTHING: &str = "-";

impl Remote {
    /// Starts a conversation of several users and goes there.
    pub(super) fn start_group(&self, names: &[String], key: &str) -> Result<(), Failure> {
        self.enter_new(key, |key| self.http.create_private(None, names, key))?;
        self.view.print_notice(&format!("{} and you are here, and nobody else sees it.", visible(&names.join(", "))))
    }

    /// Carries out a command about the current room.
    pub(super) fn in_room(&self, command: &InRoom) -> Result<(), Failure> {
        let Conversation::Room(room) = self.conversations.current() else {
            return Err(Failure::Missing("This is a direct conversation: go to a room first".to_owned()));
        };
        let id = match self.conversations.room_id(&room) {
            Some(id) => id,
            None => self.find(&Conversation::Room(room.clone()))?.room_id.unwrap_or_default(),
        };
        let shown = visible(&room);
        let gone = |failure: Failure| older(failure).or_missing(|| format!("There is no room named {room}"));
        let no_user = |name: &str, failure: Failure| {
            let name = name.to_owned();
            older(failure)
                .or_missing(|| format!("There is no user named {name}, or this server is older than linger 0.2"))
        };
        let change = |changes| self.http.change_room(id, &changes).map_err(gone);
        match command {
            InRoom::Topic { text: None } => {
                let topic = self.http.room_facts(id).map_err(gone)?.topic.filter(|topic| !topic.is_empty());
                self.tell_of(&shown, "topic", topic.as_deref())
            }
            InRoom::Title { text: None } => {
                let title = self.http.room_facts(id).map_err(gone)?.title;
                self.tell_of(&shown, "title", title.as_deref())
            }
            InRoom::Topic { text: Some(text) } => {
                let text = if text == NOTHING { "" } else { text };
                let topic = change(json!({ "topic": text }))?.topic.filter(|topic| !topic.is_empty());
                self.tell_of(&shown, "topic", topic.as_deref())
            }
            InRoom::Title { text: Some(text) } => {
                let title = change(json!({ "title": Some(text).filter(|text| *text != NOTHING) }))?.title;
                self.tell_of(&shown, "title", title.as_deref())
            }
            InRoom::Members => self.list_members(&room, id),
            InRoom::Invite { name } => {
                self.http.set_member(id, name, "member").map_err(|failure| no_user(name, failure))?;
                self.conversations.met([name.clone()]);
                self.view.print_notice(&format!("{} is in #{shown} now.", visible(name)))
            }
            InRoom::InviteLink { uses } => {
                let issued = self.http.invite(&room, *uses).map_err(gone)?;
                self.view.print(&visible(&issued.url))?;
                let count = if *uses == 1 { "one new user".to_owned() } else { format!("{uses} new users") };
                let until = local_time(&issued.expires_at);
                self.view.print_notice(&format!("The link lets {count} in, to #{shown}, until {until}."))
            }
            InRoom::Role { name, role } => {
                self.http.set_member(id, name, role).map_err(|failure| no_user(name, failure))?;
                let article = if *role == "owner" { "an" } else { "a" };
                self.view.print_notice(&format!("{} is {article} {role} of #{shown} now.", visible(name)))
            }
            InRoom::Kick { name } => {
                self.http.remove_member(id, name).map_err(|failure| no_user(name, failure))?;
                self.view.print_notice(&format!("{} is no longer in #{shown}.", visible(name)))
            }
            InRoom::Ban { name } => {
                self.http.set_member(id, name, "banned").map_err(|failure| no_user(name, failure))?;
                self.view.print_notice(&format!("{} is banned from #{shown}.", visible(name)))
            }
            InRoom::Unban { name } => {
                self.http.remove_member(id, name).map_err(|failure| no_user(name, failure))?;
                self.view.print_notice(&format!("{} may come back to #{shown}.", visible(name)))
            }
            InRoom::Private { is_on } => {
                change(json!({ "private": is_on }))?;
                self.view.print_notice(&match is_on {
                    true => format!("#{shown} is private now: only its members see it."),
                    false => format!("#{shown} is public now, with everything that was said there."),
                })
            }
            InRoom::Posting { by } => {
                change(json!({ "posting": by }))?;
                let by = if *by == "everyone" { "Everyone who sees it".to_owned() } else { format!("Only its {by}") };
                self.view.print_notice(&format!("{by} may post in #{shown} now."))
            }
            InRoom::Archive { is_on } => {
                change(json!({ "archived": is_on }))?;
                self.view.print_notice(&match is_on {
                    true => format!("#{shown} is archived: it is read only, and /rooms archived lists it."),
                    false => format!("#{shown} is open again."),
                })
            }
        }
    }

    /// Adds to the server's refusal why the user may not post there.
    pub(super) fn why_refused(&self, failure: Failure, to: &Conversation) -> Failure {
        let room = match to {
            Conversation::Room(room) if failure.is_read_only() => room,
            _ => return failure,
        };
        let id = self.conversations.room_id(room);
        let id = id.or_else(|| self.http.conversation(to).ok().and_then(|found| found.room_id));
        match id.and_then(|id| self.http.room_facts(id).ok()).and_then(|facts| facts.why_read_only()) {
            Some(why) => failure.with_advice(why),
            None => failure,
        }
    }

    fn tell_of(&self, room: &str, what: &str, text: Option<&str>) -> Result<(), Failure> {
        match text {
            Some(text) => self.view.print(&format!("The {what} of #{room}: {}", visible(text))),
            None => self.view.print_notice(&format!("#{room} has no {what}.")),
        }
    }

    fn list_members(&self, room: &str, id: i64) -> Result<(), Failure> {
        let members = self.http.members(id);
        let members =
            members.map_err(|failure| older(failure).or_missing(|| format!("There is no room named {room}")))?;
        self.conversations.met(members.iter().map(|member| member.name.clone()));
        let mut lines = Vec::new();
        for (role, heading) in
            [("owner", "owners:"), ("member", "members:"), ("reader", "readers:"), ("banned", "banned:")]
        {
            let mut names = members.iter().filter(|member| member.role == role).map(|member| member.name.as_str());
            if let Some(first) = names.next() {
                lines.push(listing::names(heading, [first].into_iter().chain(names), self.view.columns()));
            }
        }
        self.view.print(&lines.join("\n"))
    }
}

/// Says that the server is too old, if it has no such call.
fn older(failure: Failure) -> Failure {
    match failure.is_no_such_call() && !failure.is_not_found() {
        true => Failure::Missing("This server is older than linger 0.2: it has no calls for that".to_owned()),
        false => failure,
    }
}
