//! A TCP link on loopback that fails on demand: it delays, swallows, cuts or refuses, for all connections or
//! for those that said a certain thing when they opened. Knows bytes, not what they mean.

mod link;
mod mode;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::port;
use link::Link;
use mode::Switches;
pub use mode::{Direction, Fault, Scope};

/// A link; it ends, and with it every connection over it, when this is dropped.
pub struct Proxy {
    port: u16,
    switches: Arc<watch::Sender<Switches>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// A link to this address that passes everything.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(target: SocketAddr) -> anyhow::Result<Self> {
        let port = port::free()?;
        let listener = listen(port).await?;
        let switches = Arc::new(watch::Sender::new(Switches::default()));
        let task = tokio::spawn(serve(listener, port, target, Arc::clone(&switches)));
        Ok(Self { port, switches, task })
    }

    /// Where it listens on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on this happens to what flows, both ways, in connections that are open and that come;
    /// [`Proxy::heal`] takes it back.
    pub fn fail(&self, scope: Scope, fault: Fault) {
        self.switches.send_modify(|switches| {
            switches.set(&scope, Direction::Up, Some(fault));
            switches.set(&scope, Direction::Down, Some(fault));
        });
    }

    /// The same for one direction.
    pub fn fail_one_way(&self, scope: &Scope, direction: Direction, fault: Fault) {
        self.switches.send_modify(|switches| switches.set(scope, direction, Some(fault)));
    }

    /// What flows flows again. What was held back meanwhile arrives, as it does when a network comes back.
    pub fn heal(&self, scope: &Scope) {
        self.switches.send_modify(|switches| {
            switches.set(scope, Direction::Up, None);
            switches.set(scope, Direction::Down, None);
        });
    }

    /// Resets all connections that are open now, at both ends.
    pub fn cut(&self, scope: Scope) {
        self.switches.send_modify(|switches| switches.cut(scope));
    }

    /// Whether new connections are refused, as if nobody listened. Open ones are left alone.
    pub fn refuse(&self, refuses: bool) {
        self.switches.send_modify(|switches| switches.refuses = refuses);
    }

    /// How many connections are open whose opening matches.
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

/// Accepts until it is aborted; its connections end with it.
async fn serve(listener: TcpListener, port: u16, target: SocketAddr, switches: Arc<watch::Sender<Switches>>) {
    let mut links = JoinSet::new();
    let mut listener = Some(listener);
    let mut changes = switches.subscribe();
    let mut names = 0..;
    loop {
        if changes.borrow_and_update().refuses {
            listener = None;
        } else if listener.is_none() {
            listener = listen(port).await.ok();
        }
        tokio::select! {
            accepted = accept(listener.as_ref()) => {
                let Ok((client, _)) = accepted else { continue };
                let link = Link::new(names.next().unwrap_or(0), Arc::clone(&switches));
                links.spawn(link.run(client, target));
            }
            _ = changes.changed() => {}
            Some(_) = links.join_next() => {}
        }
    }
}

/// Waits for ever where nobody listens.
async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(tokio::net::TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
