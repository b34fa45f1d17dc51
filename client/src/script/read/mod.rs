//! `read`: prints messages from where the last output ended. Printed messages do not count as read.

mod changes;
mod joined;
mod position;
mod reader;
mod room;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use linger_api::Status;

use self::position::Kept;
use self::reader::Reader;
use crate::config::Settings;
use crate::display::Output;
use crate::domain::{Conversation, Failure};
use crate::http::Clock;
use crate::sign_in::{self, Credentials, Session};
use crate::{cli, files};

/// Separates the file name of a position from the name given with `--as`.
const OF_PLACE: &str = ".as-";

/// Returns the names under which positions of the user are kept.
pub(super) fn places(settings: &Settings) -> Vec<String> {
    let credentials = Credentials::of(settings);
    let user = settings.user.clone().or_else(|| credentials.current().ok().flatten());
    let (Some(folder), Some(user)) = (credentials.folder(), user) else { return Vec::new() };
    let begin = files::part(&user.to_ascii_lowercase());
    let names = fs::read_dir(folder.join("read")).into_iter().flatten().filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        let (of, place) = name.strip_suffix(".jsonl")?.split_once(OF_PLACE)?;
        (of.split('.').next() == Some(&begin)).then(|| files::unpart(Path::new(place)))
    });
    // One for each room, and with changes.
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Prints the messages there are, and with `--follow` those to come.
pub(super) fn run(read: &cli::Read, settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    if let Some(room) = &read.room {
        Conversation::room(room).with_name()?;
    }
    let session = sign_in::for_script(settings)?;
    let room = read.room.as_deref().map(|room| room.trim_start_matches('#'));
    let status = match room {
        Some(name) => session.call(|http| http.status_of_room(name)).map_err(|failure| missing(failure, name))?,
        None => session.call(|http| http.status(None))?,
    };
    let me = status.user.name.clone();
    let found = room.map(|name| Ok::<_, Failure>((name, place_of(&status)?))).transpose()?;
    let name = match found {
        Some((_, (id, _))) => format!("{}.room-{id}", files::part(&me)),
        None => files::part(&me),
    };
    // A position that has passed changes without printing them would lose them.
    let name = if read.changes { format!("{name}.changes") } else { name };
    let name = match &read.place {
        Some(place) => format!("{name}{OF_PLACE}{}", files::part(place)),
        None => name,
    };
    // A look moves no position and needs none, unless it says which.
    let is_look = (read.last.is_some() || read.since.is_some()) && read.place.is_none();
    let credentials = Credentials::of(settings);
    let folder = credentials.folder().filter(|_| !is_look).map(|folder| folder.join("read"));
    let kept = Kept::open(folder.as_deref(), &name)?;
    let Session { http, renewal } = session;
    let mut reader = Reader {
        http,
        renewal: &renewal,
        output,
        me: &me,
        kept,
        clock: Cell::new(Clock::start()),
        follow: read.follow,
        changes: read.changes,
    };
    match found {
        None => joined::print(&mut reader, read.last, read.since.as_deref()),
        Some((name, place)) => print_room(&mut reader, name, place, read),
    }
}

/// Prints the stream of a room, found at this place. With `--follow`, goes on after the server's database was replaced.
fn print_room(reader: &mut Reader, name: &str, mut place: (i64, i64), read: &cli::Read) -> Result<(), Failure> {
    let (mut last, mut since) = (read.last, read.since.as_deref());
    loop {
        match room::print(reader, place, last, since) {
            Err(failure) if failure.is_cursor_reset() && reader.follow && reader.kept.position.seq.is_some() => {
                (last, since) = (None, None);
                let room = name.to_owned();
                let status = reader.ask(move |http| http.status_of_room(&room));
                place = place_of(&status.map_err(|failure| missing(failure, name))?)?;
            }
            Err(failure) => {
                return Err(failure.or_missing(|| format!("#{name} is gone, or you are no longer in it")));
            }
            Ok(()) => return Ok(()),
        }
    }
}

fn missing(failure: Failure, room: &str) -> Failure {
    failure.or_missing(|| format!("there is no room named {room}"))
}

/// Returns the id and the newest seq of the room that a status is about.
fn place_of(status: &Status) -> Result<(i64, i64), Failure> {
    let found = status.conversations.first().and_then(|found| Some((found.room_id?, found.newest)));
    found.ok_or_else(|| Failure::foreign("the status names no room"))
}
