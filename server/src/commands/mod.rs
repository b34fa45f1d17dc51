//! The commands of `lingerd` other than serving, one file per command.

pub mod copy;
pub mod healthcheck;
pub mod output;
pub mod rotate_key;
pub mod shell;
