//! The non-interactive commands. Each does one thing, asks nothing, and reports success or failure by its exit status.
//! Results go to standard output, everything else to standard error.

mod account;
mod around;
mod own;
mod read;
mod send;
mod settings;

use clap::CommandFactory;

use crate::cli::{Cli, Command, ConfigCommand, Shell};
use crate::config::Config;
use crate::display::{Color, Output};
use crate::domain::Failure;

pub(crate) fn run(command: &Command, config: &Config) -> Result<(), Failure> {
    let settings = &config.settings;
    let mut output = Output::new(settings.json, settings.color);
    if settings.code.is_some() && !matches!(command, Command::Login { .. }) {
        return Err(Failure::Usage(
            "--code and --invite sign in: they go with `linger login`, or with a session".into(),
        ));
    }
    match command {
        Command::Send(send) => send::run(send, settings, &mut output),
        Command::Read(read) => read::run(read, settings, &mut output),
        Command::Rooms { archived } => around::rooms(settings, *archived, &mut output),
        Command::Password { password_stdin } => own::password(settings, *password_stdin),
        Command::Sessions(sessions) => own::sessions(sessions, settings, &mut output),
        Command::Code => own::code(settings, &mut output),
        Command::Users { online } => around::users(settings, *online, &mut output),
        Command::Status => around::status(settings, &mut output),
        Command::Whoami => account::whoami(settings, &mut output),
        Command::Login { password_stdin } => account::login(settings, *password_stdin, &mut output),
        Command::Logout => account::logout(settings),
        Command::Config { command: ConfigCommand::Show } => settings::show(config, &mut output),
        Command::Completions { shell } => complete(*shell),
    }
}

/// Prints a shell completion script.
pub(crate) fn complete(shell: Shell) -> Result<(), Failure> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "linger", &mut script);
    Output::new(false, Color::Never).print(&script)
}
