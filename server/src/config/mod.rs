//! Settings: defaults, then `Rocket.toml`, then the environment, then flags. Each source overrides those before it.
//! Rocket reads its own settings from the same sources.

mod check;
mod door;
mod metrics_token;
mod sites;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Map, Value};
use figment::{Figment, Profile};
use linger_api::{Guests, Inviters, Registration};
use serde::{Deserialize, Serialize};

pub(crate) use door::{ServerName, Welcome};
pub(crate) use metrics_token::MetricsToken;
pub(crate) use sites::{Host, Hosts, Origins, Proxies, default_port};

/// `[default.chat]`. `Rocket.toml` documents each setting.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The server's name, for people.
    pub(crate) name: ServerName,
    /// What its owner says to those who come in; empty for nothing.
    pub(crate) welcome: Welcome,
    /// Who may make an account.
    pub(crate) registration: Registration,
    /// Who may come in without a password.
    pub(crate) guests: Guests,
    /// Days after which a guest without a session is gone; 0 for never.
    pub(crate) guest_days: u32,
    /// Who may invite.
    pub(crate) invites: Inviters,
    /// Whether to log an invitation for the first administrator while there is no user.
    pub(crate) invite_first_admin: bool,
    /// The header in which a trusted proxy names the user it has signed in; empty for none.
    pub(crate) identity_header: String,
    /// How many messages of `general` a new user receives.
    pub(crate) latest_messages: u32,
    /// Seconds that a poll is held by default.
    pub(crate) poll_wait: u64,
    /// Seconds that a poll is held at most.
    pub(crate) poll_wait_max: u64,
    /// Days until a token expires.
    pub(crate) token_days: u32,
    /// Requests that one session may hold at once.
    pub(crate) polls_per_session: usize,
    /// Mebibytes of recent messages kept in memory.
    pub(crate) tail_mebibytes: usize,
    /// The file with the keys that sign tokens, created at the first start.
    pub(crate) signing_key_file: PathBuf,
    pub(crate) log_format: LogFormat,
    /// The file that the log is written to; empty for standard output.
    pub(crate) log_file: PathBuf,
    /// The size from which the log file is renamed; 0 for never.
    pub(crate) log_file_mebibytes: u64,
    /// The bearer token for `/metrics`; empty if `/metrics` is disabled.
    pub(crate) metrics_token: MetricsToken,
    /// Proxies whose `ip_header` is believed.
    pub(crate) trusted_proxies: Proxies,
    /// Names by which the server may be called.
    pub(crate) allowed_hosts: Hosts,
    /// Other sites whose scripts may call the server.
    pub(crate) allowed_origins: Origins,
    pub(crate) limits: Limits,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// `[default.chat.limits]`; 0 means no limit.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Messages per user.
    pub(crate) sends_per_minute: u32,
    /// Calls of `/connect` per client network.
    pub(crate) connects_per_minute: u32,
    /// Other changes per user, weighted.
    pub(crate) changes_per_minute: u32,
    /// Rooms that a user may be in.
    pub(crate) joined_rooms_per_user: u32,
    /// Wrong passwords per account and client network.
    pub(crate) sign_in_failures_per_half_hour: u32,
    /// New guests per client network.
    pub(crate) guests_per_day_per_address: u32,
    /// Rooms that a user has created.
    pub(crate) rooms_per_user: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: ServerName::default(),
            welcome: Welcome::default(),
            registration: Registration::Invite,
            guests: Guests::Off,
            guest_days: 30,
            invites: Inviters::Admins,
            invite_first_admin: false,
            identity_header: String::new(),
            latest_messages: 20,
            poll_wait: 25,
            poll_wait_max: 55,
            token_days: 30,
            polls_per_session: 8,
            tail_mebibytes: 64,
            signing_key_file: PathBuf::from("var/signing.key"),
            log_format: LogFormat::Text,
            log_file: PathBuf::new(),
            log_file_mebibytes: 16,
            metrics_token: MetricsToken::default(),
            trusted_proxies: Proxies::default(),
            allowed_hosts: Hosts::default(),
            allowed_origins: Origins::default(),
            limits: Limits {
                sends_per_minute: 600,
                connects_per_minute: 120,
                changes_per_minute: 600,
                joined_rooms_per_user: 1000,
                sign_in_failures_per_half_hour: 10,
                guests_per_day_per_address: 200,
                rooms_per_user: 100,
            },
        }
    }
}

