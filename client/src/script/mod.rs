//! The non-interactive commands. Each does one thing, asks nothing, and reports success or failure by its exit status.
//! Results go to standard output, everything else to standard error.

mod account;
mod around;
mod completing;
mod help;
mod own;
mod read;
mod send;
mod settings;

pub(crate) use self::completing::answer_shell;
use self::completing::complete;
use crate::cli::{Command, Flags};
use crate::config::Config;
use crate::display::{self, Output};
use crate::domain::Failure;

pub(crate) fn run(command: &Command, flags: &Flags) -> Result<(), Failure> {
    // These must work even if the settings are broken.
    match command {
        Command::Help { about } => return help::explain(about),
        Command::Man { folder } => return help::write_manual(folder),
        Command::Completions { shell } => return complete(*shell),
        _ => {}
    }
    if let Command::Config { command } = command
        && let Some(outcome) = settings::in_file(command, flags)
    {
        return outcome;
    }
    let config = &Config::load(flags)?;
    let settings = &config.settings;
    display::look(settings.time, settings.palette);
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
        Command::Config { .. } => settings::show(config, &mut output),
        Command::Accounts => settings::accounts(&mut output),
        Command::Help { .. } | Command::Man { .. } | Command::Completions { .. } => Ok(()),
    }
}
