//! The command line, as it is read and as `--help` shows it. Knows nothing of what it starts.

mod examples;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::display::Color;
use crate::http::Server;

use examples::*;

/// A chat in the terminal, a line at a time.
///
/// Without a command it opens a session: each line that is typed is a message, /help lists the commands,
/// Ctrl-D quits. The first time it asks for a name and a password; after that one is signed in.
///
/// Where the input is not a terminal each of its lines is a message too. Unless a name is given, the first two
/// lines are the name and the password then.
#[derive(Parser)]
#[command(name = "linger", version, after_help = AFTER_HELP, subcommand_precedence_over_arg = true)]
pub(crate) struct Cli {
    /// The room to talk in, where none is chosen; `linger '#send'` if it is called like a command
    pub(crate) room: Option<String>,
    /// What to do instead of opening a session
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// What every command takes
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// What every command takes. Each overrides the environment, which overrides the file.
#[derive(Args, Default)]
pub(crate) struct Flags {
    /// The server [also LINGER_SERVER; default: http://127.0.0.1:8000]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<Server>,
    /// Who to be: of several names one is signed in with, or a new one [also LINGER_USER]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Come as a guest, without a password: as --user, or for this once under a name that the server makes up
    #[arg(long, global = true)]
    pub(crate) guest: bool,
    /// The part of the settings file to use, with sign-ins of its own [also LINGER_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// A file of certificates in PEM to trust instead of the system's [also LINGER_CA_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// When to colour [also NO_COLOR; default: auto, which is on a terminal]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) color: Option<Color>,
    /// Print JSON, one object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell on the error output what is asked of the server, and how long it took
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

/// What to do instead of opening a session.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Say something, once
    ///
    /// A message goes out with an idempotency key and is tried again while the server does not answer: it is
    /// stored once, or the exit status says why not. What is over 4,096 bytes is refused, not cut.
    #[command(after_help = SEND_EXAMPLES)]
    Send(Send),
    /// Print messages; go on where the last output ended
    ///
    /// The place is kept for each user and room, and moves only when the output has taken a line. Nothing that is
    /// printed counts as read: sessions show it all the same.
    #[command(after_help = READ_EXAMPLES)]
    Read(Read),
    /// List the rooms
    #[command(after_help = ROOMS_EXAMPLES)]
    Rooms,
    /// List the users
    #[command(after_help = USERS_EXAMPLES)]
    Users {
        /// Only who is there now
        #[arg(long)]
        online: bool,
    },
    /// Sign in and keep it, without opening a session
    ///
    /// Asks as a session does. Where the input is not a terminal the password is its first line, or, without
    /// --user, the name its first and the password its second.
    #[command(after_help = LOGIN_EXAMPLES)]
    Login,
    /// Sign out: of the server, and of what is kept here
    #[command(after_help = LOGOUT_EXAMPLES)]
    Logout,
    /// Print who one is
    #[command(after_help = WHOAMI_EXAMPLES)]
    Whoami,
    /// Print how the server is, and how much is unread
    #[command(after_help = STATUS_EXAMPLES)]
    Status,
    /// Settings
    #[command(after_help = CONFIG_EXAMPLES)]
    Config {
        /// What to do with them
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print a script that completes linger's command line
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// For which shell
        shell: Shell,
    },
}

/// The shells whose completions are tested.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Shell {
    /// GNU bash
    Bash,
    /// fish
    Fish,
    /// zsh
    Zsh,
}

/// What to say, and where.
#[derive(Args)]
pub(crate) struct Send {
    /// The room [default: the one in the settings, or general]
    #[arg(long, value_name = "ROOM", conflicts_with = "to")]
    pub(crate) room: Option<String>,
    /// The user, for a private message
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    /// How long to go on trying when the server does not answer; 0 tries once
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) retry: u64,
    /// What to say; `-`, or nothing, is all of the standard input as one message
    pub(crate) text: Option<String>,
}

/// What to print.
#[derive(Args)]
pub(crate) struct Read {
    /// One room, joined or not [default: all that one has joined, and private messages]
    #[arg(long, value_name = "ROOM")]
    pub(crate) room: Option<String>,
    /// Begin with the latest N [without --room: at most 100]
    #[arg(long, value_name = "N", conflicts_with = "since")]
    pub(crate) last: Option<usize>,
    /// Begin after this cursor, as `GET /poll` gives one
    #[arg(long, value_name = "CURSOR")]
    pub(crate) since: Option<String>,
    /// Do not end: wait for more
    #[arg(long, short)]
    pub(crate) follow: bool,
}

/// What to do with settings.
#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print each setting's value, and where it comes from
    Show,
}