impl Settings {
    /// # Errors
    /// If any setting is unknown or invalid.
    pub(crate) fn extract(figment: &Figment) -> Result<Self, Box<figment::Error>> {
        check::check(figment)?;
        /// All settings: an error names the whole path of one.
        #[derive(Deserialize)]
        struct All {
            chat: Settings,
        }
        let All { chat: settings } = figment.extract()?;
        check::check_identity(&settings.identity_header, &settings.trusted_proxies)?;
        let database = figment.extract_inner::<String>("databases.chat.url").unwrap_or_default();
        check::check_log_file(&settings.log_file, &settings.signing_key_file, &database)?;
        Ok(settings)
    }

    /// Returns whether users other than administrators may invite.
    pub(crate) fn lets_members_invite(&self) -> bool {
        self.invites == Inviters::Members
    }
}

/// Returns the file of the SQLite database, if it is not there.
pub(crate) fn missing_database(figment: &Figment) -> Option<String> {
    let url = figment.extract_inner::<String>("databases.chat.url").ok()?;
    check::sqlite_file(&url).filter(|path| !Path::new(path).exists())
}

/// Settings that the command line overrides.
#[derive(Debug, Default)]
pub struct Overrides {
    /// `--address`
    pub address: Option<IpAddr>,
    /// `--port`
    pub port: Option<u16>,
    /// `--database-url`
    pub database_url: Option<String>,
}

/// The variable that names the settings file.
const CONFIG: &str = "ROCKET_CONFIG";

/// The settings file, if the variable names none.
const DEFAULT_FILE: &str = "Rocket.toml";

/// Variables that are no settings; the last is for Rocket's macros.
const NO_SETTINGS: [&str; 3] = ["CONFIG", "PROFILE", "CODEGEN_DEBUG"];

/// Returns the defaults of all settings, whatever file and environment say.
#[must_use]
pub fn built_in() -> Figment {
    Figment::from(rocket::Config::default())
        .merge(Serialized::defaults(RocketDefaults::default()))
        .merge(Serialized::default("chat", Settings::default()))
        .merge(Serialized::default("databases.chat.url", "sqlite:var/linger.db"))
        .merge(Serialized::default("databases.chat.max_connections", 4))
        .merge(Serialized::default("databases.chat.connect_timeout", 5))
}

/// Merges every source of settings.
#[must_use]
pub fn figment(overrides: &Overrides) -> Figment {
    let path = std::env::var(CONFIG).unwrap_or_else(|_| DEFAULT_FILE.to_owned());
    let mut figment = built_in()
        .merge(Toml::file(path).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&NO_SETTINGS).split("__").global())
        .merge(Env::raw().only(&["DATABASE_URL"]).map(|_| "databases.chat.url".into()).global())
        // `launch::stopping` handles signals itself, and earlier.
        .merge(Serialized::global("shutdown.ctrlc", false))
        .merge(Serialized::global("shutdown.signals", [(); 0]))
        .select(Profile::from_env_or("ROCKET_PROFILE", Profile::Default));
    if let Some(address) = overrides.address {
        figment = figment.merge(Serialized::global("address", address));
    }
    if let Some(port) = overrides.port {
        figment = figment.merge(Serialized::global("port", port));
    }
    if let Some(url) = &overrides.database_url {
        figment = figment.merge(Serialized::global("databases.chat.url", url));
    }
    figment
}

/// Rocket settings whose defaults differ in linger.
#[derive(Serialize)]
struct RocketDefaults {
    /// No `Server` header.
    ident: bool,
    /// Off, because any client can send `X-Real-IP`. Set it only behind a proxy that sets the header.
    ip_header: bool,
    /// Has no effect once `tracing` is installed, whose filter then applies to Rocket too.
    log_level: &'static str,
    cli_colors: bool,
    shutdown: Map<&'static str, Value>,
}

impl Default for RocketDefaults {
    fn default() -> Self {
        // Nothing is left to do during `mercy`: every answer announces that its connection closes.
        let shutdown = [("grace", Value::from(2)), ("mercy", Value::from(0))];
        Self { ident: false, ip_header: false, log_level: "off", cli_colors: false, shutdown: shutdown.into() }
    }
}

/// Returns the address and port that a server with these settings listens on.
///
/// # Errors
/// If a setting is unknown or invalid.
pub fn listen_address(figment: &Figment) -> Result<(IpAddr, u16), Box<figment::Error>> {
    check::check(figment)?;
    let config = rocket::Config::try_from(figment)?;
    Ok((config.address, config.port))
}
