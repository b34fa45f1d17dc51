//! The clients of one node, in a process of their own with one event loop. Guests sign in, wait for each other, and
//! hold polls until standard input ends.
//!
//! Standard input accepts two commands: `poll` starts the polls, and `tally` requests a line of JSON.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{Semaphore, watch};
use tokio::task::LocalSet;

use super::tally::{Tally, now_us};
use crate::connection::Connection;
use crate::guest::{Guest, Page};

/// As long as a node holds polls.
const WAIT_SECONDS: u64 = 55;

/// The number of attempts to sign in while the database is unavailable.
const ATTEMPTS: usize = 10;

/// The options of `hold-node`.
#[derive(Args)]
pub(crate) struct HoldArguments {
    /// Port of the node
    #[arg(long)]
    port: u16,
    /// Number of polls to hold
    #[arg(long)]
    polls: usize,
    /// Number of guests that sign in at the same time
    #[arg(long)]
    parallel: usize,
}

/// State shared by the clients.
struct Clients {
    port: u16,
    signing_in: Semaphore,
    begun: watch::Receiver<bool>,
    tally: RefCell<Tally>,
}

/// Holds polls until standard input ends.
pub(crate) async fn hold(arguments: HoldArguments) -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    let (begin, begun) = watch::channel(false);
    let HoldArguments { port, polls, parallel } = arguments;
    let shared = Rc::new(Clients { port, signing_in: Semaphore::new(parallel), begun, tally: RefCell::default() });
    let clients = LocalSet::new();
    for _ in 0..polls {
        let shared = Rc::clone(&shared);
        clients.spawn_local(async move {
            if let Err(error) = shared.run_client().await {
                let mut tally = shared.tally.borrow_mut();
                tally.failed += 1;
                tally.failure.get_or_insert(format!("{error:#}"));
            }
        });
    }
    clients.run_until(shared.follow_commands(begin)).await
}

impl Clients {
    async fn follow_commands(&self, begin: watch::Sender<bool>) -> anyhow::Result<()> {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Some(line) = lines.next_line().await? {
            match line.as_str() {
                "poll" => {
                    begin.send_replace(true);
                }
                "tally" => {
                    let json = serde_json::to_string(&*self.tally.borrow())? + "\n";
                    let mut output = tokio::io::stdout();
                    output.write_all(json.as_bytes()).await?;
                    output.flush().await?;
                }
                other => bail!("unknown command: {other}"),
            }
        }
        Ok(())
    }

    /// Runs one client.
    async fn run_client(&self) -> anyhow::Result<()> {
        let (mut connection, mut guest) = self.sign_in().await?;
        self.tally.borrow_mut().connected += 1;
        self.begun.clone().wait_for(|begun| *begun).await?;
        let mut newest_id = 0;
        loop {
            connection.ask(&guest.poll(WAIT_SECONDS)).await?;
            self.tally.borrow_mut().held += 1;
            let answer = connection.answer().await;
            let at_us = now_us();
            let mut tally = self.tally.borrow_mut();
            tally.held -= 1;
            let page = Page::from(&answer?)?;
            if page.messages.is_empty() {
                tally.renewed += 1;
            }
            for message in page.messages {
                tally.arrived(&message.text, message.id > newest_id, at_us);
                newest_id = newest_id.max(message.id);
            }
            guest.cursor = page.cursor;
        }
    }

    /// Signs a guest in. Only a few do so at a time.
    async fn sign_in(&self) -> anyhow::Result<(Connection, Guest)> {
        let _permit = self.signing_in.acquire().await?;
        let mut connection = Connection::open(self.port).await.context("a guest cannot connect to the node")?;
        for _ in 0..ATTEMPTS {
            let answer = connection.exchange(&Guest::request()).await?;
            if answer.status != 503 {
                return Ok((connection, Guest::from(&answer)?));
            }
            self.tally.borrow_mut().postponed += 1;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        bail!("a guest was answered with 503 {ATTEMPTS} times")
    }
}
