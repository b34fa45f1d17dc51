//! One connection over a link: a pump in each direction, and a watch for cuts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;

use super::fault::{Direction, Fault, OPENING_BYTES, Switches};

/// A connection, identified by a unique number.
pub(super) struct Connection {
    id: u64,
    switches: Arc<watch::Sender<Switches>>,
}

impl Connection {
    pub(super) fn new(id: u64, switches: Arc<watch::Sender<Switches>>) -> Self {
        switches.send_modify(|switches| drop(switches.open.insert(id, Vec::new())));
        Self { id, switches }
    }

    /// Forwards bytes until both ends are done or the connection is cut.
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
            // Bytes that are not passed on are not read either, so the sender's buffers fill up as on a real network.
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

    /// Waits until no black hole affects this connection.
    async fn passes(&self, direction: Direction) {
        if self.fault(direction) != Some(Fault::BlackHole) {
            return;
        }
        let mut changes = self.switches.subscribe();
        let is_out = |switches: &Switches| switches.fault(self.opening(switches), direction) != Some(Fault::BlackHole);
        let _ = changes.wait_for(is_out).await;
    }

    /// Waits until a cut ordered after the first `before` ones covers this connection.
    async fn cut(&self, before: usize) {
        let mut changes = self.switches.subscribe();
        let _ = changes.wait_for(|switches| switches.is_cut(before, self.opening(switches))).await;
    }

    fn fault(&self, direction: Direction) -> Option<Fault> {
        let switches = self.switches.borrow();
        switches.fault(self.opening(&switches), direction)
    }

    fn opening<'a>(&self, switches: &'a Switches) -> &'a [u8] {
        switches.open.get(&self.id).map_or(&[], Vec::as_slice)
    }

    fn remember(&self, chunk: &[u8]) {
        let known = self.opening(&self.switches.borrow()).len();
        let new = &chunk[..chunk.len().min(OPENING_BYTES.saturating_sub(known))];
        if !new.is_empty() {
            let remember = |switches: &mut Switches| switches.open.entry(self.id).or_default().extend(new);
            self.switches.send_modify(remember);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.switches.send_modify(|switches| drop(switches.open.remove(&self.id)));
    }
}

/// Makes a connection end with RST instead of FIN when it is dropped.
fn reset(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

fn between(least: Duration, most: Duration) -> Duration {
    let span = most.saturating_sub(least).as_micros() as u64;
    let more = getrandom::u64().unwrap_or(0) % (span + 1);
    least + Duration::from_micros(more)
}
