//! The servers that are compared: linger, the floor, and nchan if it is installed.

use clap::ValueEnum;

use crate::reader::Dialect;
use crate::servers::{Server, floor, linger, nchan};

/// A server to measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Peer {
    Linger,
    Floor,
    Nchan,
}

impl Peer {
    /// Returns the requested peers, or all installed ones if none are requested.
    pub(crate) fn chosen(asked: &[Self]) -> Vec<Self> {
        if !asked.is_empty() {
            return asked.to_vec();
        }
        let mut all = vec![Self::Linger, Self::Floor];
        if nchan::is_installed() {
            all.push(Self::Nchan);
        } else {
            eprintln!("skipping nchan, which is not installed: make bench WHAT=peers installs it");
        }
        all
    }

    pub(crate) fn start(self) -> anyhow::Result<Server> {
        match self {
            Self::Linger => linger::start(),
            Self::Floor => floor::start(),
            Self::Nchan => nchan::start(),
        }
    }

    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Linger => Dialect::Linger,
            Self::Floor => Dialect::Floor,
            Self::Nchan => Dialect::Nchan,
        }
    }
}
