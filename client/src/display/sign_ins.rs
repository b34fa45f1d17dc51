//! A list of sessions. Knows only strings and columns.

use super::clock::local_time;
use super::measure::{clip, width};
use crate::domain::visible;

/// How many signs of an id are shown, which are enough to name it.
const ID: usize = 8;
/// How wide the name of a client is shown.
const CLIENT: usize = 28;
/// As wide as the longest IPv6 address.
const ADDRESS: usize = 39;

/// Formats the heading of the list.
pub(crate) fn heading() -> String {
    line("id", "client", "address", "last seen", false)
}

/// Formats a session.
pub(crate) fn row(id: &str, client: &str, address: &str, last_seen_at: &str, is_current: bool) -> String {
    line(&shown(id), &or_unknown(client), &or_unknown(address), &local_time(last_seen_at), is_current)
}

/// Returns the part of an id that is shown.
pub(crate) fn shown(id: &str) -> String {
    visible(id).chars().take(ID).collect()
}

/// Says in a few words where a session is.
pub(crate) fn place(client: &str, address: &str, is_current: bool) -> String {
    if is_current { "this session".to_owned() } else { format!("{}, {}", or_unknown(client), or_unknown(address)) }
}

fn or_unknown(text: &str) -> String {
    if text.is_empty() { "unknown".to_owned() } else { visible(text) }
}

/// Returns the id that begins with these signs, if there is exactly one.
pub(crate) fn find<'a>(ids: impl Iterator<Item = &'a str>, begin: &str) -> Option<&'a str> {
    let mut found = ids.filter(|id| !begin.is_empty() && id.starts_with(&begin.to_lowercase()));
    found.next().filter(|_| found.next().is_none())
}

fn line(id: &str, client: &str, address: &str, seen: &str, is_current: bool) -> String {
    let fill = |text: &str, columns: usize| {
        let text = clip(text, columns);
        let gap = columns.saturating_sub(width(&text));
        text + &" ".repeat(gap)
    };
    let address_columns = ADDRESS.min(width(address).max(15));
    let this = if is_current { "  this session" } else { "" };
    format!("{}  {}  {}  {seen}{this}", fill(id, ID), fill(client, CLIENT), fill(address, address_columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_its_beginning_if_no_other_begins_so() {
        let ids = ["0a1b", "0a2c", "1fff"];
        for (begin, found) in [("1", Some("1fff")), ("0A1", Some("0a1b")), ("0a", None), ("", None), ("2", None)] {
            assert_eq!(find(ids.into_iter(), begin), found, "{begin}");
        }
    }

    #[test]
    fn a_row_shows_what_is_known() {
        let row = row("0a1b2c3d4e5f", "", "192.0.2.7\u{1b}", "2026-11-21T10:00:00.000Z", true);
        assert!(row.starts_with("0a1b2c3d  unknown ") && row.ends_with("this session"), "{row}");
        assert!(!row.contains('\u{1b}'));
    }
}
