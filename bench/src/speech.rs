//! The texts of measured messages. Each carries its speaker and its number, so that readers can identify messages
//! without parsing the rest of an answer.

use memchr::memmem;

use crate::swarm::answer::number;

/// The beginning of a text in JSON.
const OPENING: &[u8] = br#""text":"~"#;

/// The length of every text, similar to a typical message.
const TEXT_BYTES: usize = 40;

/// Returns the text of a speaker's message with this number.
pub(crate) fn text(speaker: u64, number: u64) -> String {
    format!("{:.<TEXT_BYTES$}", format!("~{speaker} {number} "))
}

/// Returns the speaker and number of each message in an answer.
pub(crate) fn messages(body: &[u8]) -> impl Iterator<Item = (u64, u64)> {
    memmem::find_iter(body, OPENING).filter_map(|at| {
        let rest = &body[at + OPENING.len()..];
        let space = memchr::memchr(b' ', rest)?;
        Some((number(rest)?, number(&rest[space + 1..])?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_in_an_answer() {
        let body = format!(
            r#"{{"messages":[{{"id":7,"text":"{}","from":"a"}},{{"text":"hello"}},{{"text":"{}"}}],"cursor":"x"}}"#,
            text(3, 141),
            text(12, 1)
        );
        assert_eq!(messages(body.as_bytes()).collect::<Vec<_>>(), [(3, 141), (12, 1)]);
        assert_eq!(text(3, 141).len(), TEXT_BYTES);
        assert_eq!(messages(br#"{"messages":[]}"#).count(), 0);
    }
}
