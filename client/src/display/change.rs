//! A change to a message, told in a quiet line. Knows no terminal.

use jiff::Timestamp;
use linger_api::{Message, Reaction};

use super::look::time_and_date;
use super::marks::counts;
use super::measure::clip;
use super::transcript::Layout;
use crate::domain::{Conversation, visible};

/// How many columns of a text name the message.
const EXCERPT: usize = 30;
/// How many columns of a new text are shown; `/history` shows all of it.
const TEXT: usize = 1_000;

/// Describes what has changed since `before`, a line for each change. Without `before`, describes how the message is
/// now. Nothing in the lines acts on the terminal.
pub(crate) fn describe(before: Option<&Message>, now: &Message, me: &str, layout: &Layout<'_>) -> Vec<String> {
    let teller = Teller { now, me, layout };
    if now.deleted_at.is_some() {
        return match before.is_some_and(|before| before.deleted_at.is_some()) {
            true => Vec::new(),
            false => vec![teller.deleted()],
        };
    }
    let mut lines = Vec::new();
    if now.edited_at.is_some() && before.is_none_or(|before| before.edited_at != now.edited_at) {
        lines.push(teller.edited());
    }
    match before {
        Some(before) => lines.extend(teller.reactions_since(&before.reactions)),
        // It is not known which of them is new, nor whether the edit is.
        None if !now.reactions.is_empty() => {
            lines.push(format!("— reactions to {}: {}", teller.whole(), counts(&now.reactions)));
        }
        None if lines.is_empty() => lines.push(format!("— no reactions left to {}", teller.whole())),
        None => {}
    }
    lines
}

struct Teller<'a> {
    now: &'a Message,
    me: &'a str,
    layout: &'a Layout<'a>,
}

