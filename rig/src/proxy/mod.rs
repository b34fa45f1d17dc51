//! A TCP link on loopback that fails on demand. It delays, swallows, cuts or refuses, either all connections or those
//! that opened with certain bytes. Knows bytes, not their meaning.

mod connection;
mod fault;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::port;
use connection::Connection;
use fault::Switches;
pub use fault::{Direction, Fault, OPENING_BYTES, Scope};

/// A link. It and every connection over it end when this is dropped.
pub struct Proxy {
    port: u16,
    switches: Arc<watch::Sender<Switches>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Starts a link to an address. It passes everything at first.
    ///
    /// # Errors
    /// Returns an error if it cannot listen.
    pub async fn start(target: SocketAddr) -> anyhow::Result<Self> {
        let port = port::free()?;
        let listener = listen(port).await?;
        let switches = Arc::new(watch::Sender::new(Switches::default()));
        let task = tokio::spawn(serve(listener, port, target, Arc::clone(&switches)));
        Ok(Self { port, switches, task })
    }

    /// Returns the link's port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Applies a fault in both directions to matching connections, open and new, until [`Proxy::heal`].
    pub fn fail(&self, scope: Scope, fault: Fault) {
        self.switches.send_modify(|switches| {
            switches.set(&scope, Direction::Up, Some(fault));
            switches.set(&scope, Direction::Down, Some(fault));
        });
    }

    /// Applies a fault in one direction.
    pub fn fail_one_way(&self, scope: &Scope, direction: Direction, fault: Fault) {
        self.switches.send_modify(|switches| switches.set(scope, direction, Some(fault)));
    }

    /// Ends all faults in a scope. Bytes held back meanwhile arrive, as when a network recovers.
    pub fn heal(&self, scope: &Scope) {
        self.switches.send_modify(|switches| {
            switches.set(scope, Direction::Up, None);
            switches.set(scope, Direction::Down, None);
        });
    }

    /// Resets all matching open connections at both ends.
    pub fn cut(&self, scope: Scope) {
        self.switches.send_modify(|switches| switches.cut(scope));
    }

    /// Refuses new connections, as if nothing listened, or accepts them again. Open connections are unaffected.
    pub fn refuse(&self, refuses: bool) {
        self.switches.send_modify(|switches| switches.refuses = refuses);
    }

    /// Returns the number of open connections in a scope.
    #[must_use]
    pub fn connections(&self, scope: &Scope) -> usize {
        self.switches.borrow().open.values().filter(|opening| scope.covers(opening)).count()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("cannot listen on port {port}"))
}

/// Accepts connections until the task is aborted, which ends them too.
async fn serve(listener: TcpListener, port: u16, target: SocketAddr, switches: Arc<watch::Sender<Switches>>) {
    let mut connections = JoinSet::new();
    let mut listener = Some(listener);
    let mut changes = switches.subscribe();
    let mut ids = 0..;
    loop {
        if changes.borrow_and_update().refuses {
            listener = None;
        } else if listener.is_none() {
            listener = listen(port).await.ok();
        }
        tokio::select! {
            accepted = accept(listener.as_ref()) => {
                let Ok((client, _)) = accepted else { continue };
                let connection = Connection::new(ids.next().unwrap_or(0), Arc::clone(&switches));
                connections.spawn(connection.run(client, target));
            }
            _ = changes.changed() => {}
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Accepts a connection. Never returns if there is no listener.
async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(tokio::net::TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
