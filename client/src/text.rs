//! How messages look, and that nothing in them acts on the terminal. Knows strings only, and prints none.

use jiff::{Timestamp, Zoned};
use linger_api::Message;

use crate::conversation::Conversation;

/// What follows a message's first line is set in, so that no text can look like another message.
const CONTINUATION: &str = "\n    ";

/// A text on one line and without effect: control characters in caret form as `cat -v` shows them, and what
/// would reorder or break the line around it by its code point. A tab, which is allowed in a text, is spaces.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("    "),
            '\u{7f}' => shown.push_str("^?"),
            '\0'..='\u{1f}' => shown.extend(['^', caret(c as u32)]),
            '\u{80}'..='\u{9f}' => shown.extend(['M', '-', '^', caret(c as u32 - 0x80)]),
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.push_str(&format!("<U+{:04X}>", c as u32));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// The character after the caret: the control code's key on a keyboard.
fn caret(control: u32) -> char {
    char::from_u32(control + 0x40).unwrap_or('?')
}

/// A message as it is printed, in one line or more, to `me` and at this moment.
pub fn message(message: &Message, me: &str, now: &Zoned) -> String {
    let lines: Vec<_> = message.text.split('\n').map(visible).collect();
    format!(
        "{} [{}] {}: {}",
        stamp(&message.sent_at, now),
        Conversation::of(message, me),
        visible(&message.from),
        lines.join(CONTINUATION),
    )
}

/// The time of day here, with the date if that is not today.
fn stamp(sent_at: &str, now: &Zoned) -> String {
    let Ok(sent_at) = sent_at.parse::<Timestamp>() else {
        return visible(sent_at);
    };
    let sent_at = sent_at.to_zoned(now.time_zone().clone());
    let format = if sent_at.date() == now.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    sent_at.strftime(format).to_string()
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
        }
    }

    fn shown(message: &Message, me: &str) -> String {
        let now: Zoned = "2026-11-21T13:30:00+01:00[+01:00]".parse().unwrap();
        super::message(message, me, &now)
    }

    #[test]
    fn control_characters_are_shown_and_do_nothing() {
        assert_eq!(visible("\u{1b}[2J\u{7}\0\r\u{7f}"), "^[[2J^G^@^M^?");
        assert_eq!(visible("\u{9b}2J\u{85}"), "M-^[2JM-^E");
        assert_eq!(visible("abc\u{202e}cba\u{2069}\u{2028}"), "abc<U+202E>cba<U+2069><U+2028>");
        for code in (0..=0x9f).chain(0x2000..=0x206f) {
            let c = char::from_u32(code).unwrap();
            assert!(!visible(&c.to_string()).chars().any(char::is_control), "{code:x}");
        }
    }

    #[test]
    fn all_other_text_is_shown_as_it_is() {
        for text in ["", "hello", "żółć ^[ 你好 🦀👩‍👩‍👧", "a b"] {
            assert_eq!(visible(text), text);
        }
        assert_eq!(visible("a\tb"), "a    b");
    }

    #[test]
    fn a_message_says_when_where_and_who() {
        assert_eq!(shown(&said("hi"), "bob"), "11:00 [#general] alice: hi");
        let yesterday = Message { sent_at: "2026-11-20T22:59:00.000Z".into(), ..said("hi") };
        assert_eq!(shown(&yesterday, "bob"), "2026-11-20 23:59 [#general] alice: hi");
        let direct = Message { room: None, to: Some("bob".into()), ..said("psst") };
        assert_eq!(shown(&direct, "bob"), "11:00 [@alice] alice: psst");
        assert_eq!(shown(&direct, "alice"), "11:00 [@bob] alice: psst");
    }

    #[test]
    fn a_text_of_several_lines_cannot_pass_for_several_messages() {
        let forged = said("hi\n11:00 [#general] bob: I agree\u{1b}[A");
        assert_eq!(shown(&forged, "bob"), "11:00 [#general] alice: hi\n    11:00 [#general] bob: I agree^[[A");
    }
}
