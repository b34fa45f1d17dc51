//! Readers of streams who stop reading while the chat goes on: what each of them costs the server in memory, above what
//! the same load costs with one of them. The server's tail is small here and full from the beginning.

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

/// For one message to reach all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who sends meanwhile.
const SENDERS: usize = 64;

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// Who stops reading
    #[arg(long, default_value_t = 200)]
    readers: usize,
    /// How long the chat goes on
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// What they showed.
#[derive(Serialize)]
pub struct Report {
    readers: usize,
    /// What was said meanwhile, and should have gone to each of them.
    messages: u64,
    bytes_to_each: u64,
    resident_bytes_for_each: u64,
    anonymous_bytes_for_each: u64,
    /// What the same load adds with one of them only.
    resident_bytes_with_one: u64,
}

/// What a server's memory has grown by.
struct Growth {
    memory: Memory,
    messages: u64,
    bytes_to_each: u64,
}

/// Lets one of them stop, and on another server all.
pub fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    ensure!(arguments.readers > 1, "one is measured in any case");
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
    audience.open_doors()?;
    audience.come_in(100)?;
    audience.say()?;
    ensure!(audience.all_hear(PATIENCE)?, "the first message did not reach all");
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
        writeln!(f, "{readers} streams that nobody reads, while {messages} messages were said")?;
        writeln!(f, "(about {:.0} MiB for each of them)\n", kib(self.bytes_to_each) / 1024.0)?;
        let (resident, anonymous) = (kib(self.resident_bytes_for_each), kib(self.anonymous_bytes_for_each));
        writeln!(f, "the server's memory has grown by {resident:.1} KiB for each: VmRSS; RssAnon {anonymous:.1} KiB")?;
        let one = kib(self.resident_bytes_with_one) / 1024.0;
        write!(f, "not counted: the {one:.1} MiB that such a load adds with one of them")
    }
}
