//! The non-interactive commands. Each does one thing, asks nothing, and reports success or failure by its exit status.
//! Results go to standard output, everything else to standard error.

mod account;
mod around;
mod completing;
mod own;
mod read;
mod send;
mod settings;

pub(crate) use self::completing::{answer_shell, complete};
pub(crate) use self::settings::in_file;
use crate::cli::{Command, Flags};
use crate::config::Config;
use crate::display::Output;
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
        Command::Config { command } => {
            settings::in_file(command, &Flags::default()).unwrap_or_else(|| settings::show(config, &mut output))
        }
        Command::Accounts => settings::accounts(&mut output),
        Command::Completions { shell } => complete(*shell),
    }
}
