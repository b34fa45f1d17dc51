//! The handle of a process that holds polls. The process ends when this is dropped or its owner is killed.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::tally::Tally;

/// The interval between two looks at the tallies.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// A process with the clients of one node.
pub(crate) struct Holder {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Holder {
    /// Starts the process. Its guests begin to sign in.
    pub(crate) fn start(port: u16, polls: usize, parallel: usize) -> anyhow::Result<Self> {
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
        let output = BufReader::new(output.context("no pipe to the process")?).lines();
        Ok(Self { input: input.context("no pipe to the process")?, output, _process: process })
    }

    /// Lets the guests poll.
    pub(crate) async fn begin(&mut self) -> anyhow::Result<()> {
        Ok(self.input.write_all(b"poll\n").await?)
    }

    /// Returns what the clients have seen so far.
    ///
    /// # Errors
    /// Returns an error if a client gave up.
    pub(crate) async fn tally(&mut self) -> anyhow::Result<Tally> {
        self.input.write_all(b"tally\n").await?;
        let line = self.output.next_line().await?.context("the client process has ended")?;
        let tally: Tally = serde_json::from_str(&line)?;
        if let Some(failure) = tally.failure {
            bail!("{} clients gave up: {failure}", tally.failed);
        }
        Ok(tally)
    }
}

/// Waits until every tally satisfies a condition, or the time is up. Returns the tallies.
pub(crate) async fn tallies(
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
