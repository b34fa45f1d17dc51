//! The handle of a process that holds polls. It ends when this is dropped, and when its owner is killed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::tally::Tally;

/// How often somebody who waits asks.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// One process: the clients of one node.
pub struct Holder {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Holder {
    /// Starts it; its guests begin to come in.
    pub fn start(port: u16, polls: usize, parallel: usize) -> anyhow::Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("hold-node")
            .args(["--port", &port.to_string()])
            .args(["--polls", &polls.to_string()])
            .args(["--parallel", &parallel.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let output = BufReader::new(output.context("it was piped")?).lines();
        Ok(Self { input: input.context("it was piped")?, output, _process: process })
    }

    /// Its guests begin to poll.
    pub async fn begin(&mut self) -> anyhow::Result<()> {
        Ok(self.input.write_all(b"poll\n").await?)
    }

    /// What its clients have seen so far.
    ///
    /// # Errors
    /// When one of them gave up.
    pub async fn tally(&mut self) -> anyhow::Result<Tally> {
        self.input.write_all(b"tally\n").await?;
        let line = self.output.next_line().await?.context("the clients have ended")?;
        let tally: Tally = serde_json::from_str(&line)?;
        if let Some(failure) = tally.failure {
            bail!("{} clients gave up: {failure}", tally.failed);
        }
        Ok(tally)
    }
}

/// What the clients of all have seen, once it is enough for each or the time is over.
pub async fn tallies(
    holders: &mut [Holder],
    limit: Duration,
    is_enough: impl Fn(&Tally) -> bool,
) -> anyhow::Result<Vec<Tally>> {
    let begun = Instant::now();
    loop {
        let mut tallies = Vec::with_capacity(holders.len());
        for holder in &mut *holders {
            tallies.push(holder.tally().await?);
        }
        if tallies.iter().all(&is_enough) || begun.elapsed() > limit {
            return Ok(tallies);
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}
