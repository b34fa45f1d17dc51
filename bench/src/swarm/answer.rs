//! An answer as it comes over the wire: as much of HTTP/1.1 as the servers that are measured use.

use anyhow::{Context, ensure};
use memchr::memmem;

/// A whole answer, or the head of one that is a stream.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// Everything before the body.
    pub head: &'a [u8],
    /// As long as `Content-Length` says.
    pub body: &'a [u8],
    /// It is a stream, whose body is not part of this.
    pub is_stream: bool,
    /// That comes in chunks.
    pub is_chunked: bool,
}

impl<'a> Answer<'a> {
    /// The answer that begins here and how many bytes it has, or nothing if its end is still to come.
    pub fn parse(bytes: &'a [u8]) -> anyhow::Result<Option<(Self, usize)>> {
        let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let head = &bytes[..end + 4];
        ensure!(head.starts_with(b"HTTP/1.1 "), "this is no answer: {}", head.escape_ascii());
        let status = number(&head[9..]).context("an answer without a status")? as u16;
        let is_chunked = header(head, b"transfer-encoding").is_some_and(|value| value == b"chunked");
        let is_stream = header(head, b"content-type").is_some_and(|value| value.starts_with(b"text/event-stream"));
        let length = match header(head, b"content-length") {
            Some(value) => number(value).context("an answer without a length")? as usize,
            None => 0,
        };
        let all = head.len() + length;
        if bytes.len() < all {
            return Ok(None);
        }
        Ok(Some((Self { status, head, body: &bytes[head.len()..all], is_stream, is_chunked }, all)))
    }

    /// The value of a header, whose name is given in lower case.
    pub fn header(&self, name: &[u8]) -> Option<&'a [u8]> {
        header(self.head, name)
    }
}

fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut lines = head.split(|byte| *byte == b'\n').skip(1);
    let line =
        lines.find(|line| line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name))?;
    Some(line[name.len() + 1..].trim_ascii())
}

/// The number that some text begins with.
pub fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let mut digits = digits.map(|byte| u64::from(byte - b'0')).peekable();
    digits.peek()?;
    Some(digits.fold(0, |number, digit| number * 10 + digit))
}

/// What stands between this opening and the next quotation mark, the first time.
pub fn first_quoted<'a>(text: &'a [u8], opening: &[u8]) -> Option<&'a [u8]> {
    up_to_quotation_mark(&text[memmem::find(text, opening)? + opening.len()..])
}

/// The same, the last time.
pub fn last_quoted<'a>(text: &'a [u8], opening: &[u8]) -> Option<&'a [u8]> {
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
    fn answers_that_come_together_are_told_apart() {
        let (first, used) = Answer::parse(TWO).unwrap().unwrap();
        assert_eq!((first.status, first.body, first.header(b"etag")), (201, &b"body"[..], Some(&b"\"x\""[..])));
        let (second, rest) = Answer::parse(&TWO[used..]).unwrap().unwrap();
        assert_eq!((second.status, second.body, used + rest), (204, &b""[..], TWO.len()));
    }

    #[test]
    fn an_answer_is_whole_at_its_last_byte_and_not_before() {
        let (_, whole) = Answer::parse(TWO).unwrap().unwrap();
        for length in 0..whole {
            assert!(Answer::parse(&TWO[..length]).unwrap().is_none(), "{length}");
        }
        assert!(Answer::parse(b"GET / HTTP/1.1\r\n\r\n").is_err());
    }

    #[test]
    fn the_cursor_is_the_one_at_the_end() {
        let body = br#"{"messages":[{"text":"\"cursor\":\"no\""}],"more":false,"cursor":"yes"}"#;
        assert_eq!(last_quoted(body, br#""cursor":""#), Some(&b"yes"[..]));
        assert_eq!(last_quoted(body, br#""none":""#), None);
    }
}
