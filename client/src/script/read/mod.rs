//! `read`: messages as lines, from where the last output ended. Nothing that it prints counts as read.

mod joined;
mod room;

use std::thread;
use std::time::Duration;

use linger_api::{Message, Polled};

use super::position;
use super::position::Kept;
use crate::config::Settings;
use crate::display::{Output, local_time};
use crate::domain::{Conversation, Failure, visible};
use crate::http::{Backoff, Http, PAGE_LIMIT, POLL_WAIT, Stream};
use crate::sign_in::{self, Credentials};
use crate::{cli, files, terminal};

/// What follows a message's first line is set in, so that no text can look like another message.
const CONTINUATION: &str = "\n    ";

/// Prints what there is, and with `--follow` what comes.
pub fn run(read: &cli::Read, settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let http = sign_in::for_script(settings)?;
    let room = read.room.as_deref().map(|room| room.trim_start_matches('#'));
    let status = match room {
        Some(name) => {
            http.status_of_room(name).map_err(|failure| failure.or_missing(|| format!("there is no room {name}")))
        }
        None => http.status(None),
    }?;
    let me = status.user.name.clone();
    let room = match room {
        Some(_) => {
            let found = status.conversations.first().and_then(|found| Some((found.room_id?, found.newest)));
            Some(found.ok_or_else(|| Failure::Foreign("its status names no room".into()))?)
        }
        None => None,
    };
    let name = room.map_or_else(|| files::part(&me), |(id, _)| format!("{}.room-{id}", files::part(&me)));
    let kept = Kept::open(Credentials::of(settings).folder().map(|folder| folder.join("read")).as_deref(), &name)?;
    let mut reader = Reader { http: &http, output, me: &me, kept, follow: read.follow };
    match room {
        None => joined::print(&mut reader, read.last, read.since.as_deref()),
        Some((id, newest)) => room::print(&mut reader, id, newest, read.last, read.since.as_deref()),
    }
}

/// One run of `read`, which the two kinds of stream share.
struct Reader<'a> {
    http: &'a Http,
    output: &'a mut Output,
    me: &'a str,
    kept: Kept,
    follow: bool,
}

impl Reader<'_> {
    fn print(&mut self, message: &Message) -> Result<(), Failure> {
        let palette = self.output.palette();
        self.output.json_or(message, || {
            let lines: Vec<_> = message.text.split('\n').map(visible).collect();
            let place = Conversation::of(message, self.me);
            let (time, from) =
                (palette.dim(&local_time(&message.sent_at)), palette.name(&message.from, &visible(&message.from)));
            format!("{time} {place} {from}: {}", lines.join(CONTINUATION))
        })
    }

    /// The next page of a stream. One that is followed is waited for, also while the server is away; else what
    /// there is has to do, and a failure ends it.
    fn next(&self, stream: Stream, cursor: Option<&str>, may_wait: bool) -> Result<Polled, Failure> {
        let mut away = None;
        loop {
            let wait = if self.follow && may_wait && away.is_none() { POLL_WAIT } else { Duration::ZERO };
            // What comes without a cursor could be other messages the next time: one, and there is a cursor.
            let limit = if cursor.is_some() { PAGE_LIMIT } else { 1 };
            match self.http.watch(stream, cursor, wait, limit) {
                Err(failure) if self.follow && failure.is_transient() => {
                    if away.is_none() {
                        terminal::print_notice(&format!("linger: {}; trying again", visible(&failure.to_string())));
                    }
                    thread::sleep(away.get_or_insert_with(Backoff::new).next_pause(failure.retry_after()));
                }
                outcome => return outcome,
            }
        }
    }
}
