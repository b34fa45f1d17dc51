//! `linger`: runs the client and decides the exit status.

mod backoff;
mod cli;
mod command;
mod conversation;
mod failure;
mod http;
mod identity;
mod inbox;
mod keyboard;
mod outbox;
mod prompt;
mod session;
mod terminal;
mod text;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::failure::Failure;

// 2 is clap's, for a command line that cannot be understood.
const FAILED: u8 = 1;
const NETWORK: u8 = 3;
const AUTHENTICATION: u8 = 4;

fn main() -> ExitCode {
    let Err(failure) = session::run(&Cli::parse()) else {
        return ExitCode::SUCCESS;
    };
    eprintln!("linger: {}", text::visible(&failure.to_string()));
    ExitCode::from(match failure {
        Failure::Network(_) => NETWORK,
        refused if refused.is_unauthorized() => AUTHENTICATION,
        _ => FAILED,
    })
}
