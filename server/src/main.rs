//! `lingerd`: reads the command line, runs the server and decides the exit status.

use std::net::IpAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use linger_server::commands::copy::copy;
use linger_server::commands::healthcheck;
use linger_server::commands::output;
use linger_server::commands::rotate_key::{Step, rotate_key};
use linger_server::commands::shell::Act;
use linger_server::config::{self, Overrides};
use linger_server::{serve, shell};

/// Each message in a large room allocates and frees tens of thousands of buffers of the same few sizes. The C library's
/// allocator fragments them and searches long for the next one; jemalloc keeps sizes apart. Its settings are in
/// `.cargo/config.toml`, the gain is in `docs/performance.md`.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The linger server: a long-polling chat with a cursor for each client.
///
/// Settings are read from Rocket.toml (or the file named by ROCKET_CONFIG), then from the environment
/// (DATABASE_URL, ROCKET_PORT, ROCKET_CHAT__POLL_WAIT …), then from these flags. Later sources win.
#[derive(Parser)]
#[command(name = "lingerd", version)]
struct Cli {
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long, global = true)]
    address: Option<IpAddr>,
    /// Port to listen on [default: 8000]
    #[arg(long, global = true)]
    port: Option<u16>,
    /// Database URL, such as sqlite:var/linger.db
    #[arg(long, value_name = "URL", global = true)]
    database_url: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Shell(Act),
    /// Check the server that runs with these settings; exits with 0 if it is healthy, with 1 if not
    Healthcheck,
    /// Copy a SQLite database to PostgreSQL; clients continue where they were
    ///
    /// Stop the server on the source first. The target must be an empty database. An interrupted copy resumes when
    /// you run it again. No server starts on the target until row counts and checksums match.
    Copy {
        /// Database to copy, such as sqlite:var/linger.db
        #[arg(long, value_name = "URL")]
        from: String,
        /// Empty database to fill, such as postgres://linger@localhost/linger; use PGPASSWORD or PGPASSFILE to keep
        /// the password out of the process list
        #[arg(long, value_name = "URL")]
        to: String,
    },
    /// Replace the key that signs tokens, without signing anyone out
    ///
    /// With several nodes (on PostgreSQL), run it with --prepare and restart every node. Then run it without
    /// --prepare and restart every node again. After a token's lifetime, run it with --drop-old. A single node on
    /// SQLite needs no --prepare. If each node has its own key file, copy the changed file to a node before
    /// restarting it.
    RotateKey {
        /// Only add the next key, which is accepted but does not sign yet
        #[arg(long, conflicts_with = "drop_old")]
        prepare: bool,
        /// Only remove keys whose tokens have all expired
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
        Some(Command::Shell(act)) => shell(figment, &act)
            .map_err(|error| error.to_string())
            .and_then(|done| output::say(&done).map_err(|error| error.to_string())),
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
            let rotated = rotate_key(&figment, step).map_err(|error| error.to_string());
            rotated.and_then(|next| output::say(&next).map_err(|error| error.to_string()))
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::say_why(&format!("lingerd: {error}"));
            ExitCode::FAILURE
        }
    }
}
