//! Text from other users, made harmless: nothing in it acts on the terminal or reorders the line around it. Knows
//! strings only.

use std::fmt;
use std::time::Duration;

/// Returns the text as one harmless line. Control characters take caret form, as in `cat -v`; characters that would
/// reorder or break the line appear as code points. A tab becomes spaces.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("    "),
            '\u{7f}' => shown.push_str("^?"),
            '\0'..='\u{1f}' => shown.extend(['^', caret(c as u32)]),
            '\u{80}'..='\u{9f}' => shown.extend(['M', '-', '^', caret(c as u32 - 0x80)]),
            c if reorders(c) => shown.push_str(&format!("<U+{:04X}>", c as u32)),
            c => shown.push(c),
        }
    }
    shown
}

/// Returns equivalent JSON on one line that is harmless too: JSON itself escapes only what is below a space.
pub(crate) fn visible_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // Such a character is inside a string, so it can be escaped.
            c if c.is_control() || reorders(c) => shown.push_str(&format!("\\u{:04x}", c as u32)),
            c => shown.push(c),
        }
    }
    shown
}

/// Returns an error of the system in words, without its number, which means nothing to users.
pub(crate) fn plain(error: impl fmt::Display) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}

/// Returns a length of time in words: in seconds, unless it is long.
pub(crate) fn in_words(time: Duration) -> String {
    let seconds = time.as_secs().max(1);
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7199 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Returns whether a character is a mark, embedding, override or isolate of the bidirectional algorithm (UAX #9), or a
/// separator that some terminals treat as a line break.
fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns the character after the caret: the key that types the control code.
fn caret(control: u32) -> char {
    char::from_u32(control + 0x40).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts(c: char) -> bool {
        c.is_control() || reorders(c)
    }

    #[test]
    fn a_time_is_told_in_seconds_unless_it_is_long() {
        for (seconds, words) in [
            (0, "1 second"),
            (1, "1 second"),
            (30, "30 seconds"),
            (119, "119 seconds"),
            (121, "3 minutes"),
            (86_400, "24 hours"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn an_error_of_the_system_is_told_without_its_number() {
        assert_eq!(plain(std::io::Error::from_raw_os_error(2)), "No such file or directory");
    }

    #[test]
    fn control_characters_become_visible_and_harmless() {
        assert_eq!(visible("\u{1b}[2J\u{7}\0\r\u{7f}"), "^[[2J^G^@^M^?");
        assert_eq!(visible("\u{9b}2J\u{85}"), "M-^[2JM-^E");
        assert_eq!(visible("abc\u{202e}cba\u{2069}\u{2028}"), "abc<U+202E>cba<U+2069><U+2028>");
        assert_eq!(visible("a\u{61c}b"), "a<U+061C>b");
    }

    #[test]
    fn json_stays_equivalent_and_becomes_harmless() {
        for c in '\0'..=char::MAX {
            let text = format!("a{c}b");
            let json = visible_json(&serde_json::to_string(&text).unwrap());
            assert!(!json.contains(acts), "{c:?}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }

    #[test]
    fn every_character_becomes_harmless() {
        for c in '\0'..=char::MAX {
            assert!(!visible(c.encode_utf8(&mut [0; 4])).contains(acts), "{c:?}");
        }
    }

    #[test]
    fn all_other_text_is_unchanged() {
        for text in ["", "hello", "żółć ^[ 你好 🦀👩‍👩‍👧", "a b"] {
            assert_eq!(visible(text), text);
        }
        assert_eq!(visible("a\tb"), "a    b");
    }

    /// Half of the characters are dangerous; the strings are the same in every run.
    #[test]
    fn a_million_random_strings_become_harmless() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u32
        };
        let mut text = String::new();
        for _ in 0..1_000_000 {
            text.clear();
            for _ in 0..random() % 8 {
                let code = match random() % 4 {
                    0 => random() % 0x20,
                    1 => 0x7f + random() % 0x21,
                    2 => 0x2000 + random() % 0x70,
                    _ => random() % 0x11_0000,
                };
                text.extend(char::from_u32(code));
            }
            let shown = visible(&text);
            assert!(!shown.contains(acts), "{text:?} became {shown:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn visible_text_is_unchanged(text in "\\PC*") {
            let once = visible(&text);
            proptest::prop_assert_eq!(visible(&once), once);
        }
    }
}
