//! Completion of command lines in shells: the script that a shell loads, and the answers it asks for. Rooms, users and
//! sessions come from the server, by what is typed of them; accounts, profiles, servers and places from files.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use super::read;
use crate::cli::{self, Cli, Flags, Shell};
use crate::config::{self, Config, Settings};
use crate::display::{Color, Output, sign_ins};
use crate::domain::{Failure, visible};
use crate::http::Http;
use crate::sign_in::{self, Credentials};

/// The variable by which a shell asks for answers.
const ASKED_BY: &str = "LINGER_COMPLETE";
/// How long a shell waits for names.
const PAUSE: Duration = Duration::from_secs(1);

/// A call that returns the names that begin like this, each with a description that may be empty.
type Lookup = fn(&Http, &str) -> Result<Vec<(String, String)>, Failure>;

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

/// Returns the command line with the arguments that are completed.
fn command() -> clap::Command {
    let room = || ArgValueCompleter::new(|typed: &OsStr| found(typed, rooms));
    let user = || ArgValueCompleter::new(|typed: &OsStr| found(typed, users));
    let session = ArgValueCompleter::new(|typed: &OsStr| found(typed, sessions));
    let place = ArgValueCompleter::new(|typed: &OsStr| match typed.as_encoded_bytes().first() {
        Some(b'@') => found(typed, users),
        _ => found(typed, rooms),
    });
    Cli::command()
        .mut_arg("words", |arg| arg.add(place))
        .mut_arg("user", |arg| arg.add(ArgValueCandidates::new(accounts)))
        .mut_arg("server", |arg| arg.add(ArgValueCandidates::new(servers)))
        .mut_arg("profile", |arg| arg.add(ArgValueCandidates::new(profiles)))
        .mut_subcommand("sessions", |sessions| sessions.mut_arg("end", |arg| arg.add(session)))
        .mut_subcommand("send", |send| send.mut_arg("room", |arg| arg.add(room())).mut_arg("to", |arg| arg.add(user())))
        .mut_subcommand("read", |read| {
            let place = ArgValueCandidates::new(places);
            read.mut_arg("room", |arg| arg.add(room())).mut_arg("place", |arg| arg.add(place))
        })
        .mut_subcommand("help", |help| help.mut_arg("about", |arg| arg.add(ArgValueCandidates::new(explainable))))
}

fn rooms(http: &Http, typed: &str) -> Result<Vec<(String, String)>, Failure> {
    Ok(http.rooms_beginning(typed)?.into_iter().map(|name| (name, String::new())).collect())
}

fn users(http: &Http, typed: &str) -> Result<Vec<(String, String)>, Failure> {
    Ok(http.users_beginning(typed)?.into_iter().map(|name| (name, String::new())).collect())
}

/// Returns the ids of the user's sessions as `linger sessions` shows them, and where each is.
fn sessions(http: &Http, typed: &str) -> Result<Vec<(String, String)>, Failure> {
    let all = http.sign_ins()?;
    let found = all.iter().filter(|one| one.id.starts_with(&typed.to_lowercase()));
    Ok(found.map(|one| (sign_ins::shown(&one.id), sign_ins::place(&one.client, &one.address, one.current))).collect())
}

/// Returns the users whose sign-ins are kept, at the server and under the profile that the line means.
fn accounts() -> Vec<CompletionCandidate> {
    let Some(settings) = settings() else { return Vec::new() };
    let server = settings.server.to_string();
    let kept = Credentials::all().unwrap_or_default().into_iter();
    let kept = kept.filter(|kept| kept.server == server && kept.profile == settings.profile);
    kept.map(|kept| candidate(kept.user, if kept.is_guest { "a guest" } else { "" })).collect()
}

/// Returns the servers for which there are sign-ins.
fn servers() -> Vec<CompletionCandidate> {
    let kept = Credentials::all().unwrap_or_default().into_iter();
    let servers: BTreeSet<_> = kept.map(|kept| kept.server).collect();
    servers.into_iter().map(|server| candidate(server, "")).collect()
}

/// Returns the places of the user whom the line means.
fn places() -> Vec<CompletionCandidate> {
    let Some(settings) = settings() else { return Vec::new() };
    read::places(&settings).into_iter().map(|place| candidate(place, "")).collect()
}

fn explainable() -> Vec<CompletionCandidate> {
    cli::explainable().into_iter().map(|(name, about)| candidate(name, &about)).collect()
}

fn profiles() -> Vec<CompletionCandidate> {
    config::profiles().into_iter().map(|name| candidate(name, "")).collect()
}

fn candidate(value: String, about: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help((!about.is_empty()).then(|| visible(about).into()))
}

/// Returns the names that begin as typed, with the mark that was typed. Returns none if the server does not tell in
/// time.
fn found(typed: &OsStr, lookup: Lookup) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str().map(str::to_owned) else { return Vec::new() };
    let name = typed.trim_start_matches(['#', '@']).to_owned();
    let mark = typed[..typed.len() - name.len()].to_owned();
    let (answer, answered) = mpsc::channel();
    thread::spawn(move || {
        let names = settings().filter(|settings| !settings.guest).and_then(|settings| {
            sign_in::for_script(&settings).and_then(|session| session.call(|http| lookup(http, &name))).ok()
        });
        let _ = answer.send(names.unwrap_or_default());
    });
    let names = answered.recv_timeout(PAUSE).unwrap_or_default();
    names.into_iter().map(|(name, about)| candidate(format!("{mark}{name}"), &about)).collect()
}

/// Returns the settings of the command line that is being typed. Returns `None` if they make no sense yet.
fn settings() -> Option<Settings> {
    let words = env::args_os().skip_while(|word| word != "--").skip(1);
    // Of the word to complete, nothing may be typed yet: that is no value.
    let words = words.filter(|word| !word.is_empty());
    let matches = Cli::command().ignore_errors(true).try_get_matches_from(words).ok()?;
    Some(Config::load(&Flags::from_arg_matches(&matches).ok()?).ok()?.settings)
}
