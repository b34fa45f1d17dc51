//! `lingerd`: reads the command line, runs the server and decides the exit status.

use std::net::IpAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use linger_server::commands::copy::copy;
use linger_server::commands::healthcheck;
use linger_server::commands::rotate_key::{Step, rotate_key};
use linger_server::config::{self, Overrides};
use linger_server::serve;

/// Tens of thousands of buffers of the same few sizes come and go with every message for everybody. The C library's
/// allocator tears them to pieces and looks long for the next; this one keeps sizes apart. Its settings stand in
/// `.cargo/config.toml`, its gain in `docs/performance.md`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// linger's server: a chat over long polls, with a cursor for each client.
///
/// Settings come from Rocket.toml (or the file that ROCKET_CONFIG names), then from the environment
/// (DATABASE_URL, ROCKET_PORT, ROCKET_CHAT__POLL_WAIT …), then from these flags.
#[derive(Parser)]
#[command(name = "lingerd", version)]
struct Cli {
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long, global = true)]
    address: Option<IpAddr>,
    /// The port to listen on [default: 8000]
    #[arg(long, global = true)]
    port: Option<u16>,
    /// The database, such as sqlite:var/linger.db
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Ask the server that runs with these settings whether it is healthy; exit status 0 or 1
    Healthcheck,
    /// Move everything from SQLite to PostgreSQL, so that every client goes on where it was
    ///
    /// Stop the server on the source first. The target is an empty database. It can be killed and run again: it
    /// goes on where it was, and no server starts on the target until counts and checksums agree.
    Copy {
        /// The database to copy, such as sqlite:var/linger.db
        #[arg(long, value_name = "URL")]
        from: String,
        /// The empty database to fill, such as postgres://linger@localhost/linger; PGPASSWORD and PGPASSFILE
        /// keep the password out of the list of processes
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Put another key in front of those that sign and check tokens, so that nobody is signed out
    ///
    /// Several nodes (on PostgreSQL): run it with --prepare and restart every node; then run it without and
    /// restart every node again; a token's lifetime later run it with --drop-old. One node on SQLite needs no
    /// --prepare. Nodes with a file each get a copy of the changed one before their restart.
    RotateKey {
        /// Only draw the next key, which is accepted and does not sign yet
        #[arg(long, conflicts_with = "drop_old")]
        prepare: bool,
        /// Only remove the keys whose tokens have all expired
        #[arg(long)]
        drop_old: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let overrides = Overrides { address: cli.address, port: cli.port, database_url: cli.database_url };
    let figment = config::figment(&overrides);
    let ended = match cli.command {
        None => serve(figment).map_err(|error| error.to_string()),
        Some(Command::Healthcheck) => config::listen_address(&figment)
            .map_err(|error| error.to_string())
            .and_then(|(address, port)| healthcheck::check(address, port).map_err(|error| error.to_string())),
        Some(Command::Copy { from, to }) => tokio::runtime::Runtime::new()
            .map_err(|error| error.to_string())
            .and_then(|runtime| runtime.block_on(copy(&from, &to)).map_err(|error| error.to_string())),
        Some(Command::RotateKey { prepare, drop_old }) => {
            let step = match (prepare, drop_old) {
                (true, _) => Step::Prepare,
                (_, true) => Step::DropOld,
                _ => Step::Rotate,
            };
            rotate_key(&figment, step).map(|next| println!("{next}")).map_err(|error| error.to_string())
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lingerd: {error}");
            ExitCode::FAILURE
        }
    }
}
