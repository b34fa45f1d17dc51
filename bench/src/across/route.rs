//! A route that messages take: one guest sends, another guest's poll is held, each on their own node.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::connection::Connection;
use crate::guest::{Guest, Page};

/// Longer than any pause between two messages.
const WAIT_SECONDS: u64 = 30;

/// A route between two guests.
pub(crate) struct Route {
    /// Its name in the table.
    pub(crate) name: &'static str,
    sending: Connection,
    sender: Guest,
    receiving: Connection,
    receiver: Guest,
}

/// The times of one message, from the first byte of the send.
pub(crate) struct Timing {
    /// Until the held poll was answered.
    pub(crate) to_answer: Duration,
    /// Until the send was acknowledged.
    pub(crate) to_acknowledgement: Duration,
}

impl Route {
    /// Opens a route from the node on one port to the node on another, which may be the same.
    pub(crate) async fn open(name: &'static str, from: u16, to: u16) -> anyhow::Result<Self> {
        let (mut sending, mut receiving) = (Connection::open(from).await?, Connection::open(to).await?);
        let (sender, receiver) = (Guest::connect(&mut sending).await?, Guest::connect(&mut receiving).await?);
        Ok(Self { name, sending, sender, receiving, receiver })
    }

    /// Reads until this text arrives, which was sent on another route.
    pub(crate) async fn catch_up(&mut self, text: &str) -> anyhow::Result<()> {
        loop {
            let page = Page::from(&self.receiving.exchange(&self.receiver.poll(WAIT_SECONDS)).await?)?;
            ensure!(!page.messages.is_empty(), "a message does not arrive");
            self.receiver.cursor = page.cursor;
            if page.messages.iter().any(|message| message.text == text) {
                return Ok(());
            }
        }
    }

    /// Sends a poll that will be held, because nothing is unread.
    pub(crate) async fn hold(&mut self) -> anyhow::Result<()> {
        self.receiving.ask(&self.receiver.poll(WAIT_SECONDS)).await
    }

    /// Sends a text, which must be what the held poll is answered with.
    pub(crate) async fn send(&mut self, text: &str) -> anyhow::Result<Timing> {
        let request = self.sender.send(text);
        let begun = Instant::now();
        let acknowledged = async { anyhow::Ok((self.sending.exchange(&request).await?, begun.elapsed())) };
        let answered = async { anyhow::Ok((self.receiving.answer().await?, begun.elapsed())) };
        let ((sent, to_acknowledgement), (answer, to_answer)) = tokio::try_join!(acknowledged, answered)?;
        ensure!(sent.status == 201, "a send was answered with {}", sent.status);
        let page = Page::from(&answer)?;
        ensure!(
            page.messages.iter().map(|message| message.text.as_str()).eq([text]),
            "the poll brought other messages"
        );
        self.receiver.cursor = page.cursor;
        Ok(Timing { to_answer, to_acknowledgement })
    }
}
