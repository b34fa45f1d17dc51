//! Catches up with messages and changes in small pages, far back on the line and at its end.

use std::time::Duration;

use anyhow::{Context, ensure};
use linger_rig::folder::Folder;

use super::figures::{ITEMS, REQUESTS};
use super::report::Figure;
use crate::follower::Follower;
use crate::http::{patch, post};
use crate::servers::{Exchange, Server, linger};
use crate::spread::Percentiles;
use crate::swarm::answer::number;

/// Less than the messages that were sent before, so that even the smallest data set is read from disk.
const TAIL_MEBIBYTES: &str = "1";

/// Starts a server anew, and measures a guest that has been away since before the first message.
pub(super) fn from_the_start(folder: &Folder, mut follower: Follower, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let settings = [("ROCKET_CHAT__TAIL_MEBIBYTES", TAIL_MEBIBYTES)];
    let server = linger::start_with(folder, linger_rig::port::free()?, &settings)?;
    let mut connection = Exchange::open(server.port)?;
    let parameters = parameters();
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let page = follower.follow(&mut connection, &parameters)?;
        ensure!(page.more, "there are too few messages to catch up with");
        times.push(page.taken);
    }
    figures.push(median("catching up, ms", times));
    Ok(())
}

/// Measures a guest that has missed one message and its edit.
pub(super) fn recent(server: &Server, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let mut connection = Exchange::open(server.port)?;
    let parameters = parameters();
    let follower = Follower::sign_in(&mut connection)?;
    let sent = connection.ask(&post("/send", Some(&follower.token), r#"{"text":"a message"}"#))?;
    ensure!(sent.status == 201, "a send was answered with {}", sent.status);
    let seq = memchr::memmem::find(&sent.body, br#""seq":"#).and_then(|at| number(&sent.body[at + 6..]));
    let path = format!("/room/1/messages/{}", seq.context("a message has no seq")?);
    let edited = connection.ask(&patch(&path, &follower.token, r#"{"text":"an edited message"}"#))?;
    ensure!(edited.status == 200, "an edit was answered with {}", edited.status);
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let answer = follower.ask(&mut connection, &parameters)?;
        let changed = memchr::memmem::find(&answer.body, br#""changed":[{"#);
        ensure!(changed.is_some(), "a poll brought no change");
        times.push(answer.taken);
    }
    figures.push(median("recent changes, ms", times));
    Ok(())
}

/// Returns the parameters of each poll. Positions stay where they are, so a page has nothing but messages and changes.
fn parameters() -> String {
    format!("&limit={ITEMS}&mark_read=false")
}

fn median(name: &'static str, mut times: Vec<Duration>) -> Figure {
    times.sort_unstable();
    Figure::new(name, Percentiles::of(&times).p50_ms)
}
