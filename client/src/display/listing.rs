//! Lists: conversations to choose from, commands, names. Knows only strings and columns.

use super::measure::{width, wrap};
use super::palette::Palette;
use crate::domain::{Conversation, Listed, visible};

/// The width of a list in a pipe.
const COLUMNS: usize = 80;

/// A conversation in a list.
pub(crate) struct Row {
    pub(crate) conversation: Conversation,
    /// How many users have joined; `None` for a direct conversation.
    pub(super) members: Option<i64>,
    pub(super) is_joined: bool,
    pub(super) unread: usize,
    /// Further facts of a room, and its title.
    pub(super) notes: String,
}

/// Returns the rows of a list: joined rooms, direct conversations, then other rooms.
pub(crate) fn rows(rooms: &[Listed], direct: &[String], unread: impl Fn(&Conversation, i64) -> usize) -> Vec<Row> {
    let room = |Listed { room, facts }: &Listed| {
        let conversation = Conversation::Room(room.name.clone());
        let unread = unread(&conversation, room.unread);
        let title = facts.title.as_deref().map(visible);
        let notes: Vec<_> = facts.notes().into_iter().map(visible).chain(title).collect();
        Row { conversation, members: Some(room.members), is_joined: room.joined, unread, notes: notes.join(", ") }
    };
    let direct = direct.iter().map(|with| {
        let conversation = Conversation::Direct(with.clone());
        let unread = unread(&conversation, 0);
        Row { conversation, members: None, is_joined: true, unread, notes: String::new() }
    });
    let joined = rooms.iter().filter(|listed| listed.room.joined).map(room);
    joined.chain(direct).chain(rooms.iter().filter(|listed| !listed.room.joined).map(room)).collect()
}

/// Formats a list of conversations, numbered from 1.
pub(crate) fn conversations(rows: &[Row], palette: Palette) -> String {
    let name = rows.iter().map(|row| width(&row.conversation.to_string())).max().unwrap_or_default();
    let number = rows.len().to_string().len();
    let line = |(index, row): (usize, &Row)| {
        let shown = row.conversation.to_string();
        let gap = " ".repeat(name - width(&shown));
        let members = match row.members {
            Some(1) => "1 user".to_owned(),
            Some(members) => format!("{members} users"),
            None => String::new(),
        };
        let unread = match (row.unread, row.is_joined) {
            (0, true) => String::new(),
            (0, false) => palette.dim("not joined"),
            (unread, _) => palette.bold(&format!("{unread} unread")),
        };
        let notes = if row.notes.is_empty() { String::new() } else { palette.dim(&row.notes) };
        let state = [unread, notes].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
        format!("{:>number$} {shown}{gap}  {members:<9} {state}", index + 1).trim_end().to_owned()
    };
    rows.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// Formats rows of two cells: side by side, or one below the other on a narrow screen.
pub(crate) fn table(rows: &[(String, String)], columns: Option<usize>) -> String {
    let columns = columns.unwrap_or(COLUMNS);
    let first = rows.iter().map(|(cell, _)| width(cell)).max().unwrap_or_default();
    let is_narrow = first + 24 > columns;
    let indent = if is_narrow { 4 } else { first + 2 };
    let mut lines = Vec::new();
    for (left, right) in rows {
        let room = columns.saturating_sub(indent).max(1);
        let mut parts = wrap(right, room, room).into_iter();
        if is_narrow {
            lines.push(left.clone());
        } else {
            let gap = " ".repeat(indent - width(left));
            lines.push(format!("{left}{gap}{}", parts.next().unwrap_or_default()).trim_end().to_owned());
        }
        lines.extend(parts.map(|part| format!("{}{part}", " ".repeat(indent))));
    }
    lines.join("\n")
}

/// Formats names behind a heading, on as many lines as needed.
pub(crate) fn names<'a>(heading: &str, names: impl Iterator<Item = &'a str>, columns: Option<usize>) -> String {
    let names: Vec<_> = names.map(visible).collect();
    let columns = columns.unwrap_or(COLUMNS);
    wrap(&format!("{heading} {}", names.join(" ")), columns, columns.saturating_sub(2).max(1)).join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(id: i64, name: &str, joined: bool, unread: i64, members: i64) -> Listed {
        let room = serde_json::json!({ "id": id, "name": name, "created_by": null, "created_at": "", "joined": joined,
            "unread": unread, "members": members });
        serde_json::from_value(room).unwrap()
    }

    #[test]
    fn rooms_are_numbered_and_say_what_is_unread() {
        let mut den = room(4, "den", true, 0, 2);
        (den.facts.private, den.facts.role) = (true, Some("owner".into()));
        den.facts.title = Some("The den\u{1b}".into());
        let rooms = [room(1, "general", true, 0, 12), den, room(2, "attic", false, 0, 1), room(3, "lobby", true, 3, 2)];
        let rows = rows(&rooms, &["bob".to_owned()], |_, unread| usize::try_from(unread).unwrap());
        assert_eq!(
            conversations(&rows, Palette::new(false)),
            "1 #general  12 users\n2 #den      2 users   private, owner, The den^[\n3 #lobby    2 users   3 unread\n4 @bob\n\
             5 #attic    1 user    not joined"
        );
    }

    #[test]
    fn a_table_fits_a_narrow_screen() {
        let rows = [("/join ROOM".to_owned(), "join a room and talk there".to_owned())];
        assert_eq!(table(&rows, Some(80)), "/join ROOM  join a room and talk there");
        assert_eq!(table(&rows, Some(24)), "/join ROOM\n    join a room and talk\n    there");
    }

    #[test]
    fn names_are_wrapped() {
        assert_eq!(names("online:", ["alice", "bob"].into_iter(), Some(14)), "online: alice\n  bob");
    }
}
