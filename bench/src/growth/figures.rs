//! Measures the figures of one data set.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use linger_rig::folder::Folder;

use super::catching_up;
use super::report::Figure;
use crate::audience::Audience;
use crate::catch_up::history;
use crate::contest::{Contender, take};
use crate::dataset::Contents;
use crate::follower::Follower;
use crate::http::{get, post};
use crate::reader::{Dialect, Way};
use crate::servers::{Exchange, Server, linger};
use crate::spread::Percentiles;
use crate::swarm::answer::first_quoted;
use crate::watch::{memory, settle, used};

/// Number of messages to all readers.
const MESSAGES: usize = 20;

/// The interval between them.
const EVERY: Duration = Duration::from_millis(500);

/// Number of single requests of each kind.
pub(super) const REQUESTS: usize = 200;

/// Messages on a page. Even the smallest data set fills such a page.
pub(super) const ITEMS: u64 = 5;

/// Starts a server on a filled database and measures everything.
pub(super) fn measure(
    folder: &Folder,
    contents: Contents,
    follower: Follower,
    polls: usize,
    seconds: u64,
) -> anyhow::Result<Vec<Figure>> {
    let begun = Instant::now();
    let server = linger::start_in(folder, linger_rig::port::free()?)?;
    let started = begun.elapsed();
    let mut figures = vec![Figure::new("start, ms", started.as_secs_f64() * 1e3)];
    held(&server, polls, &mut figures)?;
    sends(&server, seconds, &mut figures)?;
    single_requests(&server, contents, &mut figures)?;
    catching_up::recent(&server, &mut figures)?;
    drop(server);
    catching_up::from_the_start(folder, follower, &mut figures)?;
    Ok(figures)
}

fn held(server: &Server, polls: usize, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let mut audience = Audience::new(server.port, Dialect::Linger, Way::Polls, polls)?;
    audience.connect_speaker()?;
    settle(server, &mut audience)?;
    let empty = memory(server)?;
    let (begun, before) = (Instant::now(), used(server)?);
    audience.connect_readers(100)?;
    let filling = settle(server, &mut audience)?.duration_since(begun);
    let coming_in = used(server)?.since(before).server;
    audience.send()?;
    ensure!(audience.wait_for_delivery(Duration::from_secs(60))?, "the first message did not reach every reader");
    settle(server, &mut audience)?;
    let each = memory(server)?.since(empty).resident as f64 / polls as f64;
    audience.take_times();
    let before = used(server)?;
    for _ in 0..MESSAGES {
        audience.send()?;
        audience.run_for(EVERY)?;
    }
    settle(server, &mut audience)?;
    let used = used(server)?.since(before).server;
    let (times, _) = audience.take_times();
    ensure!(audience.faults().total() == 0, "{:?}", audience.faults());
    figures.extend([
        Figure::new("empty, MiB", empty.resident as f64 / 1024.0 / 1024.0),
        Figure::new("filled, s", filling.as_secs_f64()),
        Figure::new("sign-in, µs", coming_in * 1e6 / polls as f64),
        Figure::new("per poll, KiB", each / 1024.0),
        Figure::new("per delivery, µs", used * 1e6 / times.len().max(1) as f64),
        Figure::new("delivery p50, ms", Percentiles::of(&times).p50_ms),
        Figure::new("delivery p99, ms", Percentiles::of(&times).p99_ms),
    ]);
    Ok(())
}

fn sends(server: &Server, seconds: u64, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    for (connections, rate, latency, cpu) in
        [(1, "sends/s by 1", "send p50, ms", "send by 1, µs"), (64, "sends/s by 64", "by 64 p50, ms", "by 64, µs")]
    {
        let mut senders = Contender::nodes("linger", std::slice::from_ref(server), None, connections)?;
        take(&mut senders, Duration::from_secs(1))?;
        let turn = take(&mut senders, Duration::from_secs(seconds))?;
        figures.extend([
            Figure::new(rate, turn.per_second),
            Figure::new(latency, turn.p50_ms),
            Figure::new(cpu, turn.server_us[0]),
        ]);
    }
    Ok(())
}

fn single_requests(server: &Server, contents: Contents, figures: &mut Vec<Figure>) -> anyhow::Result<()> {
    let mut connection = Exchange::open(server.port)?;
    let body = connection.ask(&post("/connect", None, r#"{"latest":0}"#))?.body;
    let token = first_quoted(&body, br#""token":""#).context("an answer has no token")?;
    let token = std::str::from_utf8(token)?.to_owned();
    let requests = [
        ("reconnect, ms", post("/connect", Some(&token), "{}")),
        ("one room, ms", get("/rooms?limit=1", &token)),
        ("/users, ms", get("/users", &token)),
        ("/users online, ms", get("/users?online=true", &token)),
        ("/status, ms", get("/status?latest=20", &token)),
    ];
    for (name, request) in requests {
        let mut times = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let answer = connection.ask(&request)?;
            ensure!(answer.status == 200, "the request for `{name}` was answered with {}", answer.status);
            times.push(answer.taken);
        }
        times.sort_unstable();
        figures.push(Figure::new(name, Percentiles::of(&times).p50_ms));
    }
    let in_general = contents.messages / (contents.rooms + 1);
    for depth in history::measure(server.port, &token, in_general, ITEMS, REQUESTS)? {
        let name = match depth.percent {
            0 => "newest page, ms",
            50 => "page at 50 %, ms",
            99 => "page at 99 %, ms",
            _ => continue,
        };
        figures.push(Figure::new(name, depth.page.p50_ms));
    }
    Ok(())
}
