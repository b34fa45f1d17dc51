//! Marks beside a message's text: that it is a reply, was edited or deleted, and its reactions. Knows no terminal.

use jiff::{Timestamp, Zoned};
use linger_api::{Message, Reaction};

use super::look::time_and_date;
use super::measure::clip;
use crate::domain::visible;

/// The columns of a reply's mark, if nothing else limits them.
const QUOTE: usize = 60;

/// Returns the mark of a reply: the number of the other message, and if it is known, who said what.
pub(super) fn reply_mark(seq: i64, quoted: Option<&Message>, columns: Option<usize>) -> String {
    let Some(quoted) = quoted else { return format!(" ↳ {seq}") };
    let text = match quoted.deleted_at {
        Some(_) => "(deleted)".to_owned(),
        None => visible(&quoted.text.replace('\n', " ")),
    };
    clip(&format!(" ↳ {seq} {}: {text}", visible(&quoted.from)), columns.unwrap_or(QUOTE).max(1))
}

/// Says whether a message was edited or deleted, and which reactions it has.
pub(super) fn state(message: &Message, now: &Zoned) -> String {
    if message.deleted_at.is_some() {
        return match &message.deleted_by {
            Some(by) if *by != message.from => format!("(deleted by {})", visible(by)),
            _ => "(deleted)".to_owned(),
        };
    }
    let edited_at = message.edited_at.as_ref().and_then(|at| at.parse::<Timestamp>().ok());
    let edited = edited_at.map(|at| {
        let at = at.to_zoned(now.time_zone().clone());
        format!("edited {}", time_and_date(&at, now))
    });
    let reactions = (!message.reactions.is_empty()).then(|| counts(&message.reactions));
    edited.into_iter().chain(reactions).collect::<Vec<_>>().join(" · ")
}

/// Formats the reactions to a message.
pub(super) fn counts(reactions: &[Reaction]) -> String {
    let counts = reactions.iter().map(|reaction| format!("{} {}", visible(&reaction.emoji), reaction.count));
    counts.collect::<Vec<_>>().join("  ")
}
