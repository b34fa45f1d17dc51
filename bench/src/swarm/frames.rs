//! Splits a stream of server-sent events, and removes the chunks in which HTTP/1.1 usually sends it.

use anyhow::{Context, ensure};
use memchr::memmem;

/// The state of a reader within a stream.
pub(crate) struct Frames {
    chunk: Chunk,
    /// The beginning of an event that is not complete.
    unfinished: Vec<u8>,
}

enum Chunk {
    /// In the line with the size of the next chunk.
    Size(Vec<u8>),
    /// In a chunk, with this many bytes left.
    Data(usize),
    /// In the line end after a chunk, with this many bytes left.
    End(usize),
    /// The stream has no chunks, and ends with its connection.
    None,
}

impl Default for Chunk {
    fn default() -> Self {
        Self::Size(Vec::new())
    }
}

impl Frames {
    pub(crate) fn new(is_chunked: bool) -> Self {
        let chunk = if is_chunked { Chunk::default() } else { Chunk::None };
        Self { chunk, unfinished: Vec::new() }
    }

    /// Takes new bytes, and calls `each` with every complete event.
    pub(crate) fn feed(
        &mut self,
        mut bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        while !bytes.is_empty() {
            match &mut self.chunk {
                Chunk::Size(line) => {
                    let Some(end) = memchr::memchr(b'\n', bytes) else {
                        line.extend_from_slice(bytes);
                        return Ok(());
                    };
                    line.extend_from_slice(&bytes[..end]);
                    let size = size(line)?;
                    ensure!(size > 0, "the stream has ended");
                    self.chunk = Chunk::Data(size);
                    bytes = &bytes[end + 1..];
                }
                Chunk::Data(left) => {
                    let here = bytes.len().min(*left);
                    *left -= here;
                    if *left == 0 {
                        self.chunk = Chunk::End(2);
                    }
                    self.text(&bytes[..here], &mut each)?;
                    bytes = &bytes[here..];
                }
                Chunk::None => {
                    self.text(bytes, &mut each)?;
                    return Ok(());
                }
                Chunk::End(left) => {
                    let here = bytes.len().min(*left);
                    *left -= here;
                    if *left == 0 {
                        self.chunk = Chunk::default();
                    }
                    bytes = &bytes[here..];
                }
            }
        }
        Ok(())
    }

    /// Splits text at empty lines, without copying complete events.
    fn text(&mut self, text: &[u8], each: &mut impl FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut unfinished = std::mem::take(&mut self.unfinished);
        let mut rest = if unfinished.is_empty() {
            text
        } else {
            unfinished.extend_from_slice(text);
            &unfinished[..]
        };
        while let Some(end) = memmem::find(rest, b"\n\n") {
            each(&rest[..end])?;
            rest = &rest[end + 2..];
        }
        self.unfinished = rest.to_vec();
        Ok(())
    }
}

fn size(line: &[u8]) -> anyhow::Result<usize> {
    let text = std::str::from_utf8(line)?;
    let digits = text.trim_end().split(';').next().context("a chunk has no size")?;
    usize::from_str_radix(digits, 16).with_context(|| format!("invalid chunk size {digits:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: &[u8] = b"9\r\nid: a\ndat\r\n12\r\na: 1\n\nid: b\ndata: \r\n5\r\n2\n\n: \r\n4\r\nhm\n\n\r\n";

    #[test]
    fn events_do_not_depend_on_how_the_bytes_are_split() {
        for size in 1..=WIRE.len() {
            let (mut frames, mut events) = (Frames::new(true), Vec::new());
            for piece in WIRE.chunks(size) {
                let keep = |event: &[u8]| {
                    events.push(String::from_utf8(event.to_vec())?);
                    Ok(())
                };
                frames.feed(piece, keep).unwrap();
            }
            assert_eq!(events, ["id: a\ndata: 1", "id: b\ndata: 2", ": hm"], "{size} bytes at a time");
        }
    }

    #[test]
    fn a_stream_without_chunks_is_read() {
        let (mut frames, mut events) = (Frames::new(false), Vec::new());
        for piece in [&b": hi\n\nid: a\nda"[..], b"ta: 1\n", b"\nid"] {
            let keep = |event: &[u8]| {
                events.push(String::from_utf8(event.to_vec())?);
                Ok(())
            };
            frames.feed(piece, keep).unwrap();
        }
        assert_eq!(events, [": hi", "id: a\ndata: 1"]);
    }

    #[test]
    fn the_end_of_a_stream_is_an_error() {
        assert!(Frames::new(true).feed(b"0\r\n\r\n", |_| Ok(())).is_err());
        assert!(Frames::new(true).feed(b"nonsense\r\n", |_| Ok(())).is_err());
    }
}
