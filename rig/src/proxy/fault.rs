//! The faults of a link, and the connections they apply to.

use std::collections::BTreeMap;
use std::time::Duration;

/// The connections that a fault applies to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All connections.
    All,
    /// Connections whose client sent this text within its first [`OPENING_BYTES`] bytes. PostgreSQL clients send
    /// parameters such as `application_name` there.
    Opening(String),
}

/// The number of bytes at the start of a connection that a [`Scope`] can match.
pub const OPENING_BYTES: usize = 1024;

/// The direction in which bytes flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From client to server.
    Up,
    /// From server to client.
    Down,
}

/// A fault of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Each chunk is delayed by a random time in this range. Chunks stay in order.
    Delay {
        /// The shortest delay.
        least: Duration,
        /// The longest delay.
        most: Duration,
    },
    /// Nothing arrives and no error is reported, as behind a firewall that drops every packet. New connections are
    /// accepted, but receive nothing either.
    BlackHole,
}

/// The state that a link checks before each chunk.
#[derive(Default)]
pub(super) struct Switches {
    pub(super) refuses: bool,
    all: Faults,
    /// Faults by opening text; these take precedence over `all`.
    some: Vec<(String, Faults)>,
    /// All cuts ordered so far. Each connection cuts itself once per order.
    cuts: Vec<Scope>,
    /// The first bytes that each open connection's client sent.
    pub(super) open: BTreeMap<u64, Vec<u8>>,
}

#[derive(Default, Clone, Copy)]
struct Faults {
    up: Option<Fault>,
    down: Option<Fault>,
}

impl Scope {
    /// Returns whether a connection with this opening is in scope.
    pub(super) fn covers(&self, opening: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Opening(text) => contains(opening, text),
        }
    }
}

impl Switches {
    pub(super) fn set(&mut self, scope: &Scope, direction: Direction, fault: Option<Fault>) {
        let faults = match scope {
            Scope::All => &mut self.all,
            Scope::Opening(text) => {
                let known = self.some.iter().position(|(other, _)| other == text);
                let at = known.unwrap_or_else(|| {
                    self.some.push((text.clone(), Faults::default()));
                    self.some.len() - 1
                });
                &mut self.some[at].1
            }
        };
        match direction {
            Direction::Up => faults.up = fault,
            Direction::Down => faults.down = fault,
        }
    }

    /// Returns the fault for a connection with this opening.
    pub(super) fn fault(&self, opening: &[u8], direction: Direction) -> Option<Fault> {
        let some = self.some.iter().filter(|(text, _)| contains(opening, text)).map(|(_, faults)| faults);
        let faults = some.chain([&self.all]);
        faults
            .filter_map(|faults| match direction {
                Direction::Up => faults.up,
                Direction::Down => faults.down,
            })
            .next()
    }

    pub(super) fn cut(&mut self, scope: Scope) {
        self.cuts.push(scope);
    }

    /// Returns the number of cuts ordered so far.
    pub(super) fn cuts(&self) -> usize {
        self.cuts.len()
    }

    /// Returns whether a cut after the first `after` ones covers a connection with this opening.
    pub(super) fn is_cut(&self, after: usize, opening: &[u8]) -> bool {
        self.cuts[after..].iter().any(|scope| scope.covers(opening))
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes())
}
