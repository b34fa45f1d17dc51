//! Names for people, beside the names that programs use: the display names of users and the titles of rooms. Knows only
//! the rule.

use std::ops::RangeInclusive;

use icu_properties::CodePointSetData;
use icu_properties::props::BidiControl;
use unicode_normalization::UnicodeNormalization;

use super::problem::Problem;
use super::text::is_visible;

/// A name of 1 to 64 characters of any script in Unicode's form NFC, without white space around it. At least one
/// character is visible, and none is a control, a line separator, a mark of direction, or invisible by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Title(String);

/// Invisible characters that shape what stands beside them: joiners and the variation selectors of emoji and scripts.
fn shapes(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180d}')
}

/// Invisible characters that make the flag of a region out of a black one, such as that of Scotland.
const TAGS: RangeInclusive<char> = '\u{e0020}'..='\u{e007f}';
const BLACK_FLAG: char = '\u{1f3f4}';

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
            return refuse("must have at most 64 characters.");
        }
        if title.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return refuse("must not contain control characters.");
        }
        if title.chars().any(|c| CodePointSetData::new::<BidiControl>().contains(c)) {
            return refuse("must not contain characters that set the text direction.");
        }
        let has_flag = title.contains(BLACK_FLAG);
        let shapes = |c: char| shapes(c) || has_flag && TAGS.contains(&c);
        if title.chars().any(|c| !c.is_whitespace() && !is_visible(c) && !shapes(c)) {
            return refuse("must not contain invisible characters.");
        }
        if !title.chars().any(is_visible) {
            return refuse("must contain a visible character.");
        }
        Ok(Self(title))
    }

    /// Returns the title of a group of users: as many of their names as fit.
    pub(crate) fn of_people(names: &[&str]) -> Self {
        let whole = names.join(", ");
        if whole.chars().count() <= Self::MAX_CHARS {
            return Self(whole);
        }
        let mut title = String::new();
        for name in names {
            // A comma, a blank and the dots have to fit, too.
            if title.chars().count() + name.chars().count() + 3 > Self::MAX_CHARS {
                break;
            }
            title = if title.is_empty() { (*name).to_owned() } else { format!("{title}, {name}") };
        }
        Self(title + " …")
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A topic: up to 256 characters of any script, after NFC normalisation, without control and direction characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Topic(String);

impl Topic {
    /// The most characters.
    pub(crate) const MAX: usize = 256;

    /// Normalises and checks a topic.
    ///
    /// # Errors
    /// 400 that names the field, if the topic breaks the rule.
    pub(crate) fn parse(field: &'static str, raw: &str) -> Result<Self, Problem> {
        let is_blank = |line: &String| !line.is_empty() && !line.chars().any(is_visible);
        match line_of(raw).filter(|line| line.chars().count() <= Self::MAX && !is_blank(line)) {
            Some(line) => Ok(Self(line)),
            None => Err(Problem::bad_field(
                field,
                format!("{field} must be at most 256 characters, without control and direction marks."),
            )),
        }
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Normalises a line, without the blanks around it. Returns `None` if it has a control or direction character.
fn line_of(raw: &str) -> Option<String> {
    let directions = CodePointSetData::new::<BidiControl>();
    let is_plain = |c: char| !c.is_control() && !directions.contains(c) && c != '\u{2028}' && c != '\u{2029}';
    let line: String = raw.trim().nfc().collect();
    line.chars().all(is_plain).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::{Title, Topic};

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
            (
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
                "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            ),
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
            "a\u{2800}b",
            "a\u{fff9}",
            "a\u{e0041}",
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

    #[test]
    fn a_topic_may_be_empty_and_has_at_most_256_characters() {
        let topic = |raw: &str| Topic::parse("topic", raw).map(Topic::into_string).ok();
        assert_eq!(topic("").as_deref(), Some(""));
        assert!(topic(&"x".repeat(256)).is_some());
        for bad in [&"x".repeat(257), "a\tb", "a\u{2028}b", "\u{200b}"] {
            assert_eq!(topic(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_title_of_a_group_is_a_title() {
        assert_eq!(Title::of_people(&["alice", "bob"]), Title("alice, bob".into()));
        let long = "x".repeat(32);
        for count in 1..9 {
            let title = Title::of_people(&vec![long.as_str(); count]);
            assert_eq!(Title::parse("title", &title.0).unwrap(), title, "{count}");
        }
        let many: Vec<_> = (0..40).map(|n| format!("user-{n}")).collect();
        let title = Title::of_people(&many.iter().map(String::as_str).collect::<Vec<_>>()).into_string();
        assert!(title.starts_with("user-0, user-1, ") && title.ends_with(" …"), "{title}");
    }
}
