//! `linger`: runs a session or a single command, and chooses the exit status.
//!
//! The modules are listed in the order of their imports: each imports only modules below it, which
//! `client/tests/terminal/house.rs` checks.

/// Interactive sessions.
mod session;

/// Commands for scripts. Sessions and commands do not know each other.
mod script;

/// Signing in, and kept sign-ins.
mod sign_in;

/// Settings from flags, the environment and the settings file.
mod config;

/// The command line.
mod cli;

/// The line editor, and output above the line being typed.
mod terminal;

/// The table of a session's commands, and completion.
mod commands;

/// Calls to the server.
mod http;

/// The look of messages, lists and JSON.
mod display;

/// Files on disk.
mod files;

/// Conversations, failures and sanitised text.
mod domain;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::cli::{Cli, Flags};
use crate::config::Config;
use crate::domain::Failure;

fn main() -> ExitCode {
    script::answer_shell();
    let parsed = Cli::from_arg_matches(&cli::command().get_matches());
    let Err(failure) = run(&parsed.unwrap_or_else(|error| error.exit())) else {
        return ExitCode::SUCCESS;
    };
    // A user who pressed Ctrl-C or closed the pipe needs no message.
    if !matches!(failure, Failure::Interrupted | Failure::OutputClosed) {
        terminal::print_notice(&format!("linger: {}", domain::visible(&failure.to_string())));
    }
    ExitCode::from(status(&failure))
}

fn run(cli: &Cli) -> Result<(), Failure> {
    match (&cli.command, &cli.words[..]) {
        (Some(command), []) => script::run(command, &cli.flags),
        (Some(_), [room, ..]) => {
            Err(Failure::Usage(format!("only a session takes a room here ({room}); send and read have --room")))
        }
        (None, []) => converse(&cli.flags, None),
        (None, [word]) => converse(&cli.flags, Some(word)),
        (None, [word, ..]) => Err(Failure::Usage(match cli::meant(word) {
            Some(command) => format!("there is no command {word}. Did you mean `linger {command}`?"),
            None => format!("there is no command {word}; `linger --help` lists the commands"),
        })),
    }
}

/// Runs a session, which begins in the conversation that `word` means.
fn converse(flags: &Flags, word: Option<&str>) -> Result<(), Failure> {
    let settings = Config::load(flags)?.settings;
    display::look(settings.time, settings.palette);
    session::run(&settings, word)
}

/// Returns the exit status. clap also uses 2 for a bad command line; shells report 130 and 141 for a program ended by
/// Ctrl-C or a closed pipe.
fn status(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(_) => 2,
        Failure::Network(_) | Failure::Foreign { .. } => 3,
        Failure::SignedOut(_) => 4,
        refused if refused.is_unauthorized() || refused.is_not_let_in() => 4,
        refused if refused.is_rate_limit() => 6,
        // The server, or the proxy in front of it, cannot answer right now.
        refused if refused.is_unavailable() => 3,
        refused if refused.is_internal() => 1,
        Failure::Refused { .. } => 5,
        Failure::Missing(_) | Failure::Unsendable(_) => 5,
        Failure::Interrupted => 130,
        Failure::OutputClosed => 141,
        Failure::Terminal(_) | Failure::Lines(_) => 1,
    }
}
