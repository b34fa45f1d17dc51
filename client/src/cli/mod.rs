//! The command line, as clap parses it and as `--help` shows it. Knows nothing of what it starts.

mod examples;
mod help;
mod settings;
mod topics;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use self::examples::*;
pub(crate) use self::settings::{SETTINGS, in_file};
use crate::commands::nearest_of;
use crate::display::Color;
use crate::http::{Code, Server};

/// Chat in the terminal, one line at a time.
///
/// Without a command, linger opens a session: each line you type is a message, /help lists the commands and Ctrl-D
/// quits. The first time, it asks how to come in: as a user who has an account, with a new one, or as a guest. After
/// that you stay signed in, and the session begins where the last one ended.
///
/// If the input is not a terminal, each of its lines is a message too. If no sign-in is kept, the first two lines are
/// the name and the password.
#[derive(Parser)]
#[command(
    name = "linger",
    version,
    override_usage = "linger [OPTIONS] [ROOM]\n       linger [OPTIONS] <COMMAND>",
    after_help = AFTER_HELP,
    disable_help_subcommand = true,
    max_term_width = 100,
    subcommand_precedence_over_arg = true
)]
pub(crate) struct Cli {
    /// Room to talk in, or @NAME for a user; write `linger '#send'` for a room named like a command
    #[arg(value_name = "ROOM", num_args = 0..)]
    pub(crate) words: Vec<String>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// Returns the command line as it is parsed, with a help that lists the commands in groups.
pub(crate) fn command() -> clap::Command {
    help::grouped(Cli::command())
}

/// Returns the command or topic that `linger help` is to explain, as one whose help is printed.
///
/// # Errors
///
/// The names that the user may have meant, if no command or topic has this one.
pub(crate) fn explained(about: &[String]) -> Result<clap::Command, String> {
    help::explained(Cli::command(), about)
}

/// Returns the commands and topics that `linger help` explains, and what they are about.
pub(crate) fn explainable() -> Vec<(String, String)> {
    help::explainable(&Cli::command())
}

/// Returns the command line for manual pages.
pub(crate) fn manual() -> clap::Command {
    help::manual(Cli::command())
}

/// Returns the command that a word was probably meant to be, or `None` if none is close.
pub(crate) fn meant(word: &str) -> Option<String> {
    let command = Cli::command();
    let names: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
    nearest_of(&word.to_lowercase(), names.into_iter()).map(str::to_owned)
}

/// Flags of every command. Each overrides the environment, which overrides the settings file.
#[derive(Args, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Flags {
    /// Server to talk to [also LINGER_SERVER; default: http://127.0.0.1:8000]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<Server>,
    /// User to sign in as [also LINGER_USER]
    #[arg(long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: Option<String>,
    /// Sign in as a guest, without a password; without --user, for this run only and under a made-up name
    #[arg(long, global = true)]
    pub(crate) guest: bool,
    /// Make a new account; in a pipe, only if the name is free
    #[arg(long, global = true, conflicts_with = "guest")]
    pub(crate) create: bool,
    /// Sign in with a code from another device or from an administrator; its whole link works too
    #[arg(long, global = true, value_name = "CODE", conflicts_with = "invite")]
    code: Option<Code>,
    /// Make an account with an invitation; its whole link works too. With --guest, come in without a password
    #[arg(long, global = true, value_name = "CODE", conflicts_with = "create")]
    invite: Option<Code>,
    /// Profile in the settings file to use, with its own sign-ins [also LINGER_PROFILE]
    #[arg(long, global = true, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Option<String>,
    /// PEM file of certificates to trust instead of the system's [also LINGER_CA_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// When to use colour [also NO_COLOR; default: auto, which means on a terminal]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) color: Option<Color>,
    /// Print one JSON object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log each request and its duration to standard error
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
}

impl Flags {
    /// Returns the code that lets the user in.
    pub(crate) fn code(&self) -> Option<Code> {
        self.code.clone().or_else(|| self.invite.as_ref().map(Code::as_invitation))
    }

    /// Returns the flag that says whom to sign in as.
    pub(crate) fn of_sign_in(&self) -> Option<&'static str> {
        let given = [
            ("--code", self.code.is_some()),
            ("--invite", self.invite.is_some()),
            ("--user", self.user.is_some()),
            ("--guest", self.guest),
            ("--create", self.create),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }

