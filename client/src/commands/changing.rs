//! The arguments of the commands that name a message. Does no I/O.

use super::command::{Command, first_word};

/// Reactions that are at hand, each with a name that is easier to type.
pub(super) const REACTIONS: [(&str, &str); 8] = [
    ("+1", "👍"),
    ("-1", "👎"),
    ("heart", "❤️"),
    ("joy", "😂"),
    ("tada", "🎉"),
    ("sad", "😢"),
    ("eyes", "👀"),
    ("rocket", "🚀"),
];

/// Parses a number, and a text that may be missing.
pub(super) fn edit(rest: &str) -> Option<Command> {
    let (seq, text) = numbered(rest);
    if seq.is_none() && is_number(first_word(rest).0) {
        // No message has so large a number, and it is not meant to replace the text of one.
        return None;
    }
    Some(Command::Edit { seq, text: (!text.is_empty()).then(|| text.to_owned()) })
}

pub(super) fn delete(rest: &str) -> Option<Command> {
    match numbered(rest) {
        (seq, "") => Some(Command::Delete { seq }),
        _ => None,
    }
}

/// Parses a number and a text, or neither.
pub(super) fn reply(rest: &str) -> Option<Command> {
    match numbered(rest) {
        (Some(to), text) if !text.is_empty() => Some(Command::Reply { to, text: text.to_owned() }),
        (None, "") => Some(Command::Numbers),
        _ => None,
    }
}

pub(super) fn react(rest: &str) -> Option<Command> {
    emoji(rest).map(|(seq, emoji)| Command::React { seq, emoji, is_given: true })
}

pub(super) fn unreact(rest: &str) -> Option<Command> {
    emoji(rest).map(|(seq, emoji)| Command::React { seq, emoji, is_given: false })
}

/// Parses a number that may be missing, and an emoji or the name of one.
fn emoji(rest: &str) -> Option<(Option<i64>, String)> {
    let (seq, word) = numbered(rest);
    if word.is_empty() || word.contains(char::is_whitespace) {
        return None;
    }
    let name = word.trim_matches(':').to_lowercase();
    match REACTIONS.iter().find(|(known, _)| *known == name) {
        Some((_, emoji)) => Some((seq, (*emoji).to_owned())),
        // The server knows all emoji, and none is a word.
        None => (!word.is_ascii()).then(|| (seq, word.to_owned())),
    }
}

/// Splits off the number of a message, if the text begins with one.
fn numbered(rest: &str) -> (Option<i64>, &str) {
    let (word, text) = first_word(rest);
    match word.parse().ok().filter(|_| is_number(word)) {
        Some(seq) => (Some(seq), text),
        None => (None, rest),
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_at_the_beginning_names_a_message() {
        let text = |text: &str| Some(text.to_owned());
        for (rest, command) in [
            ("", Command::Edit { seq: None, text: None }),
            ("17", Command::Edit { seq: Some(17), text: None }),
            ("17 fixed  text", Command::Edit { seq: Some(17), text: text("fixed  text") }),
            ("fixed text 17", Command::Edit { seq: None, text: text("fixed text 17") }),
            ("17th\nof May", Command::Edit { seq: None, text: text("17th\nof May") }),
            ("+17 of us", Command::Edit { seq: None, text: text("+17 of us") }),
        ] {
            assert_eq!(edit(rest), Some(command), "{rest:?}");
        }
        assert_eq!(edit("99999999999999999999 x"), None);
        assert_eq!(delete(""), Some(Command::Delete { seq: None }));
        assert_eq!(delete("17"), Some(Command::Delete { seq: Some(17) }));
        assert_eq!(reply(""), Some(Command::Numbers));
        assert_eq!(reply("17 yes\nno"), Some(Command::Reply { to: 17, text: "yes\nno".into() }));
        for rest in ["yes", "17 and more"] {
            assert_eq!(delete(rest), None, "{rest}");
        }
        for rest in ["yes", "17", "99999999999999999999 yes", "-1 yes"] {
            assert_eq!(reply(rest), None, "{rest}");
        }
    }

    #[test]
    fn a_reaction_is_an_emoji_or_its_name() {
        let given = |seq, emoji: &str| Some(Command::React { seq, emoji: emoji.into(), is_given: true });
        assert_eq!(react("👍"), given(None, "👍"));
        assert_eq!(react("17 🦀"), given(Some(17), "🦀"));
        assert_eq!(react("17 +1"), given(Some(17), "👍"));
        assert_eq!(react("-1"), given(None, "👎"));
        assert_eq!(react(":Heart:"), given(None, "❤️"));
        assert_eq!(unreact("17 tada"), Some(Command::React { seq: Some(17), emoji: "🎉".into(), is_given: false }));
        for rest in ["", "17", "👍 👍", "17 👍 x", "nonsense", "17 :"] {
            assert_eq!(react(rest), None, "{rest}");
        }
    }
}
