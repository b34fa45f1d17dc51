//! One connection over a link: two pumps, and somebody who cuts it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::mode::{Direction, Fault, OPENING_BYTES, Switches};

/// A connection by its name, which no other has.
pub(super) struct Link {
    name: u64,
    switches: Arc<watch::Sender<Switches>>,
}

impl Link {
    pub(super) fn new(name: u64, switches: Arc<watch::Sender<Switches>>) -> Self {
        switches.send_modify(|switches| drop(switches.open.insert(name, Vec::new())));
        Self { name, switches }
    }

    /// Passes on what comes until both ends are done, or it is cut.
    pub(super) async fn run(self, mut client: TcpStream, target: SocketAddr) {
        let cuts = self.switches.borrow().cuts();
        let Ok(mut server) = TcpStream::connect(target).await else {
            return reset(&client);
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let ended_well = {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            let both = async {
                tokio::try_join!(
                    self.pump(from_client, to_server, Direction::Up),
                    self.pump(from_server, to_client, Direction::Down)
                )
            };
            tokio::select! {
                ended = both => ended.is_ok(),
                () = self.cut(cuts) => false,
            }
        };
        if !ended_well {
            reset(&client);
            reset(&server);
        }
    }

    async fn pump(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, direction: Direction) -> std::io::Result<()> {
        let mut chunk = vec![0; 16 * 1024];
        loop {
            // Who is not heard is not read either: as on a real network the sender's buffers fill up.
            self.passes(direction).await;
            let length = from.read(&mut chunk).await?;
            if direction == Direction::Up {
                self.remember(&chunk[..length]);
            }
            if let Some(Fault::Delay { least, most }) = self.fault(direction) {
                tokio::time::sleep(between(least, most)).await;
            }
            self.passes(direction).await;
            if length == 0 {
                return to.shutdown().await;
            }
            to.write_all(&chunk[..length]).await?;
        }
    }

    /// Waits until this connection is in no black hole.
    async fn passes(&self, direction: Direction) {
        if self.fault(direction) != Some(Fault::BlackHole) {
            return;
        }
        let mut changes = self.switches.subscribe();
        let is_out = |switches: &Switches| switches.fault(self.opening(switches), direction) != Some(Fault::BlackHole);
        let _ = changes.wait_for(is_out).await;
    }

    /// Waits until this connection is among those of a new order to cut.
    async fn cut(&self, before: usize) {
        let mut changes = self.switches.subscribe();
        let _ = changes.wait_for(|switches| switches.is_cut(before, self.opening(switches))).await;
    }

    fn fault(&self, direction: Direction) -> Option<Fault> {
        let switches = self.switches.borrow();
        switches.fault(self.opening(&switches), direction)
    }

    fn opening<'a>(&self, switches: &'a Switches) -> &'a [u8] {
        switches.open.get(&self.name).map_or(&[], Vec::as_slice)
    }

    fn remember(&self, chunk: &[u8]) {
        let known = self.opening(&self.switches.borrow()).len();
        let new = &chunk[..chunk.len().min(OPENING_BYTES.saturating_sub(known))];
        if !new.is_empty() {
            let remember = |switches: &mut Switches| switches.open.entry(self.name).or_default().extend(new);
            self.switches.send_modify(remember);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.switches.send_modify(|switches| drop(switches.open.remove(&self.name)));
    }
}

/// Ends a connection with RST instead of FIN, once it is dropped.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

fn between(least: Duration, most: Duration) -> Duration {
    let span = most.saturating_sub(least).as_micros() as u64;
    let more = getrandom::u64().unwrap_or(0) % (span + 1);
    least + Duration::from_micros(more)
}
