//! Completion of command lines in shells: the script that a shell loads, and the answers it asks for. Names come from the
//! server, by what is typed of them.

use std::env;
use std::ffi::OsStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::cli::{Cli, Flags, Shell};
use crate::config::{Config, Settings};
use crate::display::{Color, Output};
use crate::domain::Failure;
use crate::http::Http;
use crate::sign_in;

/// The variable by which a shell asks for answers.
const ASKED_BY: &str = "LINGER_COMPLETE";
/// How long a shell waits for names.
const PAUSE: Duration = Duration::from_secs(1);

/// A call that returns the names that begin like this.
type Lookup = fn(&Http, &str) -> Result<Vec<String>, Failure>;

/// Prints a shell completion script.
pub(super) fn complete(shell: Shell) -> Result<(), Failure> {
    let shell: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Fish => &Fish,
        Shell::Zsh => &Zsh,
    };
    let mut script = Vec::new();
    let written = shell.write_registration(ASKED_BY, "linger", "linger", "linger", &mut script);
    written.map_err(|error| Failure::Terminal(error.to_string()))?;
    // bash would offer file names where there is nothing to complete.
    let script = String::from_utf8_lossy(&script).replace(" -o bashdefault", "");
    Output::new(false, Color::Never).print(script.as_bytes())
}

/// Answers a shell that asks for completions, and ends the process. Does nothing otherwise.
pub(crate) fn answer_shell() {
    CompleteEnv::with_factory(command).var(ASKED_BY).complete();
}

/// Returns the command line with the arguments that the server completes.
fn command() -> clap::Command {
    let room = || ArgValueCompleter::new(|typed: &OsStr| found(typed, Http::rooms_beginning));
    let user = || ArgValueCompleter::new(|typed: &OsStr| found(typed, Http::users_beginning));
    let place = ArgValueCompleter::new(|typed: &OsStr| match typed.as_encoded_bytes().first() {
        Some(b'@') => found(typed, Http::users_beginning),
        _ => found(typed, Http::rooms_beginning),
    });
    Cli::command()
        .mut_arg("words", |arg| arg.add(place))
        .mut_subcommand("send", |send| send.mut_arg("room", |arg| arg.add(room())).mut_arg("to", |arg| arg.add(user())))
        .mut_subcommand("read", |read| read.mut_arg("room", |arg| arg.add(room())))
}

/// Returns the names that begin as typed, with the mark that was typed. Returns none if the server does not tell in time.
fn found(typed: &OsStr, lookup: Lookup) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str().map(str::to_owned) else { return Vec::new() };
    let name = typed.trim_start_matches(['#', '@']).to_owned();
    let mark = typed[..typed.len() - name.len()].to_owned();
    let (answer, answered) = mpsc::channel();
    thread::spawn(move || {
        let names = settings().and_then(|settings| {
            sign_in::for_script(&settings).and_then(|session| session.call(|http| lookup(http, &name))).ok()
        });
        let _ = answer.send(names.unwrap_or_default());
    });
    let names = answered.recv_timeout(PAUSE).unwrap_or_default();
    names.into_iter().map(|name| CompletionCandidate::new(format!("{mark}{name}"))).collect()
}

/// Returns the settings of the command line that is being typed. Returns `None` if it would make a guest.
fn settings() -> Option<Settings> {
    let words = env::args_os().skip_while(|word| word != "--").skip(1);
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(words).ok()?;
    let settings = Config::load(&Flags::from_arg_matches(&matches).ok()?).ok()?.settings;
    (!settings.guest).then_some(settings)
}
