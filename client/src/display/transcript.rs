//! Messages as lines for a screen of some width: time, place, author, text. Knows no terminal. Remembers what it has
//! shown, so that nothing appears twice.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use linger_api::Message;

use super::look::{time_and_date, time_of_day};
use super::marks::{reply_mark, state};
use super::measure::{width, wrap};
use super::mentions::{find_name, mentions};
use super::palette::Palette;
use crate::domain::{Conversation, visible};

/// The indent of a message's continuation lines: below the name and right of the time, so that no text can imitate
/// another message.
const INDENT: usize = 6;
/// How many messages are remembered as shown.
const REMEMBERED: usize = 20_000;

/// The messages that a session has shown.
pub(crate) struct Transcript {
    me: String,
    palette: Palette,
    date: Option<Date>,
    seen: HashSet<u64>,
    order: VecDeque<u64>,
}

/// How a message is laid out.
pub(crate) struct Layout<'a> {
    /// The width of the screen; `None` if lines are not wrapped.
    pub(crate) columns: Option<usize>,
    /// The conversation that needs no label; `None` to label all.
    pub(crate) current: Option<&'a Conversation>,
    /// The current time, in the local time zone.
    pub(crate) now: &'a Zoned,
    /// Whether each message begins with its number.
    pub(crate) is_numbered: bool,
}

impl Transcript {
    pub(crate) fn new(me: &str, palette: Palette) -> Self {
        Self { me: me.to_owned(), palette, date: None, seen: HashSet::new(), order: VecDeque::new() }
    }

    /// Returns whether a message is new, and remembers it as shown.
    ///
    /// Ids cannot tell, because a restored database issues them again. A message is the same if its conversation, seq,
    /// author and time are. Its text may have been edited.
    pub(crate) fn is_new(&mut self, message: &Message) -> bool {
        let mut hasher = DefaultHasher::new();
        let Message { seq, room, from, to, sent_at, .. } = message;
        (seq, room, from, to, sent_at).hash(&mut hasher);
        let print = hasher.finish();
        if !self.seen.insert(print) {
            return false;
        }
        self.order.push_back(print);
        if self.order.len() > REMEMBERED {
            self.order.pop_front().map(|oldest| self.seen.remove(&oldest));
        }
        true
    }

    /// Formats a message, preceded by a date line if its date differs from the previous message's. `quoted` is the
    /// message that it answers, if that is known.
    pub(crate) fn message(&mut self, message: &Message, quoted: Option<&Message>, layout: &Layout<'_>) -> String {
        let sent_at = message.sent_at.parse::<Timestamp>().ok().map(|at| at.to_zoned(layout.now.time_zone().clone()));
        let mut lines = Vec::new();
        let time = match sent_at {
            Some(at) if layout.columns.is_some() => {
                lines.extend(self.change_of_date(at.date(), layout));
                time_of_day(&at)
            }
            Some(at) => time_and_date(&at, layout.now),
            None => "--:--".to_owned(),
        };
        lines.push(self.lines(message, quoted, &time, layout));
        lines.join("\n")
    }

    /// Formats a rule with a word in it.
    pub(crate) fn rule(&self, word: &str) -> String {
        self.palette.dim(&format!("— {word} —"))
    }

    fn change_of_date(&mut self, date: Date, layout: &Layout<'_>) -> Option<String> {
        let last = self.date.replace(date).unwrap_or_else(|| layout.now.date());
        (last != date).then(|| self.rule(&date.strftime("%A, %-d %B %Y").to_string()))
    }

