//! What a terminal sends beside single keys: whether it has the focus, and text that is pasted. Does no I/O.

/// Lines that arrive at once and are more than this many are one message.
const MOST_LINES: usize = 5;
/// How many bytes are kept back at most while more may follow.
const MOST_BYTES: usize = 1 << 20;

/// Stands for bytes that are no character. The editor passes over U+FFFD.
const NO_CHARACTER: char = '?';

const PASTE_BEGINS: &[u8] = b"\x1b[200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
const FOCUS_IN: &[u8] = b"\x1b[I";
const FOCUS_OUT: &[u8] = b"\x1b[O";

/// The bytes that arrived and were not passed on yet.
#[derive(Default)]
pub(super) struct Keys {
    kept: Vec<u8>,
    /// Whether the terminal has begun a paste and not ended it.
    is_pasting: bool,
    /// The beginning of a character whose other bytes have not arrived.
    cut: Vec<u8>,
}

/// What is passed on.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) bytes: Vec<u8>,
    /// Whether the terminal has the focus, if it has told that or a key was pressed.
    pub(super) has_focus: Option<bool>,
}

impl Keys {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
    }

    /// Returns whether what arrives in the next milliseconds belongs to this: lines that no one types that fast, or an
    /// escape sequence that is cut. A single key is never kept back.
    pub(super) fn wants_more(&self) -> bool {
        let is_burst = self.kept.len() > 1 && self.kept.iter().any(is_break);
        let begins = |sequence: &[u8]| (1..sequence.len()).any(|length| self.kept.ends_with(&sequence[..length]));
        let is_cut = self.kept.len() > 1 && [PASTE_BEGINS, PASTE_ENDS, FOCUS_IN, FOCUS_OUT].into_iter().any(begins);
        (is_burst || is_cut) && self.kept.len() < MOST_BYTES
    }

    /// Takes out everything. Many lines get the brackets of a paste, unless the terminal has set them.
    pub(super) fn take(&mut self) -> Passed {
        let kept = std::mem::take(&mut self.kept);
        let mut passed = Passed::default();
        let (was_pasting, mut rest) = (self.is_pasting, &kept[..]);
        while let Some(byte) = rest.first() {
            let mut length = 1;
            match rest {
                rest if rest.starts_with(PASTE_BEGINS) => self.is_pasting = true,
                rest if rest.starts_with(PASTE_ENDS) => self.is_pasting = false,
                rest if !self.is_pasting && (rest.starts_with(FOCUS_IN) || rest.starts_with(FOCUS_OUT)) => {
                    passed.has_focus = Some(rest.starts_with(FOCUS_IN));
                    length = FOCUS_IN.len();
                }
                _ => {}
            }
            if length == 1 {
                passed.bytes.push(*byte);
                passed.has_focus = Some(true);
            }
            rest = &rest[length..];
        }
        passed.bytes = self.characters(&passed.bytes);
        if !was_pasting && is_text(&passed.bytes) && lines(&passed.bytes) > MOST_LINES {
            let text = passed.bytes.strip_suffix(b"\n").unwrap_or(&passed.bytes);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            passed.bytes = [PASTE_BEGINS, text, PASTE_ENDS].concat();
        }
        passed
    }

    /// Returns the bytes as UTF-8, because the editor ends at any that are not: a terminal may be set to another
    /// encoding, and a paste may have anything. A character that is cut is kept for the next bytes.
    fn characters(&mut self, bytes: &[u8]) -> Vec<u8> {
        let bytes = [&std::mem::take(&mut self.cut), bytes].concat();
        let mut text = String::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let is_cut = str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            if is_cut && chunks.peek().is_none() {
                self.cut = chunk.invalid().to_owned();
            } else if !chunk.invalid().is_empty() {
                text.push(NO_CHARACTER);
            }
        }
        text.into_bytes()
    }
}

fn is_break(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Returns whether these are characters and line breaks, and no keys that act.
fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte >= b' ' && *byte != 0x7f || *byte == b'\t' || is_break(byte))
}

