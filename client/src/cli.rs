//! The command line, as it is read and as `--help` shows it. Knows nothing of what it starts.

use clap::Parser;

use crate::http::Server;

/// linger's client: read and write in a chat, a line at a time.
///
/// Without --user and --guest it asks for a name and a password; where the input is not a terminal, these are
/// its first two lines. Then each line is a message. /help lists the commands, Ctrl-D quits.
#[derive(Parser)]
#[command(name = "linger", version, after_help = "Exit status: 0 ok, 1 failed, 2 usage, 3 network, 4 authentication.")]
pub struct Cli {
    /// The room to talk in
    #[arg(default_value = linger_api::GENERAL)]
    pub room: String,
    /// The server
    #[arg(long, env = "LINGER_SERVER", value_name = "URL", default_value = "http://127.0.0.1:8000")]
    pub server: Server,
    /// The name to connect with; its password is asked for, if there is a terminal to ask on
    #[arg(long, env = "LINGER_USER", value_name = "NAME")]
    pub user: Option<String>,
    /// Connect without a password: as --user, or under a name that the server makes up
    #[arg(long)]
    pub guest: bool,
}
