//! What happens to what flows over a link, and to which connections.

use std::collections::BTreeMap;
use std::time::Duration;

/// Which connections are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them.
    All,
    /// Those whose client said this among the first [`OPENING_BYTES`] bytes. PostgreSQL's clients send their
    /// parameters there, such as `application_name`.
    Opening(String),
}

/// How many of a client's first bytes a [`Scope`] can match.
pub const OPENING_BYTES: usize = 1024;

/// From client to server, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What the client says.
    Up,
    /// What the server says.
    Down,
}

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Each chunk takes a random time between these two. Chunks stay in order.
    Delay {
        /// At least.
        least: Duration,
        /// At most.
        most: Duration,
    },
    /// Nothing arrives, and nobody is told: as where a firewall drops every packet. New connections are
    /// accepted, and hear nothing either.
    BlackHole,
}

/// What a link looks at before each chunk.
#[derive(Default)]
pub(super) struct Switches {
    pub(super) refuses: bool,
    all: Faults,
    /// By what connections said when they opened; goes before `all`.
    some: Vec<(String, Faults)>,
    /// Who is cut next, and how often that was asked: each connection cuts itself once per order.
    cuts: Vec<Scope>,
    /// What the open connections said when they opened.
    pub(super) open: BTreeMap<u64, Vec<u8>>,
}

#[derive(Default, Clone, Copy)]
struct Faults {
    up: Option<Fault>,
    down: Option<Fault>,
}

impl Scope {
    /// Whether a connection that began with this is meant.
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

    /// What is wrong for a connection that began with this.
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

    /// How many cuts have been ordered so far.
    pub(super) fn cuts(&self) -> usize {
        self.cuts.len()
    }

    /// Whether one of the cuts ordered after so many means a connection that began with this.
    pub(super) fn is_cut(&self, after: usize, opening: &[u8]) -> bool {
        self.cuts[after..].iter().any(|scope| scope.covers(opening))
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len().max(1)).any(|window| window == text.as_bytes())
}