    fn lines(&self, message: &Message, quoted: Option<&Message>, time: &str, layout: &Layout<'_>) -> String {
        let conversation = Conversation::of(message, &self.me);
        let place = match layout.current {
            Some(current) if *current == conversation => String::new(),
            _ => format!("[{conversation}] "),
        };
        let from = visible(&message.from);
        let is_answer = quoted.is_some_and(|quoted| quoted.from == self.me);
        let is_mention =
            layout.columns.is_some() && message.from != self.me && (is_answer || mentions(&message.text, &self.me));
        let mark = if is_mention { "*" } else { " " };
        let number = if layout.is_numbered { format!("{} ", message.seq) } else { String::new() };
        let mut head = width(&number) + width(time) + 1 + width(&place) + width(&from);
        let mut shown = format!(
            "{}{}{}{}{}",
            self.palette.dim(&number),
            self.palette.dim(time),
            self.palette.bold(mark),
            self.palette.dim(&place),
            self.palette.name(&message.from, &from),
        );
        let indent = if layout.columns.is_some() { INDENT } else { 4 };
        if let Some(seq) = message.reply_to {
            let reply = reply_mark(seq, quoted, layout.columns.map(|columns| columns.saturating_sub(head)));
            shown.push_str(&self.palette.dim(&reply));
            head += width(&reply);
        }
        let mut begin = match (message.reply_to, quoted) {
            // The text of the other message ends with the line, so that neither text can pass for the other's.
            (Some(_), Some(_)) => {
                shown.push_str(&format!("\n{:indent$}", ""));
                indent
            }
            _ => {
                shown.push_str(": ");
                head + 2
            }
        };
        for (number, line) in message.text.split('\n').map(visible).enumerate() {
            let parts = match layout.columns {
                Some(columns) => wrap(&line, columns.saturating_sub(begin), columns.saturating_sub(indent).max(1)),
                None => vec![line],
            };
            for (part, text) in parts.iter().enumerate() {
                if number + part > 0 {
                    shown.push('\n');
                    shown.push_str(&" ".repeat(indent));
                }
                shown.push_str(&if is_mention { self.marked(text) } else { text.clone() });
            }
            begin = indent;
        }
        let state = state(message, layout.now);
        if message.deleted_at.is_some() {
            // A tombstone has no text to stand below.
            shown.push_str(&self.palette.dim(&state));
        } else if !state.is_empty() {
            let columns = layout.columns.map_or(usize::MAX, |columns| columns.saturating_sub(indent).max(1));
            for part in wrap(&state, columns, columns) {
                shown.push_str(&format!("\n{:indent$}{}", "", self.palette.dim(&part)));
            }
        }
        shown
    }

