//! `send`: one message, stored once or not at all.

use std::io::{self, IsTerminal, Read};
use std::thread;
use std::time::{Duration, Instant};

use linger_api::{GENERAL, Message};

use crate::config::Settings;
use crate::display::Output;
use crate::domain::{Conversation, Failure};
use crate::http::{Backoff, Http, new_key};
use crate::{cli, sign_in};

/// The most that the server takes.
const MAX_TEXT_BYTES: usize = 4096;

/// Says it, and prints what became of it if that is asked for.
pub(super) fn run(send: &cli::Send, settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let text = match send.text.as_deref() {
        Some("-") => read_all(io::stdin().lock())?,
        Some(text) => text.to_owned(),
        None if io::stdin().is_terminal() => {
            return Err(Failure::Usage("say what: linger send TEXT, or - for the standard input".to_owned()));
        }
        None => read_all(io::stdin().lock())?,
    };
    let to = match (&send.to, send.room.as_deref().or(settings.room.as_deref())) {
        (Some(name), _) => Conversation::Direct(name.trim_start_matches('@').to_owned()),
        (None, room) => Conversation::Room(room.unwrap_or(GENERAL).trim_start_matches('#').to_owned()),
    };
    let http = sign_in::for_script(settings)?;
    let sent = insist(&http, &to, &text, Duration::from_secs(send.retry));
    let message = sent.map_err(|failure| failure.or_missing(|| format!("there is no {to}")))?;
    output.json(&message)
}

/// Tries until there is an answer, with one key: a try whose answer was lost is not a second message.
fn insist(http: &Http, to: &Conversation, text: &str, patience: Duration) -> Result<Message, Failure> {
    let key = new_key()?;
    let give_up_at = Instant::now() + patience;
    let mut backoff = Backoff::new();
    loop {
        let failure = match http.send(to, text, &key) {
            Ok(message) => return Ok(message),
            Err(failure) => failure,
        };
        let pause = backoff.next_pause(failure.retry_after());
        // Who sends too much is told so: only the script knows whether this is worth waiting for.
        if !failure.is_transient() || failure.is_rate_limit() || Instant::now() + pause >= give_up_at {
            return Err(match failure {
                Failure::Network(reason) => Failure::Network(format!("{reason}; it may not have been sent")),
                answered => answered,
            });
        }
        thread::sleep(pause);
    }
}

/// All of the input as one text, without the line breaks at its end. Never more than can be sent: a log that is
/// piped in by mistake neither fills the memory nor arrives cut.
fn read_all(input: impl Read) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    // One end of line, in whichever manner, may follow the longest text.
    let longest = MAX_TEXT_BYTES as u64 + 2;
    let read = input.take(longest + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::Terminal(format!("cannot read the standard input: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| match error.utf8_error().error_len() {
        // Cut in the middle of a character, because there is more than fits.
        None if error.as_bytes().len() as u64 > longest => too_long(),
        _ => Failure::Unsendable("the standard input is not UTF-8; nothing was sent".to_owned()),
    })?;
    let text = text.trim_end_matches(['\r', '\n']).replace("\r\n", "\n");
    match text.len() {
        0 => Err(Failure::Unsendable("the standard input is empty; nothing was sent".to_owned())),
        1..=MAX_TEXT_BYTES => Ok(text),
        _ => Err(too_long()),
    }
}

fn too_long() -> Failure {
    Failure::Unsendable("a message is at most 4,096 bytes, and the standard input is more; nothing was sent".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_is_one_message_without_its_last_line_break() {
        let read = |text: &str| read_all(text.as_bytes()).unwrap();
        assert_eq!(read("one\ntwo\n"), "one\ntwo");
        assert_eq!(read("one\r\ntwo\r\n"), "one\ntwo");
        assert_eq!(read("  x"), "  x");
        for newline in ["", "\n", "\r\n"] {
            assert_eq!(read(&format!("{}{newline}", "x".repeat(4096))).len(), 4096);
        }
    }

    #[test]
    fn what_cannot_be_sent_whole_is_not_sent() {
        let too_long = ["x".repeat(4097), "x".repeat(1_000_000), "é".repeat(4096), "€".repeat(4000)];
        for text in &too_long {
            let Err(Failure::Unsendable(why)) = read_all(text.as_bytes()) else { panic!() };
            assert!(why.contains("4,096"), "{why}");
        }
        assert!(matches!(read_all(&b""[..]), Err(Failure::Unsendable(_))));
        assert!(matches!(read_all(&b"\n\n"[..]), Err(Failure::Unsendable(_))));
        assert!(matches!(read_all(&b"caf\xe9\n"[..]), Err(Failure::Unsendable(_))));
    }
}
