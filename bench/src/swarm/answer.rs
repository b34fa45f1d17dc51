//! Parses answers on the wire: as much of HTTP/1.1 as the measured servers use.

use anyhow::{Context, ensure};
use memchr::memmem;

/// A complete answer, or the head of a stream.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// Everything before the body.
    pub(crate) head: &'a [u8],
    /// The body, with the length given by `Content-Length`.
    pub(crate) body: &'a [u8],
    /// Whether it is a stream, whose body is not included.
    pub(crate) is_stream: bool,
    /// Whether the stream is sent in chunks.
    pub(crate) is_chunked: bool,
}

impl<'a> Answer<'a> {
    /// Parses the answer at the beginning of these bytes, and returns it with its length. Returns `None` if it is
    /// incomplete.
    pub(crate) fn parse(bytes: &'a [u8]) -> anyhow::Result<Option<(Self, usize)>> {
        let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let head = &bytes[..end + 4];
        ensure!(head.starts_with(b"HTTP/1.1 "), "not an HTTP answer: {}", head.escape_ascii());
        let status = number(&head[9..]).context("an answer has no status")? as u16;
        let is_chunked = header(head, b"transfer-encoding").is_some_and(|value| value == b"chunked");
        let is_stream = header(head, b"content-type").is_some_and(|value| value.starts_with(b"text/event-stream"));
        let length = match header(head, b"content-length") {
            Some(value) => number(value).context("an answer has no valid length")? as usize,
            None => 0,
        };
        let all = head.len() + length;
        if bytes.len() < all {
            return Ok(None);
        }
        Ok(Some((Self { status, head, body: &bytes[head.len()..all], is_stream, is_chunked }, all)))
    }

    /// Returns the value of a header. The name is given in lower case.
    pub(crate) fn header(&self, name: &[u8]) -> Option<&'a [u8]> {
        header(self.head, name)
    }
}

fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut lines = head.split(|byte| *byte == b'\n').skip(1);
    let line =
        lines.find(|line| line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name))?;
    Some(line[name.len() + 1..].trim_ascii())
}

/// Returns the number at the beginning of a text.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let mut digits = digits.map(|byte| u64::from(byte - b'0')).peekable();
    digits.peek()?;
    Some(digits.fold(0, |number, digit| number * 10 + digit))
}

/// Returns the text between the first occurrence of `opening` and the next quotation mark.
pub(crate) fn first_quoted<'a>(text: &'a [u8], opening: &[u8]) -> Option<&'a [u8]> {
    up_to_quotation_mark(&text[memmem::find(text, opening)? + opening.len()..])
}

/// Returns the text between the last occurrence of `opening` and the next quotation mark.
pub(crate) fn last_quoted<'a>(text: &'a [u8], opening: &[u8]) -> Option<&'a [u8]> {
    up_to_quotation_mark(&text[memmem::rfind(text, opening)? + opening.len()..])
}

fn up_to_quotation_mark(text: &[u8]) -> Option<&[u8]> {
    Some(&text[..memchr::memchr(b'"', text)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] =
        b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\nETag: \"x\"\r\n\r\nbodyHTTP/1.1 204 No Content\r\n\r\n";

    #[test]
    fn answers_in_one_read_are_separated() {
        let (first, used) = Answer::parse(TWO).unwrap().unwrap();
        assert_eq!((first.status, first.body, first.header(b"etag")), (201, &b"body"[..], Some(&b"\"x\""[..])));
        let (second, rest) = Answer::parse(&TWO[used..]).unwrap().unwrap();
        assert_eq!((second.status, second.body, used + rest), (204, &b""[..], TWO.len()));
    }

    #[test]
    fn an_answer_is_complete_only_at_its_last_byte() {
        let (_, whole) = Answer::parse(TWO).unwrap().unwrap();
        for length in 0..whole {
            assert!(Answer::parse(&TWO[..length]).unwrap().is_none(), "{length}");
        }
        assert!(Answer::parse(b"GET / HTTP/1.1\r\n\r\n").is_err());
    }

    #[test]
    fn the_last_cursor_in_an_answer_is_found() {
        let body = br#"{"messages":[{"text":"\"cursor\":\"no\""}],"more":false,"cursor":"yes"}"#;
        assert_eq!(last_quoted(body, br#""cursor":""#), Some(&b"yes"[..]));
        assert_eq!(last_quoted(body, br#""none":""#), None);
    }
}
