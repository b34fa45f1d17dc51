//! The settings under `[default.databases.chat]`, which `Rocket.toml` documents.

use std::time::Duration;

use serde::Deserialize;

/// Which database to open, and with how many connections.
#[derive(Deserialize)]
pub(super) struct DatabaseSettings {
    pub(super) url: String,
    /// Connections that read. The one that writes comes on top.
    pub(super) max_connections: u32,
    /// Seconds until a query gives up waiting for a connection.
    connect_timeout: u64,
}

impl DatabaseSettings {
    pub(super) fn acquire_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout)
    }
}

/// Returns the address without the part between `//` and `@`, for a message that may be logged.
pub(super) fn hide_password(url: &str) -> String {
    match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}…{}", &url[..start + 2], &url[end..]),
        _ => url.to_owned(),
    }
}
