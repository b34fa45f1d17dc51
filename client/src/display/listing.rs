//! Lists: conversations to choose from, commands, names. Knows only strings and columns.

use std::cmp::Reverse;

use super::measure::{width, wrap};
use super::palette::Palette;
use crate::domain::{Conversation, Listed, visible};

/// The width of a list in a pipe.
const COLUMNS: usize = 80;
/// A longer list of conversations is shortened.
const LONG: usize = 20;
/// How many a short list has at least.
const FEW: usize = 10;

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

/// Returns the rows of a long list that matter most, in the same order, and how many are left out: unread and joined
/// conversations, and the largest rooms if those are few.
pub(crate) fn shortened(mut rows: Vec<Row>) -> (Vec<Row>, usize) {
    let all = rows.len();
    if all <= LONG {
        return (rows, 0);
    }
    let own = rows.iter().filter(|row| row.is_joined).count();
    let unread = rows.iter().filter(|row| row.unread > 0).count();
    let kept = own.clamp(FEW, LONG).max(unread);
    let rank = |row: &Row| (row.unread == 0, !row.is_joined, Reverse(row.members.filter(|_| !row.is_joined)));
    let mut order: Vec<_> = (0..all).collect();
    order.sort_by_key(|at| rank(&rows[*at]));
    order.truncate(kept);
    let mut at = 0..;
    rows.retain(|_| at.next().is_some_and(|at| order.contains(&at)));
    (rows, all - kept)
}

/// Returns the rows whose name or title contains a word, in any case.
pub(crate) fn matching(mut rows: Vec<Row>, word: &str) -> Vec<Row> {
    let word = word.to_lowercase();
    let bare = word.trim_start_matches(['#', '@']);
    rows.retain(|row| row.conversation.name().contains(bare) || row.notes.to_lowercase().contains(&word));
    rows
}

/// Formats a number with a comma before every three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
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
    fn a_long_list_shows_what_is_joined_or_unread_and_large_rooms() {
        let names = |rows: &[Row]| rows.iter().map(|row| row.conversation.to_string()).collect::<Vec<_>>().join(" ");
        let all = |count: i64, joined: &[i64]| {
            let rooms = (1..=count).map(|id| {
                let unread = if id == 77 { 4 } else { 0 };
                room(id, &format!("r{id}"), joined.contains(&id), unread, if id == 50 { 100 } else { id % 40 })
            });
            rows(&rooms.collect::<Vec<_>>(), &["bob".to_owned()], |_, unread| usize::try_from(unread).unwrap())
        };
        let (few, left_out) = shortened(all(19, &[]));
        assert_eq!((few.len(), left_out), (20, 0));
        let (short, left_out) = shortened(all(500, &[1, 2, 77]));
        assert_eq!((short.len(), left_out), (10, 491));
        assert_eq!(names(&short), "#r1 #r2 #r77 @bob #r39 #r50 #r79 #r119 #r159 #r199");
        let joined: Vec<_> = (51..=100).collect();
        let (short, left_out) = shortened(all(500, &joined));
        assert_eq!((short.len(), left_out), (20, 481));
        assert!(names(&short).starts_with("#r51 ") && names(&short).contains("#r77"), "{}", names(&short));
        assert_eq!(
            names(&matching(all(500, &[]), "R49")),
            "#r49 #r490 #r491 #r492 #r493 #r494 #r495 #r496 #r497 #r498 #r499"
        );
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, shown) in [(1, "1"), (980, "980"), (9_980, "9,980"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), shown);
        }
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