    /// Emphasises the user's own name in a text.
    fn marked(&self, text: &str) -> String {
        let (mut marked, mut rest) = (String::new(), text);
        while let Some(at) = find_name(rest, &self.me) {
            let (before, name) = rest.split_at(at);
            let (name, after) = name.split_at(self.me.len());
            marked.push_str(before);
            marked.push_str(&self.palette.bold(name));
            rest = after;
        }
        marked + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Message {
        Message {
            id: 7,
            seq: 1,
            room_id: Some(1),
            room: Some("general".into()),
            from: "alice".into(),
            to: None,
            text: text.into(),
            sent_at: "2026-11-21T10:00:00.123Z".into(),
            ..Message::default()
        }
    }

    fn shown_on(message: &Message, me: &str, columns: Option<usize>, current: Option<&Conversation>) -> String {
        let now: Zoned = "2026-11-21T13:30:00+01:00[+01:00]".parse().unwrap();
        Transcript::new(me, Palette::new(false)).message(
            message,
            None,
            &Layout { columns, current, now: &now, is_numbered: false },
        )
    }

    fn piped(message: &Message, me: &str) -> String {
        shown_on(message, me, None, None)
    }

    fn on_screen(message: &Message, columns: usize) -> String {
        shown_on(message, "bob", Some(columns), Some(&Conversation::general()))
    }

    #[test]
    fn a_piped_message_shows_time_conversation_and_author() {
        assert_eq!(piped(&said("hi"), "bob"), "11:00 [#general] alice: hi");
        let yesterday = Message { sent_at: "2026-11-20T22:59:00.000Z".into(), ..said("hi") };
        assert_eq!(piped(&yesterday, "bob"), "2026-11-20 23:59 [#general] alice: hi");
        let direct = Message { room: None, to: Some("bob".into()), ..said("psst") };
        assert_eq!(piped(&direct, "bob"), "11:00 [@alice] alice: psst");
        assert_eq!(piped(&direct, "alice"), "11:00 [@bob] alice: psst");
    }

    #[test]
    fn the_current_conversation_is_not_named_on_a_screen() {
        assert_eq!(on_screen(&said("hi"), 80), "11:00 alice: hi");
        let elsewhere = Message { room: Some("lobby".into()), ..said("hi") };
        assert_eq!(on_screen(&elsewhere, 80), "11:00 [#lobby] alice: hi");
    }

    #[test]
    fn a_new_day_gets_a_line() {
        let now: Zoned = "2026-11-21T13:30:00+01:00[+01:00]".parse().unwrap();
        let current = Conversation::general();
        let layout = Layout { columns: Some(80), current: Some(&current), now: &now, is_numbered: false };
        let mut transcript = Transcript::new("bob", Palette::new(false));
        let yesterday = Message { sent_at: "2026-11-20T22:59:00.000Z".into(), ..said("late") };
        assert_eq!(transcript.message(&yesterday, None, &layout), "— Friday, 20 November 2026 —\n23:59 alice: late");
        assert_eq!(transcript.message(&yesterday, None, &layout), "23:59 alice: late");
        assert_eq!(transcript.message(&said("hi"), None, &layout), "— Saturday, 21 November 2026 —\n11:00 alice: hi");
    }

    #[test]
    fn long_lines_keep_their_indent_on_a_narrow_screen() {
        let long = said("a line that is longer than the screen");
        assert_eq!(on_screen(&long, 24), "11:00 alice: a line that\n      is longer than the\n      screen");
        let wide = said("你好你好你好你好");
        assert_eq!(on_screen(&wide, 20), "11:00 alice: 你好你\n      好你好你好");
    }

    #[test]
    fn a_text_of_several_lines_cannot_imitate_several_messages() {
        let forged = said("hi\n11:00 [#general] bob: I agree\u{1b}[A");
        assert_eq!(piped(&forged, "bob"), "11:00 [#general] alice: hi\n    11:00 [#general] bob: I agree^[[A");
        assert_eq!(on_screen(&forged, 80), "11:00*alice: hi\n      11:00 [#general] bob: I agree^[[A");
    }

    #[test]
    fn mentions_are_marked_even_without_colours() {
        for (text, is_mention) in
            [("hey bob", true), ("Bob: hi", true), ("@bob", true), ("bobby", false), ("`bob`", false)]
        {
            let mark = if is_mention { '*' } else { ' ' };
            assert_eq!(on_screen(&said(text), 80), format!("11:00{mark}alice: {text}"));
        }
    }

    fn replying(quoted: Option<&Message>, columns: Option<usize>, is_numbered: bool) -> String {
        let now: Zoned = "2026-11-21T13:30:00+01:00[+01:00]".parse().unwrap();
        let current = Conversation::general();
        let layout = Layout { columns, current: Some(&current), now: &now, is_numbered };
        let reply = Message { seq: 18, reply_to: Some(17), ..said("great") };
        Transcript::new("bob", Palette::new(false)).message(&reply, quoted, &layout)
    }

    #[test]
    fn a_reply_shows_what_it_answers() {
        let quoted = Message { from: "carol".into(), ..said("since midnight,\n and nobody has found anything in it") };
        assert_eq!(replying(None, Some(80), false), "11:00 alice ↳ 17: great");
        assert_eq!(replying(Some(&quoted), Some(40), false), "11:00 alice ↳ 17 carol: since midnight,…\n      great");
        assert!(replying(Some(&quoted), None, false).ends_with("…\n    great"));
        let deleted = Message { text: String::new(), deleted_at: Some("x".into()), ..quoted };
        assert_eq!(replying(Some(&deleted), Some(80), true), "18 11:00 alice ↳ 17 carol: (deleted)\n      great");
        let forged = said("x\n      I resign\u{1b}[A");
        assert_eq!(
            replying(Some(&forged), Some(80), false),
            "11:00 alice ↳ 17 alice: x       I resign^[[A\n      great"
        );
    }

    #[test]
    fn a_message_shows_that_it_was_edited_deleted_and_reacted_to() {
        let edited = Message { edited_at: Some("2026-11-21T10:05:00.000Z".into()), ..said("hi") };
        assert_eq!(on_screen(&edited, 80), "11:00 alice: hi\n      edited 11:05");
        let reaction = linger_api::Reaction { emoji: "👍".into(), count: 2, users: vec!["bob".into()] };
        let both = Message { reactions: vec![reaction], ..edited };
        assert_eq!(on_screen(&both, 80), "11:00 alice: hi\n      edited 11:05 · 👍 2");
        let deleted = Message { text: String::new(), deleted_at: Some("x".into()), ..said("hi") };
        let by_bob = Message { deleted_by: Some("bob".into()), ..deleted.clone() };
        assert_eq!(on_screen(&deleted, 80), "11:00 alice: (deleted)");
        assert_eq!(piped(&by_bob, "bob"), "11:00 [#general] alice: (deleted by bob)");
    }

    #[test]
    fn an_edited_message_is_not_a_new_one() {
        let mut transcript = Transcript::new("bob", Palette::new(false));
        assert!(transcript.is_new(&said("hi")));
        assert!(!transcript.is_new(&Message { edited_at: Some("x".into()), ..said("hello") }));
    }

    #[test]
    fn a_message_is_new_once_even_if_ids_repeat() {
        let mut transcript = Transcript::new("bob", Palette::new(false));
        assert!(transcript.is_new(&said("hi")));
        assert!(!transcript.is_new(&said("hi")));
        assert!(transcript.is_new(&Message { seq: 2, ..said("hi") }));
    }
}