impl Teller<'_> {
    fn edited(&self) -> String {
        format!("— {} edited {}{}: {}", self.name(&self.now.from), self.time(), self.place(), self.text(TEXT))
    }

    fn deleted(&self) -> String {
        let (from, by) = (&self.now.from, self.now.deleted_by.as_ref().unwrap_or(&self.now.from));
        let whose = if from == by { String::new() } else { format!("{}’s ", visible(from)) };
        format!("— {} deleted {whose}{}{}", self.name(by), self.time(), self.place())
    }

    fn reactions_since(&self, before: &[Reaction]) -> Vec<String> {
        let count = |reactions: &[Reaction], emoji: &str| {
            let found = reactions.iter().find(|reaction| reaction.emoji == emoji);
            found.map_or((0, Vec::new()), |reaction| (reaction.count, reaction.users.clone()))
        };
        let gone = before.iter().filter(|old| self.now.reactions.iter().all(|new| new.emoji != old.emoji));
        let emoji = self.now.reactions.iter().chain(gone).map(|reaction| reaction.emoji.as_str());
        let line = |emoji: &str| {
            let ((old, old_users), (new, users)) = (count(before, emoji), count(&self.now.reactions, emoji));
            let shown = visible(emoji);
            // Only the first names are told: one that goes makes room for another.
            match (new > old, new < old) {
                (true, _) => Some(format!("— {} reacted {shown} to {}", self.names(&users, &old_users), self.whole())),
                (_, true) => {
                    Some(format!("— {} took back {shown} from {}", self.names(&old_users, &users), self.whole()))
                }
                _ => None,
            }
        };
        emoji.filter_map(line).collect()
    }

    /// Returns the names that are in the first list only.
    fn names(&self, these: &[String], not_these: &[String]) -> String {
        let names: Vec<_> = these.iter().filter(|name| !not_these.contains(name)).map(|name| self.name(name)).collect();
        if names.is_empty() { "another user".to_owned() } else { names.join(", ") }
    }

    fn name(&self, name: &str) -> String {
        if name == self.me { "you".to_owned() } else { visible(name) }
    }

    /// Names the whole message: when, by whom, what.
    fn whole(&self) -> String {
        format!("{}{} {}: {}", self.time(), self.place(), visible(&self.now.from), self.text(EXCERPT))
    }

    fn text(&self, columns: usize) -> String {
        clip(&visible(&self.now.text.replace('\n', " ")), columns)
    }

    /// Names the conversation unless it is the current one.
    fn place(&self) -> String {
        let conversation = Conversation::of(self.now, self.me);
        match self.layout.current {
            Some(current) if *current == conversation => String::new(),
            _ => format!(" in {conversation}"),
        }
    }

    fn time(&self) -> String {
        let Ok(at) = self.now.sent_at.parse::<Timestamp>() else { return "--:--".to_owned() };
        let at = at.to_zoned(self.layout.now.time_zone().clone());
        time_and_date(&at, self.layout.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Message {
        Message {
            room: Some("general".into()),
            from: "bob".into(),
            text: text.into(),
            sent_at: "2026-11-21T09:02:00.123Z".into(),
            ..Message::default()
        }
    }

    fn edited(text: &str) -> Message {
        Message { edited_at: Some("2026-11-21T09:05:00.000Z".into()), ..said(text) }
    }

    fn reacted(reactions: &[(&str, i64, &[&str])]) -> Message {
        let reaction = |(emoji, count, users): &(&str, i64, &[&str])| Reaction {
            emoji: (*emoji).to_owned(),
            count: *count,
            users: users.iter().map(|user| (*user).to_owned()).collect(),
        };
        Message { reactions: reactions.iter().map(reaction).collect(), ..said("hi") }
    }

    fn told(before: Option<&Message>, now: &Message) -> Vec<String> {
        let at = "2026-11-21T13:30:00+01:00[+01:00]".parse().unwrap();
        let layout =
            Layout { columns: Some(80), current: Some(&Conversation::general()), now: &at, is_numbered: false };
        describe(before, now, "alice", &layout)
    }

    #[test]
    fn an_edit_is_told_with_the_new_text() {
        assert_eq!(told(Some(&said("teh")), &edited("the fixed text")), ["— bob edited 10:02: the fixed text"]);
        assert_eq!(told(None, &edited("the\nfixed")), ["— bob edited 10:02: the fixed"]);
        assert_eq!(told(Some(&edited("x")), &edited("x")), [""; 0]);
        let own = Message { from: "alice".into(), room: Some("lobby".into()), ..edited("x") };
        assert_eq!(told(None, &own), ["— you edited 10:02 in #lobby: x"]);
        let older = Message { sent_at: "2026-11-20T09:02:00.123Z".into(), ..edited("x") };
        assert_eq!(told(None, &older), ["— bob edited 2026-11-20 10:02: x"]);
    }

    #[test]
    fn a_deletion_names_its_author_and_shows_no_text() {
        let deleted = |by: &str| {
            let (deleted_at, deleted_by) = (Some("2026-11-21T09:05:00.000Z".into()), Some(by.to_owned()));
            Message { deleted_at, deleted_by, ..said("") }
        };
        assert_eq!(told(Some(&said("secret")), &deleted("bob")), ["— bob deleted 10:02"]);
        assert_eq!(told(Some(&said("secret")), &deleted("carol")), ["— carol deleted bob’s 10:02"]);
        assert_eq!(told(None, &deleted("alice")), ["— you deleted bob’s 10:02"]);
        assert_eq!(told(Some(&deleted("bob")), &deleted("bob")), [""; 0]);
    }

    #[test]
    fn reactions_are_told_by_who_gave_them_and_took_them_back() {
        let one = reacted(&[("👍", 1, &["carol"])]);
        assert_eq!(told(Some(&said("hi")), &one), ["— carol reacted 👍 to 10:02 bob: hi"]);
        assert_eq!(told(Some(&one), &said("hi")), ["— carol took back 👍 from 10:02 bob: hi"]);
        let two = reacted(&[("👍", 3, &["carol", "dave", "alice"]), ("🎉", 1, &["dave"])]);
        assert_eq!(
            told(Some(&one), &two),
            ["— dave, you reacted 👍 to 10:02 bob: hi", "— dave reacted 🎉 to 10:02 bob: hi"]
        );
        assert_eq!(told(None, &two), ["— reactions to 10:02 bob: hi: 👍 3  🎉 1"]);
        let edited = Message { reactions: two.reactions.clone(), ..edited("hi") };
        assert_eq!(told(None, &edited), ["— bob edited 10:02: hi", "— reactions to 10:02 bob: hi: 👍 3  🎉 1"]);
        assert_eq!(told(None, &said("hi")), ["— no reactions left to 10:02 bob: hi"]);
        let (many, more) = (reacted(&[("👍", 10, &["carol"])]), reacted(&[("👍", 11, &["carol"])]));
        assert_eq!(told(Some(&many), &more), ["— another user reacted 👍 to 10:02 bob: hi"]);
        let slid = reacted(&[("👍", 9, &["dave"])]);
        assert_eq!(told(Some(&many), &slid), ["— carol took back 👍 from 10:02 bob: hi"], "dave was there before");
    }

    #[test]
    fn nothing_in_a_change_acts_on_the_terminal() {
        let evil = edited("\u{1b}[2J\u{202e}x");
        assert_eq!(told(None, &evil), ["— bob edited 10:02: ^[[2J<U+202E>x"]);
        let evil = Message { text: "\u{9b}2J".into(), ..reacted(&[("\u{1b}c", 1, &["\u{7}bob"])]) };
        assert_eq!(told(Some(&said("hi")), &evil), ["— ^Gbob reacted ^[c to 10:02 bob: M-^[2J"]);
    }
}
