//! What is said while something is measured: texts that carry who said them and how many that speaker has said, so
//! that whoever reads an answer knows what it brought without understanding the rest of it.

use memchr::memmem;

use crate::swarm::answer::number;

/// How a text begins, as JSON.
const OPENING: &[u8] = br#""text":"~"#;

/// As long as what people say: all texts are of this size.
const TEXT_BYTES: usize = 40;

/// Message number so-and-so of a speaker.
pub fn text(speaker: u64, number: u64) -> String {
    format!("{:.<TEXT_BYTES$}", format!("~{speaker} {number} "))
}

/// The messages of an answer: speaker and number.
pub fn messages(body: &[u8]) -> impl Iterator<Item = (u64, u64)> {
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
    fn what_was_said_is_found_in_an_answer() {
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
