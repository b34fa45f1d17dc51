//! The text of a message: a type that holds only valid texts. Knows only the rule.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::problem::Problem;

/// A text: 1 to 16,384 bytes of UTF-8 with at least one visible character, without control characters except newline
/// and tab. A line break in the form `\r\n` is stored as `\n`.
///
/// One rule serves both databases: PostgreSQL refuses NUL in text where SQLite stores it. An escape character would act
/// on the reader's terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(String);

impl Text {
    pub(crate) const MAX_BYTES: usize = 16_384;

    /// Checks a text.
    ///
    /// # Errors
    /// 400 if the text breaks the rule.
    pub(crate) fn parse(raw: String) -> Result<Self, Problem> {
        let text = if raw.contains("\r\n") { raw.replace("\r\n", "\n") } else { raw };
        let refuse = |detail| Err(Problem::bad_field("text", detail));
        if text.len() > Self::MAX_BYTES {
            return refuse("text must be at most 16,384 bytes long.");
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return refuse("text must not contain control characters other than newline and tab.");
        }
        if !text.chars().any(is_visible) {
            return refuse("text must contain a visible character.");
        }
        Ok(Self(text))
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Characters that are letters or symbols by their category and still show nothing: the empty Braille pattern, two
/// blank hieroglyphs, a filler of the Khitan script, an object's placeholder and a note without a head.
const BLANK: [char; 6] = ['\u{2800}', '\u{13441}', '\u{13442}', '\u{16fe4}', '\u{fffc}', '\u{1d159}'];

/// Format characters that show something: signs that span the digits after them.
const SIGNS: [char; 8] = ['\u{600}', '\u{601}', '\u{602}', '\u{603}', '\u{604}', '\u{605}', '\u{6dd}', '\u{70f}'];

/// Returns whether a reader sees something of this character, if only as a box. A combining mark without a base shows.
pub(super) fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    !c.is_whitespace()
        && !BLANK.contains(&c)
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        && (CodePointMapData::<GeneralCategory>::new().get(c) != GeneralCategory::Format || SIGNS.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn newline_and_tab_are_the_only_controls() {
        assert!(Text::parse("a\n\tb".into()).is_ok());
        for bad in ["\0", "a\u{1b}[2J", "a\r", "a\rb", "\r\r\n a", "a\u{7f}", "a\u{85}", "\u{9b}"] {
            assert!(Text::parse(bad.into()).is_err(), "{bad:?}");
        }
        assert_eq!(Text::parse("a\r\nb\n\r\n".into()).unwrap().into_string(), "a\nb\n\n");
    }

    #[test]
    fn a_text_without_a_visible_character_is_refused() {
        for blank in [
            "",
            " ",
            "\n\t ",
            "\r\n",
            "\u{2003}",
            "\u{a0}",
            "\u{3000}",
            "\u{200b}",
            "\u{200d}",
            "\u{2060}",
            "\u{2800}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{115f}",
            "\u{1160}",
            "\u{17b4}",
            "\u{ad}",
            "\u{feff}",
            "\u{200e}",
            "\u{202e}",
            "\u{2066}\u{2069}",
            "\u{61c}",
            "\u{180e}",
            "\u{34f}",
            "\u{fe0f}",
            "\u{e0001}",
            "\u{e0100}",
            "\u{fff9}",
            "\u{1d173}",
            "\u{1bca0}",
            "\u{206a}",
            "\u{13441}",
            "\u{16fe4}",
            "\u{200b} \u{3164}\n",
        ] {
            assert!(Text::parse(blank.into()).is_err(), "{blank:?}");
        }
        for seen in
            [".", "\u{301}", "\u{1f40e}", "❤\u{fe0f}", "\u{200f}א", "\u{e000}", "\u{378}", "\u{303f}", "\u{601}"]
        {
            assert!(Text::parse(seen.into()).is_ok(), "{seen:?}");
        }
    }

    #[test]
    fn length_counts_the_bytes_that_are_stored() {
        assert!(Text::parse("é".repeat(8192)).is_ok());
        assert!(Text::parse("é".repeat(8192) + "a").is_err());
        assert!(Text::parse("a\r\n".repeat(8192)).is_ok());
    }
}
