//! Emoji: a type that holds only one emoji. Knows only the rule.

use super::problem::Problem;

/// One emoji, in the fully qualified form of Unicode's list, so that each has one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Emoji(&'static str);

impl Emoji {
    /// Finds an emoji. One with or without its variation selector is the same.
    ///
    /// # Errors
    /// 400 if it is no emoji, or more than one.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let bare = |text: &str| text.replace('\u{fe0f}', "");
        let spellings = [text.to_owned(), format!("{text}\u{fe0f}"), bare(text)];
        // The library also knows names, digits and other spellings of an emoji.
        let found = spellings.iter().filter_map(|spelling| emojis::get(spelling));
        let found = found.map(emojis::Emoji::as_str).find(|&emoji| bare(emoji) == bare(text));
        found.map(Self).ok_or_else(|| Problem::bad_input("A reaction is one emoji."))
    }

    pub(crate) fn into_string(self) -> String {
        self.0.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Emoji;

    #[test]
    fn one_emoji_has_one_spelling() {
        for (text, stored) in [
            ("👍", "👍"),
            ("👍🏽", "👍🏽"),
            ("❤", "❤\u{fe0f}"),
            ("❤\u{fe0f}", "❤\u{fe0f}"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("🇩🇪", "🇩🇪"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
        ] {
            assert_eq!(Emoji::parse(text).unwrap().into_string(), stored, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_emoji_is_refused() {
        for bad in ["", "a", "1", "👍👍", "👍a", ":+1:", "\u{fe0f}", "\u{200d}", "🇩", " 👍", "<b>"] {
            assert!(Emoji::parse(bad).is_err(), "{bad:?}");
        }
    }
}
