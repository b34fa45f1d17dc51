//! `lingerd`: reads the command line, runs the server and decides the exit status.

use std::net::IpAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use linger_server::config::{self, Overrides};
use linger_server::{healthcheck, serve};

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
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let overrides = Overrides { address: cli.address, port: cli.port, database_url: cli.database_url };
    let figment = config::figment(&overrides);
    let ended = match cli.command {
        None => rocket::execute(serve(figment)).map_err(|error| error.to_string()),
        Some(Command::Healthcheck) => config::listen_address(&figment)
            .map_err(|error| error.to_string())
            .and_then(|(address, port)| healthcheck::check(address, port).map_err(|error| error.to_string())),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lingerd: {error}");
            ExitCode::FAILURE
        }
    }
}
