//! The text of a message: a type that holds only valid texts. Knows only the rule.

use super::problem::Problem;

/// A text: 1 to 4,096 bytes of UTF-8, not blank, without control characters except newline and tab.
///
/// One rule serves both databases: PostgreSQL refuses NUL in text where SQLite stores it. An escape character would act
/// on the reader's terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(String);

impl Text {
    const MAX_BYTES: usize = 4096;

    /// Checks a text.
    ///
    /// # Errors
    /// 400 if the text breaks the rule.
    pub(crate) fn parse(raw: String) -> Result<Self, Problem> {
        if raw.len() > Self::MAX_BYTES {
            return Err(Problem::bad_input("A text is at most 4,096 bytes long."));
        }
        if raw.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(Problem::bad_input("A text has no control characters but newline and tab."));
        }
        if raw.chars().all(char::is_whitespace) {
            return Err(Problem::bad_input("A text is not blank."));
        }
        Ok(Self(raw))
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn newline_and_tab_are_the_only_controls() {
        assert!(Text::parse("a\n\tb".into()).is_ok());
        for bad in ["\0", "a\u{1b}[2J", "a\r", "a\u{7f}", "a\u{85}", "\u{9b}"] {
            assert!(Text::parse(bad.into()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn blank_is_refused_and_length_counts_bytes() {
        for blank in ["", " ", "\n\t ", "\u{2003}"] {
            assert!(Text::parse(blank.into()).is_err(), "{blank:?}");
        }
        assert!(Text::parse("é".repeat(2048)).is_ok());
        assert!(Text::parse("é".repeat(2049)).is_err());
    }
}
