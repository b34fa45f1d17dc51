//! What `lingerd` does besides serving, a file for each command.

pub mod copy;
pub mod healthcheck;
pub mod rotate_key;