/// Returns how many lines there are; a line break at the end begins no other.
fn lines(bytes: &[u8]) -> usize {
    let breaks = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\r' => true,
        b'\n' => *at == 0 || bytes[at - 1] != b'\r',
        _ => false,
    });
    breaks.count() + usize::from(bytes.last().is_some_and(|last| !is_break(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(keys: &mut Keys, bytes: &[u8]) -> (Vec<u8>, Option<bool>) {
        keys.add(bytes);
        let passed = keys.take();
        (passed.bytes, passed.has_focus)
    }

    #[test]
    fn a_mark_that_is_cut_anywhere_is_waited_for() {
        for mark in [PASTE_BEGINS, PASTE_ENDS] {
            for cut in 1..mark.len() {
                let mut keys = Keys::default();
                keys.add(&[b"x", &mark[..cut]].concat());
                assert!(keys.wants_more(), "{cut}");
            }
        }
        let mut keys = Keys::default();
        keys.add(b"\x1b");
        assert!(!keys.wants_more(), "the key Escape alone");
    }

    #[test]
    fn the_focus_is_told_and_is_no_key() {
        let mut keys = Keys::default();
        assert_eq!(pass(&mut keys, b"\x1b[O"), (Vec::new(), Some(false)));
        assert_eq!(pass(&mut keys, b"\x1b[I"), (Vec::new(), Some(true)));
        assert_eq!(pass(&mut keys, b"a\x1b[Ob"), (b"ab".to_vec(), Some(true)), "a key is pressed where the focus is");
        assert_eq!(pass(&mut keys, b"\x1b[A\x1bO"), (b"\x1b[A\x1bO".to_vec(), Some(true)));
        let pasted = b"\x1b[200~\x1b[O\x1b[201~";
        assert_eq!(pass(&mut keys, pasted).0, pasted, "what is pasted is left alone");
    }

    #[test]
    fn many_lines_at_once_are_a_paste() {
        let mut keys = Keys::default();
        for few in [&b"1\r2\r3\r4\r5\r"[..], b"\r\r\r\r\r", b"1\r\n2\r\n3\r\n4\r\n5"] {
            assert_eq!(pass(&mut keys, few).0, few);
        }
        assert_eq!(pass(&mut keys, b"1\r2\r3\r4\r5\r6").0, b"\x1b[200~1\r2\r3\r4\r5\r6\x1b[201~");
        assert_eq!(pass(&mut keys, b"1\n2\n3\n4\n5\n6\r\n").0, b"\x1b[200~1\n2\n3\n4\n5\n6\x1b[201~");
        let keys_that_act = b"\x011\r2\r3\r4\r5\r6\r";
        assert_eq!(pass(&mut keys, keys_that_act).0, keys_that_act);
        let bracketed = b"\x1b[200~1\r2\r3\r4\r5\r6\x1b[201~";
        assert_eq!(pass(&mut keys, bracketed).0, bracketed);
    }

    #[test]
    fn a_paste_in_several_parts_gets_no_second_brackets() {
        let mut keys = Keys::default();
        let long = b"1\r2\r3\r4\r5\r6\r7\r";
        pass(&mut keys, b"\x1b[200~begin\r");
        assert_eq!(pass(&mut keys, long).0, long);
        pass(&mut keys, b"\x1b[201~");
        assert!(pass(&mut keys, long).0.starts_with(PASTE_BEGINS));
    }

    #[test]
    fn what_is_no_character_is_replaced_and_one_that_is_cut_is_waited_for() {
        let typed = |parts: &[&[u8]]| {
            let mut keys = Keys::default();
            let passed: Vec<_> = parts.iter().map(|part| String::from_utf8(pass(&mut keys, part).0).unwrap()).collect();
            passed.join("|")
        };
        assert_eq!(typed(&["é😂".as_bytes()]), "é😂");
        assert_eq!(typed(&[b"\xc3", b"\xa9"]), "|é");
        assert_eq!(typed(&[b"a\xf0\x9f", b"\x98", b"\x82b"]), "a||😂b");
        assert_eq!(typed(&[b"caf\xe9", b" x"]), "caf|? x", "Latin-1");
        assert_eq!(typed(&[b"\xff\xfe\xc0\xaf\r"]), "????\r");
        assert_eq!(typed(&[b"\x1b[200~\xe9\x1b[201~", b"x"]), "\x1b[200~?\x1b[201~|x");
    }

    #[test]
    fn only_what_is_not_typed_is_kept_back() {
        let waits = |bytes: &[u8]| {
            let mut keys = Keys::default();
            keys.add(bytes);
            keys.wants_more()
        };
        for typed in [&b"a"[..], b"\r", b"\x1b", b"\x1b[A", b"\xc3\xa9"] {
            assert!(!waits(typed), "{typed:?}");
        }
        for burst in [&b"line\r"[..], b"one\rtwo", b"\x1b["] {
            assert!(waits(burst), "{burst:?}");
        }
        assert!(!waits(&b"\r".repeat(MOST_BYTES)), "it does not grow without end");
    }
}
