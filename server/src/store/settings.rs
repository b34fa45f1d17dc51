//! The settings under `[default.databases.chat]`, which `Rocket.toml` documents.

use std::time::Duration;

use serde::Deserialize;

use super::OpenError;
use crate::domain::nearest::nearest;

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

/// Returns the address without the part between `//` and `@`, and without the values of its parameters, for a message
/// that may be logged.
pub(super) fn hide_password(url: &str) -> String {
    let mut shown = match (url.find("//"), url.rfind('@')) {
        (Some(start), Some(end)) if start < end => format!("{}…{}", &url[..start + 2], &url[end..]),
        _ => url.to_owned(),
    };
    if let Some(at) = shown.find('?').filter(|_| shown.starts_with("postgres")) {
        shown.replace_range(at + 1.., "…");
    }
    shown
}

/// The parameters that an address of PostgreSQL may have. The library passes over all others, `ssl_mode=require`
/// included.
const PARAMETERS: [&str; 17] = [
    "application_name",
    "dbname",
    "host",
    "hostaddr",
    "options",
    "password",
    "port",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Checks that no parameter of an address of PostgreSQL is misspelt. One that is like none of the known is passed over:
/// other programs know more.
///
/// # Errors
/// With the parameter, and the one that was probably meant.
pub(super) fn check_parameters(url: &str) -> Result<(), OpenError> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    for written in query.split('&').filter_map(|parameter| parameter.split('=').next()) {
        // A `?` in a password begins no parameters.
        let is_name = written.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if !is_name || PARAMETERS.contains(&written) {
            continue;
        }
        if let Some(meant) = nearest(written, PARAMETERS) {
            return Err(OpenError::Parameter { written: written.to_owned(), meant });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check_parameters, hide_password};

    #[test]
    fn no_part_of_an_address_that_may_be_a_password_is_shown() {
        for (url, shown) in [
            ("postgres://u:secret@h/d", "postgres://…@h/d"),
            ("postgres://u@h/d?password=secret", "postgres://…@h/d?…"),
            ("postgresql:///d?password=secret", "postgresql:///d?…"),
            ("postgres://u:se?cret@h/d", "postgres://…@h/d"),
            ("sqlite:a?mod=ro", "sqlite:a?mod=ro"),
        ] {
            assert_eq!(hide_password(url), shown);
        }
    }

    #[test]
    fn a_misspelt_parameter_is_named_and_a_foreign_one_is_not() {
        for bad in ["sslmod=require", "ssl_mode=require", "SSLMODE=require", "pasword=secret", "x=1&sslrootcrt=a"] {
            let refused = check_parameters(&format!("postgres://u@h/d?{bad}")).unwrap_err().to_string();
            assert!(refused.contains("did you mean") && !refused.contains("secret"), "{refused}");
        }
        for good in [
            "",
            "?",
            "?sslmode=verify-full&sslrootcert=a",
            "?ssl-mode=require",
            "?options[search_path]=x",
            "?statement-cache-capacity=0",
            "?channel_binding=require&connect_timeout=5",
            "?target_session_attrs=read-write&gssencmode=disable&keepalives=1&pgbouncer=true",
        ] {
            let checked = check_parameters(&format!("postgres://u@h/d{good}"));
            assert!(checked.is_ok(), "{good}: {checked:?}");
        }
    }
}
