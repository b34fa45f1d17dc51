//! One guest who makes, joins, leaves and reads rooms on hundreds of connections of one node, while another user sends
//! on another node. The database is 2.5 ms away, each way. The sends are compared with those on a quiet server.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use linger_rig::folder::Folder;
use linger_rig::proxy::{Fault, Proxy, Scope};
use serde::Serialize;
use tokio::task::{JoinSet, LocalSet, spawn_blocking};

use crate::connection::Connection;
use crate::guest::Guest;
use crate::http::post;
use crate::nodes;
use crate::servers::linger;

/// The delay of the link to the database, each way. Timers round it up, and with the link's own work it is 2.5 ms.
const LEAST: Duration = Duration::from_millis(1);
const MOST: Duration = Duration::from_micros(1500);

/// The pause between two sends.
const PAUSE: Duration = Duration::from_millis(50);

/// The options of `greedy`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of the guest's connections
    #[arg(long, default_value_t = 400)]
    connections: usize,
    /// Seconds of each part
    #[arg(long, default_value_t = 15)]
    seconds: u64,
}

/// The results.
#[derive(Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

/// The sends of the other user during one part.
#[derive(Serialize)]
struct Row {
    part: &'static str,
    sends: usize,
    /// Sends that were not answered 201.
    failed: usize,
    median_ms: f64,
    p99_ms: f64,
    guest: Calls,
}

/// The guest's calls, by their answers.
#[derive(Serialize, Default, Clone, Copy)]
struct Calls {
    /// Those that were answered 2xx.
    taken: usize,
    refused: usize,
}

/// Measures a quiet time, then the guest with the default limits, then without limits.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let parts =
        [("quiet", 0, "600"), ("with limits", arguments.connections, "600"), ("no limits", arguments.connections, "0")];
    let mut rows = Vec::new();
    for (part, connections, limit) in parts {
        rows.push(measure(part, connections, limit, arguments.seconds).await?);
    }
    Ok(Report { rows })
}

async fn measure(part: &'static str, connections: usize, limit: &str, seconds: u64) -> anyhow::Result<Row> {
    let cluster = nodes::postgres().await?;
    let url = cluster.create_database().await?;
    let address = format!("127.0.0.1:{}", cluster.port());
    let link = Proxy::start(address.parse()?).await?;
    let url = url.replace(&address, &format!("127.0.0.1:{}", link.port()));
    ensure!(url.contains(&link.port().to_string()), "the address of the database is not understood");
    let folder = Folder::new()?;
    let settings = [("DATABASE_URL", url.as_str()), ("ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE", limit)];
    let start = async || {
        let (folder, settings) = (folder.clone(), settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
        // The link runs in this thread, so the start must not block it.
        let started = spawn_blocking(move || {
            let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            linger::start_with(&folder, linger_rig::port::free()?, &settings)
        });
        started.await?
    };
    let (busy, other) = (start().await?, start().await?);
    link.fail(Scope::All, Fault::Delay { least: LEAST, most: MOST });
    let port = busy.port;
    // In a thread of its own: thousands of refusals a second must not delay the link, which runs here.
    let guest = spawn_blocking(move || be_greedy(port, connections, seconds));
    let mut connection = Connection::open(other.port).await?;
    let sender = Guest::connect(&mut connection).await?;
    let begun = Instant::now();
    let (mut times, mut failed) = (Vec::new(), 0);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let sent = Instant::now();
        let answer = connection.exchange(&sender.send("hello")).await?;
        times.push(sent.elapsed());
        failed += usize::from(answer.status != 201);
        tokio::time::sleep(PAUSE).await;
    }
    let guest = guest.await??;
    // A server writes once more when it stops, through the link that this thread runs.
    spawn_blocking(move || drop((busy, other))).await?;
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    ensure!(!times.is_empty(), "nothing was sent");
    Ok(Row { part, sends: times.len(), failed, median_ms: at(0.5), p99_ms: at(0.99), guest })
}

/// One guest on many connections. Returns once all have ended.
fn be_greedy(port: u16, connections: usize, seconds: u64) -> anyhow::Result<Calls> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let guest = Guest::connect(&mut Connection::open(port).await?).await?;
        let mut tasks = JoinSet::new();
        for number in 0..connections {
            tasks.spawn_local(call(port, guest.token.clone(), number, seconds));
        }
        let mut all = Calls::default();
        while let Some(calls) = tasks.join_next().await {
            // The server may close a connection of many refusals.
            let Calls { taken, refused } = calls?.unwrap_or_default();
            all = Calls { taken: all.taken + taken, refused: all.refused + refused };
        }
        Ok(all)
    })
}

/// Makes rooms, leaves, joins and reads them.
async fn call(port: u16, token: String, number: usize, seconds: u64) -> anyhow::Result<Calls> {
    let mut connection = Connection::open(port).await?;
    let begun = Instant::now();
    let (mut calls, mut round) = (Calls::default(), 0);
    while begun.elapsed() < Duration::from_secs(seconds) {
        round += 1;
        let name = format!(r#"{{"name":"r{number}-{round}"}}"#);
        for (path, body) in
            [("/rooms", name.as_str()), ("/room/2/leave", ""), ("/room/2/join", ""), ("/room/1/read", r#"{"seq":0}"#)]
        {
            let answer = connection.exchange(&post(path, Some(&token), body)).await.context("the guest's call")?;
            *if answer.status < 300 { &mut calls.taken } else { &mut calls.refused } += 1;
        }
    }
    Ok(calls)
}

impl Report {
    /// # Errors
    /// If a send failed, or if sends were more than three times as slow as on the quiet server.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let [quiet, limited, ..] = &self.rows[..] else { return Ok(()) };
        ensure!(limited.failed == 0, "{} sends failed", limited.failed);
        ensure!(limited.p99_ms <= 3.0 * quiet.p99_ms, "sends were more than three times as slow");
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "sends on one node while a guest keeps another one busy; 2.5 ms to the database, each way\n")?;
        write!(
            f,
            "{:12} {:>7} {:>7} {:>10} {:>10} {:>14} {:>8}",
            "", "sends", "failed", "median ms", "p99 ms", "guest's calls", "refused"
        )?;
        for Row { part, sends, failed, median_ms, p99_ms, guest: Calls { taken, refused } } in &self.rows {
            write!(f, "\n{part:12} {sends:7} {failed:7} {median_ms:10.1} {p99_ms:10.1} {taken:14} {refused:8}")?;
        }
        Ok(())
    }
}
