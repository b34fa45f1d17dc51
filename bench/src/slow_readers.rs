//! Stream clients that stop reading while messages keep coming: the server memory that each of them takes, beyond what
//! the same load takes with one of them. The server's tail is small here, and full from the beginning.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use linger_rig::folder::Folder;
use serde::Serialize;

use crate::audience::Audience;
use crate::contest::{Contender, take};
use crate::memory::Memory;
use crate::reader::{Dialect, Way};
use crate::servers::linger;
use crate::watch::{memory, settle};

/// The time limit for one message to reach all.
const PATIENCE: Duration = Duration::from_secs(60);

/// The number of clients that send meanwhile.
const SENDERS: usize = 64;

/// The options of `slow-readers`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of clients that stop reading
    #[arg(long, default_value_t = 200)]
    readers: usize,
    /// Seconds during which messages keep coming
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// The results.
#[derive(Serialize)]
pub(crate) struct Report {
    readers: usize,
    /// Messages sent meanwhile, which were due to each of them.
    messages: u64,
    bytes_to_each: u64,
    resident_bytes_for_each: u64,
    anonymous_bytes_for_each: u64,
    /// The growth under the same load with one client only.
    resident_bytes_with_one: u64,
}

/// The growth of a server's memory.
struct Growth {
    memory: Memory,
    messages: u64,
    bytes_to_each: u64,
}

/// Measures one such client, and on another server all of them.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    ensure!(arguments.readers > 1, "--readers must be at least 2");
    let one = measure(1, arguments.seconds)?;
    let all = measure(arguments.readers, arguments.seconds)?;
    let more = all.memory.since(one.memory);
    let each = |bytes: u64| bytes / (arguments.readers as u64 - 1);
    Ok(Report {
        readers: arguments.readers,
        messages: all.messages,
        bytes_to_each: all.bytes_to_each,
        resident_bytes_for_each: each(more.resident),
        anonymous_bytes_for_each: each(more.anonymous),
        resident_bytes_with_one: one.memory.resident,
    })
}

fn measure(readers: usize, seconds: u64) -> anyhow::Result<Growth> {
    let settings = [("ROCKET_CHAT__TAIL_MEBIBYTES", "2")];
    let server = linger::start_with(&Folder::new()?, linger_rig::port::free()?, &settings)?;
    let mut senders = Contender::nodes("linger", std::slice::from_ref(&server), None, SENDERS)?;
    take(&mut senders, Duration::from_secs(3))?;
    let mut audience = Audience::new(server.port, Dialect::Linger, Way::Streams, readers)?;
    audience.connect_speaker()?;
    audience.connect_readers(100)?;
    audience.send()?;
    ensure!(audience.wait_for_delivery(PATIENCE)?, "the first message did not reach every reader");
    settle(&server, &mut audience)?;
    let before = memory(&server)?;
    audience.stop_reading()?;
    let turn = take(&mut senders, Duration::from_secs(seconds))?;
    settle(&server, &mut audience)?;
    let messages = (turn.per_second * seconds as f64) as u64;
    let (_, bytes) = audience.answer_bytes();
    Ok(Growth { memory: memory(&server)?.since(before), messages, bytes_to_each: messages * bytes as u64 })
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { readers, messages, .. } = self;
        let kib = |bytes: u64| bytes as f64 / 1024.0;
        writeln!(f, "{readers} streams whose clients do not read, while {messages} messages were sent")?;
        writeln!(f, "(about {:.0} MiB to each of them)\n", kib(self.bytes_to_each) / 1024.0)?;
        let (resident, anonymous) = (kib(self.resident_bytes_for_each), kib(self.anonymous_bytes_for_each));
        writeln!(f, "growth of the server's memory per stream: VmRSS {resident:.1} KiB, RssAnon {anonymous:.1} KiB")?;
        let one = kib(self.resident_bytes_with_one) / 1024.0;
        write!(f, "not included: {one:.1} MiB that the same load adds with a single stream")
    }
}
