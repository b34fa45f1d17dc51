//! One run of the client: connect, then listen to the server and to the keyboard until either is done.

use std::sync::{Arc, mpsc};
use std::thread;

use jiff::Zoned;
use linger_api::Connected;

use crate::config::Settings;
use crate::conversation::Conversation;
use crate::failure::Failure;
use crate::inbox::Inbox;
use crate::keyboard::{self, Keyboard};
use crate::outbox::Outbox;
use crate::sign_in::{self, SignedIn};
use crate::{terminal, text};

/// Runs until the user quits.
///
/// # Errors
/// What ended it before that.
pub fn run(settings: &Settings) -> Result<(), Failure> {
    let SignedIn { http, connected, is_kept } = sign_in::for_session(settings)?;
    welcome(&connected)?;
    let room = settings.room.as_deref().unwrap_or(linger_api::GENERAL);
    let room = room.strip_prefix('#').unwrap_or(room);
    let here = match room {
        linger_api::GENERAL => Conversation::Room(room.to_owned()),
        room => keyboard::join(&http, room)?,
    };

    let (lines, printer, restore) = terminal::open()?;
    let http = Arc::new(http);
    let outbox = Arc::new(Outbox::new(Arc::clone(&http)));
    let inbox = Inbox::new(Arc::clone(&http), Arc::clone(&outbox), printer, connected);
    let keyboard = Keyboard::new(Arc::clone(&http), outbox, lines, here);

    // Neither thread can be called off: one waits for a key, the other for the server. The first to be done
    // ends the process, and the process ends the other.
    let (done, ended) = mpsc::channel();
    let receiving = done.clone();
    thread::spawn(move || receiving.send(Err(inbox.receive())));
    thread::spawn(move || done.send(keyboard.follow()));
    let outcome = ended.recv().unwrap_or_else(|_| Err(Failure::Terminal("both threads failed".into())));

    restore.restore();
    if outcome.is_ok() && !is_kept {
        // A courtesy: it frees the token and shows the user as gone, but nobody needs to wait for it.
        let _ = http.disconnect();
    }
    outcome
}

fn welcome(connected: &Connected) -> Result<(), Failure> {
    let name = &connected.user.name;
    let kind = if connected.user.guest { ", a guest" } else { "" };
    terminal::note(&format!("You are {}{kind}. /help lists the commands.", text::visible(name)));
    let now = Zoned::now();
    for message in &connected.messages {
        terminal::say(&text::message(message, name, &now))?;
    }
    Ok(())
}
