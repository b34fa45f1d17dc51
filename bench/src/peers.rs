//! Who is measured side by side: linger, the floor, and nchan where it is installed.

use clap::ValueEnum;

use crate::reader::Dialect;
use crate::servers::{Server, floor, linger, nchan};

/// One of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Peer {
    /// What is measured.
    Linger,
    /// What is underneath.
    Floor,
    /// What is beside it.
    Nchan,
}

impl Peer {
    /// Those that were asked for; all that are here, if none were.
    pub fn chosen(asked: &[Self]) -> Vec<Self> {
        if !asked.is_empty() {
            return asked.to_vec();
        }
        let mut all = vec![Self::Linger, Self::Floor];
        if nchan::is_installed() {
            all.push(Self::Nchan);
        } else {
            eprintln!("nchan is not installed, and left out: make bench-peers installs it");
        }
        all
    }

    /// Starts it.
    pub fn start(self) -> anyhow::Result<Server> {
        match self {
            Self::Linger => linger::start(),
            Self::Floor => floor::start(),
            Self::Nchan => nchan::start(),
        }
    }

    /// How it is talked to.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Linger => Dialect::Linger,
            Self::Floor => Dialect::Floor,
            Self::Nchan => Dialect::Nchan,
        }
    }
}
