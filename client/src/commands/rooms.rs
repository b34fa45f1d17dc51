//! The commands about a room and who is in it. Does no I/O and knows nothing of how a command is carried out.

use super::command::{Command, InRoom, first_word};
use crate::domain::Switch;

/// Roles that a command gives.
pub(super) const ROLES: [&str; 3] = ["owner", "member", "reader"];
/// Who may post.
pub(super) const POSTING: [&str; 3] = ["everyone", "members", "owners"];
pub(super) const ON_OFF: [&str; 2] = ["on", "off"];

pub(super) fn topic(rest: &str) -> Option<Command> {
    Some(Command::Room(InRoom::Topic { text: text(rest) }))
}

pub(super) fn title(rest: &str) -> Option<Command> {
    Some(Command::Room(InRoom::Title { text: text(rest) }))
}

pub(super) fn members(rest: &str) -> Option<Command> {
    rest.is_empty().then_some(Command::Room(InRoom::Members))
}

pub(super) fn invite(rest: &str) -> Option<Command> {
    name(rest).map(|name| Command::Room(InRoom::Invite { name }))
}

pub(super) fn invite_link(rest: &str) -> Option<Command> {
    let uses = if rest.is_empty() { Some(1) } else { rest.parse().ok().filter(|uses| *uses > 0) };
    uses.map(|uses| Command::Room(InRoom::InviteLink { uses }))
}

pub(super) fn role(rest: &str) -> Option<Command> {
    let (user, role) = first_word(rest);
    let (name, role) = (name(user)?, one_of(&ROLES, role)?);
    Some(Command::Room(InRoom::Role { name, role }))
}

pub(super) fn kick(rest: &str) -> Option<Command> {
    name(rest).map(|name| Command::Room(InRoom::Kick { name }))
}

pub(super) fn ban(rest: &str) -> Option<Command> {
    name(rest).map(|name| Command::Room(InRoom::Ban { name }))
}

pub(super) fn unban(rest: &str) -> Option<Command> {
    name(rest).map(|name| Command::Room(InRoom::Unban { name }))
}

pub(super) fn private(rest: &str) -> Option<Command> {
    switch(rest).map(|is_on| Command::Room(InRoom::Private { is_on }))
}

pub(super) fn archive(rest: &str) -> Option<Command> {
    let is_on = if rest.is_empty() { Some(true) } else { switch(rest) };
    is_on.map(|is_on| Command::Room(InRoom::Archive { is_on }))
}

fn switch(word: &str) -> Option<bool> {
    word.parse::<Switch>().ok().map(|Switch(is_on)| is_on)
}

pub(super) fn posting(rest: &str) -> Option<Command> {
    one_of(&POSTING, rest).map(|by| Command::Room(InRoom::Posting { by }))
}

pub(super) fn create(rest: &str) -> Option<Command> {
    let (room, how) = first_word(rest);
    let room = room.strip_prefix('#').unwrap_or(room);
    let is_private = matches!(how, "private" | "--private");
    (!room.is_empty() && (is_private || how.is_empty())).then(|| Command::Create { room: room.to_owned(), is_private })
}

pub(super) fn group(rest: &str) -> Option<Command> {
    let names: Option<Vec<_>> = rest.split_whitespace().map(name).collect();
    names.filter(|names| !names.is_empty()).map(|names| Command::Group { names })
}

fn text(rest: &str) -> Option<String> {
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// Parses exactly one name, with or without its mark.
pub(super) fn name(rest: &str) -> Option<String> {
    let name = rest.strip_prefix('@').unwrap_or(rest);
    (!name.is_empty() && !name.contains(char::is_whitespace)).then(|| name.to_lowercase())
}

fn one_of(words: &[&'static str], typed: &str) -> Option<&'static str> {
    words.iter().find(|word| **word == typed.to_lowercase()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_about_a_room_names_what_it_is_about() {
        let room = |command| Some(Command::Room(command));
        let bob = || "bob".to_owned();
        assert_eq!(topic(""), room(InRoom::Topic { text: None }));
        assert_eq!(title("The  board"), room(InRoom::Title { text: Some("The  board".into()) }));
        assert_eq!(invite("@Bob"), room(InRoom::Invite { name: bob() }));
        assert_eq!(invite_link("5"), room(InRoom::InviteLink { uses: 5 }));
        assert_eq!(role("bob Owner"), room(InRoom::Role { name: bob(), role: "owner" }));
        assert_eq!(private("off"), room(InRoom::Private { is_on: false }));
        assert_eq!(archive(""), room(InRoom::Archive { is_on: true }));
        assert_eq!(posting("owners"), room(InRoom::Posting { by: "owners" }));
        assert_eq!(create("#den --private"), Some(Command::Create { room: "den".into(), is_private: true }));
        assert_eq!(group("@bob  carol"), Some(Command::Group { names: vec![bob(), "carol".into()] }));
    }

    #[test]
    fn a_command_about_a_room_needs_what_it_is_about() {
        for none in [invite(""), invite("a b"), role("bob"), role("bob king"), private(""), posting("all"), group("")] {
            assert_eq!(none, None);
        }
        for none in [create("den public"), create(""), invite_link("0"), invite_link("x"), kick(""), members("x")] {
            assert_eq!(none, None);
        }
    }
}
