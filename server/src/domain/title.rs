//! Names for people, beside the names that programs use: the display names of users and the titles of rooms. Knows only
//! the rule.

use icu_properties::CodePointSetData;
use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint};
use unicode_normalization::UnicodeNormalization;

use super::problem::Problem;
use super::text::is_visible;

/// A name of 1 to 64 characters of any script in Unicode's form NFC, without white space around it. At least one
/// character is visible, and none is a control, a line separator, a mark of direction, or invisible by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

/// Invisible characters that shape what stands beside them: joiners and the variation selectors of emoji and scripts.
fn shapes(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180d}' | '\u{e0020}'..='\u{e007f}')
}

impl Title {
    const MAX_CHARS: usize = 64;

    /// Checks the name in a field.
    ///
    /// # Errors
    /// 400 that names the field, if the name breaks the rule.
    pub(crate) fn parse(field: &'static str, raw: &str) -> Result<Self, Problem> {
        let title: String = raw.trim().nfc().collect();
        let refuse = |detail: &str| Err(Problem::bad_field(field, format!("{field} {detail}")));
        if title.chars().count() > Self::MAX_CHARS {
            return refuse("has at most 64 characters.");
        }
        if title.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return refuse("has no control characters.");
        }
        if title.chars().any(|c| CodePointSetData::new::<BidiControl>().contains(c)) {
            return refuse("has no direction characters.");
        }
        let is_ignorable = |c: char| CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) && !shapes(c);
        if title.chars().any(is_ignorable) || !title.chars().any(is_visible) {
            return refuse("has visible characters.");
        }
        Ok(Self(title))
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Title;

    #[test]
    fn names_of_every_script_are_composed_and_trimmed() {
        let parse = |raw: &str| Title::parse("display_name", raw).map(Title::into_string).ok();
        for (raw, title) in [
            ("Alice Miller", "Alice Miller"),
            ("  Alice\u{a0}", "Alice"),
            ("Ame\u{301}lie", "Amélie"),
            ("山田 太郎", "山田 太郎"),
            ("עליזה", "עליזה"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
            (&"e\u{301}".repeat(64), &"é".repeat(64)),
        ] {
            assert_eq!(parse(raw).as_deref(), Some(title), "{raw:?}");
        }
    }

    #[test]
    fn controls_directions_and_invisible_characters_are_refused() {
        for bad in [
            "",
            " ",
            "\u{3000}",
            "\u{200d}",
            "a\u{200b}b",
            "a\u{ad}b",
            "\u{3164}",
            "a\u{feff}",
            "a\nb",
            "a\tb",
            "a\0",
            "a\u{1b}[2J",
            "a\u{2028}b",
            "\u{202e}ecila",
            "a\u{200e}b",
            "a\u{61c}b",
            "a\u{2066}b\u{2069}",
            &"a".repeat(65),
        ] {
            assert!(Title::parse("title", bad).is_err(), "{bad:?}");
        }
    }
}