    /// Returns the server that a link leads to, and the flag of the link.
    pub(crate) fn linked(&self) -> Option<(&Server, &'static str)> {
        let linked = |code: &'_ Option<Code>| code.as_ref().is_some_and(|code| code.server.is_some());
        let flag = if linked(&self.code) { "--code" } else { "--invite" };
        let code = self.code.as_ref().or(self.invite.as_ref())?;
        Some((code.server.as_ref()?, flag))
    }
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Send a message
    ///
    /// The message carries an idempotency key and is retried while the server does not answer: it is stored once, or
    /// the exit status says why not. A text over 16,384 bytes is refused, not cut.
    #[command(after_help = SEND_EXAMPLES)]
    Send(Send),
    /// Print messages, from where the last output ended
    ///
    /// The position is kept for each user and room, and moves only once the output has taken a line. Printed messages
    /// do not count as read: sessions still show them.
    #[command(after_help = READ_EXAMPLES)]
    Read(Read),
    /// List rooms
    #[command(after_help = ROOMS_EXAMPLES)]
    Rooms {
        /// Only rooms that are archived
        #[arg(long)]
        archived: bool,
    },
    /// List users
    #[command(after_help = USERS_EXAMPLES)]
    Users {
        /// Only users who are online
        #[arg(long)]
        online: bool,
    },
    /// Sign in without opening a session
    ///
    /// Asks how to come in as a session does. If the input is not a terminal, its first line is the password; without
    /// --user, the first line is the name and the second the password. Then an account is made with --create or
    /// --invite only.
    #[command(after_help = LOGIN_EXAMPLES)]
    Login {
        /// Read the password from the first line of the input, even if that is a terminal
        #[arg(long)]
        password_stdin: bool,
    },
    /// Sign out and forget the sign-in
    #[command(after_help = LOGOUT_EXAMPLES)]
    Logout,
    /// Set a new password
    ///
    /// Asks for the old password and the new one. Your other sessions end. A guest has no old password, and becomes an
    /// account, where accounts need no invitation.
    #[command(after_help = PASSWORD_EXAMPLES)]
    Password {
        /// Read the old and the new password from the first two lines of the input; a guest gives the new one only
        #[arg(long)]
        password_stdin: bool,
    },
    /// List where you are signed in, or sign out there
    #[command(after_help = SESSIONS_EXAMPLES)]
    Sessions(Sessions),
    /// Print a link and a code that sign you in on another device, once
    #[command(after_help = CODE_EXAMPLES)]
    Code,
    /// Print the signed-in user
    #[command(after_help = WHOAMI_EXAMPLES)]
    Whoami,
    /// Print server status and unread counts
    #[command(after_help = STATUS_EXAMPLES)]
    Status,
    /// List the sign-ins that are kept here
    #[command(after_help = ACCOUNTS_EXAMPLES)]
    Accounts,
    /// Show and change settings
    #[command(after_help = CONFIG_EXAMPLES)]
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Explain a command, or a topic: exit-codes, environment, files
    #[command(after_help = HELP_EXAMPLES)]
    Help {
        /// Command or topic to explain
        #[arg(value_name = "COMMAND|TOPIC")]
        about: Vec<String>,
    },
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man {
        /// Folder of the pages, such as /usr/share/man/man1
        folder: PathBuf,
    },
    /// Print a shell completion script
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// Shell to complete in
        shell: Shell,
    },
}

/// Shells whose completions are tested.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Fish,
    Zsh,
}

#[derive(Args)]
pub(crate) struct Send {
    /// Room to send to [default: the room in the settings, or general]
    #[arg(long, value_name = "ROOM", conflicts_with = "to", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) room: Option<String>,
    /// User to send a private message to
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) to: Option<String>,
    /// How long to retry if the server does not answer, for 23 hours at most; 0 tries once
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) retry: u64,
    /// Text to send; with `-`, or without it, all of standard input is one message
    pub(crate) text: Option<String>,
}

#[derive(Args)]
pub(crate) struct Sessions {
    /// End the session whose id begins like this
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) end: Option<String>,
    /// End all sessions but this one
    #[arg(long, conflicts_with = "end")]
    pub(crate) end_others: bool,
}

#[derive(Args)]
pub(crate) struct Read {
    /// Room to read, joined or not [default: all joined rooms, and private messages]
    #[arg(long, value_name = "ROOM", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) room: Option<String>,
    /// Start with the latest N messages, and leave the position as it is [without --room: at most 100]
    #[arg(long, value_name = "N", conflicts_with = "since")]
    pub(crate) last: Option<usize>,
    /// Start after this cursor, as returned by `GET /poll`, and leave the position as it is
    #[arg(long, value_name = "CURSOR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) since: Option<String>,
    /// Keep a position of its own under this name; --last and --since then set it
    #[arg(long = "as", value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) place: Option<String>,
    /// Keep waiting for new messages
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Print changed messages too, as they are now: edited, deleted, reacted to. It has a position of its own
    #[arg(long, conflicts_with = "last")]
    pub(crate) changes: bool,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print each setting with its value and source
    Show,
    /// Write a setting into the settings file; with --profile, into that profile
    Set {
        /// Setting to write
        #[arg(value_parser = settings::writable())]
        key: String,
        /// New value
        value: String,
    },
    /// Print where the settings file is
    Path,
}
