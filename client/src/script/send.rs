//! `send`: one message, stored once or not at all.

use std::io::{self, IsTerminal, Read};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use linger_api::{GENERAL, Message};

use crate::cli;
use crate::config::Settings;
use crate::display::Output;
use crate::domain::{Conversation, Failure, plain};
use crate::http::{Backoff, KEPT, is_forgotten, new_key};
use crate::sign_in::{self, Session};

/// The longest text that a server takes; before 0.2, it was 4,096 bytes. The server itself refuses what is too long.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Sends the message, and prints it as JSON if asked to.
pub(super) fn run(send: &cli::Send, settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let text = match send.text.as_deref() {
        Some("-") => read_all(io::stdin().lock())?,
        Some(text) => text.to_owned(),
        None if io::stdin().is_terminal() => {
            return Err(Failure::Usage("nothing to send: give a TEXT, or - for standard input".to_owned()));
        }
        None => read_all(io::stdin().lock())?,
    };
    let to = match (&send.to, send.room.as_deref().or(settings.room.as_deref())) {
        (Some(name), _) => Conversation::Direct(name.trim_start_matches('@').to_owned()),
        (None, room) => Conversation::Room(room.unwrap_or(GENERAL).trim_start_matches('#').to_owned()),
    }
    .with_name()?;
    let session = sign_in::for_script(settings)?;
    let sent = insist(&session, &to, &text, Duration::from_secs(send.retry));
    let message = sent.map_err(|failure| failure.or_missing(|| format!("there is no {to}")))?;
    output.json(&message)
}

/// Retries until there is an answer, always with the same key: if an answer was lost, the retry is not a second
/// message.
fn insist(session: &Session, to: &Conversation, text: &str, patience: Duration) -> Result<Message, Failure> {
    let (key, first_try) = (new_key()?, SystemTime::now());
    // Later, a retry could be a second message.
    let give_up_at = Instant::now() + patience.min(KEPT);
    let mut backoff = Backoff::new();
    let mut may_be_stored = false;
    loop {
        let failure = match session.call(|http| http.send(to, text, &key)) {
            Ok(message) => return Ok(message),
            Err(failure) => failure,
        };
        may_be_stored |= failure.is_unsure();
        let pause = backoff.next_pause(failure.retry_after());
        // A rate limit is reported: only the script knows whether it is worth waiting for.
        if !failure.is_transient()
            || failure.is_rate_limit()
            || Instant::now() + pause >= give_up_at
            || is_forgotten(first_try, SystemTime::now() + pause)
        {
            return Err(failure.on_message(may_be_stored));
        }
        thread::sleep(pause);
    }
}

/// Reads the whole input as one text, without its trailing line breaks. Reads no more than can be sent: a log piped in
/// by mistake neither fills memory nor arrives cut.
fn read_all(input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    // The longest text may follow a byte order mark, and be followed by one line break of either kind.
    let longest = MAX_TEXT_BYTES as u64 + 5;
    let read = input.take(longest + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Terminal(format!("cannot read standard input: {}", plain(error))))?;
    let text = String::from_utf8(bytes).map_err(|error| match error.utf8_error().error_len() {
        // Cut inside a character, because the input is longer.
        None if error.as_bytes().len() as u64 > longest => too_long(),
        _ => Failure::Unsendable("standard input is not UTF-8; nothing was sent".to_owned()),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.trim_end_matches(['\r', '\n']).replace("\r\n", "\n");
    match text.len() {
        0 => Err(Failure::Unsendable("standard input is empty; nothing was sent".to_owned())),
        1..=MAX_TEXT_BYTES => Ok(text),
        _ => Err(too_long()),
    }
}

fn too_long() -> Failure {
    Failure::Unsendable(
        "standard input is over 16,384 bytes, the most that a message holds; nothing was sent".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_is_one_message_without_trailing_line_breaks() {
        let read = |text: &str| read_all(text.as_bytes()).unwrap();
        assert_eq!(read("one\ntwo\n"), "one\ntwo");
        assert_eq!(read("one\r\ntwo\r\n"), "one\ntwo");
        assert_eq!(read("  x"), "  x");
        assert_eq!(read("\u{feff}one\u{feff}\r\n"), "one\u{feff}");
        for newline in ["", "\n", "\r\n"] {
            assert_eq!(read(&format!("{}{newline}", "x".repeat(16384))).len(), 16384);
        }
    }

    #[test]
    fn a_text_that_cannot_be_sent_whole_is_not_sent() {
        let too_long = ["x".repeat(16385), "x".repeat(1_000_000), "é".repeat(16384), "€".repeat(16000)];
        for text in &too_long {
            let Err(Failure::Unsendable(why)) = read_all(text.as_bytes()) else { panic!() };
            assert!(why.contains("16,384"), "{why}");
        }
        assert!(matches!(read_all(&b""[..]), Err(Failure::Unsendable(_))));
        assert!(matches!(read_all(&b"\n\n"[..]), Err(Failure::Unsendable(_))));
        assert!(matches!(read_all(&b"caf\xe9\n"[..]), Err(Failure::Unsendable(_))));
    }
}
