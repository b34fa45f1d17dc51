//! Clients of one user that ask for large pages and read nothing: the memory that they take from the server, and how
//! soon it is free again.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use linger_rig::folder::Folder;
use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::connection::Connection;
use crate::guest::Guest;
use crate::http::get;
use crate::memory::Memory;
use crate::servers::linger;

/// The messages of a full page.
const MESSAGES: usize = 500;
const TEXT_BYTES: usize = 400;

/// How often the memory is read.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The options of `unread-answers`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of answers that are not read
    #[arg(long, default_value_t = 1500)]
    answers: usize,
    /// Seconds to watch the memory
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Mebibytes of growth from which the run fails
    #[arg(long, default_value_t = 60)]
    most: u64,
}

/// The results.
#[derive(Serialize)]
pub(crate) struct Report {
    answers: usize,
    most_growth_bytes: u64,
    allowed_growth_bytes: u64,
    /// The growth that was left at the end.
    last_growth_bytes: u64,
    seconds: u64,
}

/// Asks for all answers, then watches the server.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let server = linger::start_with(&Folder::new()?, linger_rig::port::free()?, &[])?;
    let mut connection = Connection::open(server.port).await?;
    let guest = Guest::connect(&mut connection).await?;
    for _ in 0..MESSAGES {
        let answer = connection.exchange(&guest.send(&"x".repeat(TEXT_BYTES))).await?;
        ensure!(answer.status == 201, "a send was answered with {}", answer.status);
    }
    let page = get(&format!("/room/1/messages?limit={MESSAGES}"), &guest.token);
    let bytes = connection.exchange(&page).await?.body.len();
    ensure!(bytes > 200_000, "a page has only {bytes} bytes");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = Memory::of(&server.pids())?;
    let begun = Instant::now();
    let mut unread = Vec::new();
    let (mut most, mut last) = (0, 0);
    while begun.elapsed() < Duration::from_secs(arguments.seconds) {
        // All within the first two seconds.
        while unread.len() < arguments.answers && unread.len() as f64 <= begun.elapsed().as_secs_f64() * 1000.0 {
            let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await?;
            stream.write_all(&page).await?;
            unread.push(stream);
        }
        last = Memory::of(&server.pids())?.since(before).resident;
        most = most.max(last);
        tokio::time::sleep(if unread.len() < arguments.answers { Duration::from_millis(1) } else { LOOK_EVERY }).await;
    }
    let answer = connection.exchange(&page).await?;
    ensure!(answer.body.len() == bytes, "a client that reads is not served");
    Ok(Report {
        answers: arguments.answers,
        most_growth_bytes: most,
        allowed_growth_bytes: arguments.most * 1024 * 1024,
        last_growth_bytes: last,
        seconds: arguments.seconds,
    })
}

impl Report {
    /// # Errors
    /// If the memory grew by more than allowed.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.most_growth_bytes <= self.allowed_growth_bytes, "the memory grew by more than allowed");
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
        let Self { answers, seconds, .. } = self;
        writeln!(f, "{answers} answers to one user, a full page each, which are not read")?;
        writeln!(f, "growth of the server's memory (VmRSS): {:.1} MiB at most", mib(self.most_growth_bytes))?;
        write!(f, "after {seconds} seconds: {:.1} MiB", mib(self.last_growth_bytes))
    }
}
