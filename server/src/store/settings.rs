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

/// Returns an address for a message that may be logged. Of any but SQLite's, only what stands before the first colon is
/// shown: where a part is mistyped, any other may belong to a password.
pub(super) fn hide_password(url: &str) -> String {
    match url.split_once(':') {
        Some(("sqlite", _)) => url.to_owned(),
        Some((scheme, _)) if scheme.chars().all(|c| c.is_ascii_alphanumeric()) => format!("{scheme}:…"),
        _ => "…".to_owned(),
    }
}

/// The parameters that have an effect in an address of PostgreSQL. The library passes over all others,
/// `ssl_mode=require` included.
const PARAMETERS: [&str; 18] = [
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
    "statement-cache-capacity",
    "user",
];

/// Parameters that PostgreSQL's own programs know and that have no effect here: no slips
/// (PostgreSQL's documentation, "Parameter Key Words").
const OF_LIBPQ: [&str; 40] = [
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_issuer",
    "oauth_scope",
    "passfile",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkeylogfile",
    "sslnegotiation",
    "sslpassword",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
];

/// Checks the parameters of an address of PostgreSQL, which can be parsed. Logs those that have no effect.
///
/// # Errors
/// With a misspelt parameter, and the one that was probably meant.
pub(super) fn check_parameters(url: &str) -> Result<(), OpenError> {
    for name in without_effect(url)? {
        tracing::warn!(parameter = name, "a parameter of the database address has no effect");
    }
    Ok(())
}

/// Lists the parameters that have no effect. Those with a name that PostgreSQL does not know either are not named: they
/// may be parts of a password with a `?` or `&` in it.
fn without_effect(url: &str) -> Result<Vec<&str>, OpenError> {
    let (_, query) = url.split_once('?').unwrap_or_default();
    let mut without_effect = Vec::new();
    for (written, _) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
        // `options[NAME]` may be a setting of any name, and its brackets may be encoded.
        if PARAMETERS.contains(&written) || written.starts_with("options[") || written.contains('%') {
            continue;
        }
        if OF_LIBPQ.contains(&written) {
            without_effect.push(written);
        } else if let Some(meant) = nearest(written, PARAMETERS) {
            return Err(OpenError::Parameter { meant });
        } else {
            without_effect.push("…");
        }
    }
    Ok(without_effect)
}

#[cfg(test)]
mod tests {
    use super::{hide_password, without_effect};

    #[test]
    fn no_part_of_an_address_that_may_be_a_password_is_shown() {
        for (url, shown) in [
            ("postgres://u:secret@h/d", "postgres:…"),
            ("postgres://u@h/d?sslmode=no&password=p@ss", "postgres:…"),
            ("postgresql:///d?password=secret", "postgresql:…"),
            ("postgres://u:p@ss", "postgres:…"),
            ("jdbc:postgresql://h/d?user=u&password=secret", "jdbc:…"),
            ("mysql://h/d?password=secret", "mysql:…"),
            ("u:secret@host/d", "u:…"),
            ("secret@host:5432/d", "…"),
            ("secret", "…"),
            ("sqlite:a?mod=ro", "sqlite:a?mod=ro"),
        ] {
            assert_eq!(hide_password(url), shown);
        }
    }

    #[test]
    fn a_misspelt_parameter_is_refused_and_a_foreign_one_is_not() {
        for bad in [
            "sslmod=require",
            "ssl_mode=require",
            "SSLMODE=require",
            "pasword=secret",
            "x=1&sslrootcrt=a",
            "user=u&password=a&S3cret=1",
        ] {
            let refused = without_effect(&format!("postgres://u@h/d?{bad}")).unwrap_err().to_string();
            assert!(refused.contains("did you mean ") && !refused.to_lowercase().contains("cret"), "{refused}");
        }
        for good in [
            "",
            "?",
            "?sslmode=verify-full&sslrootcert=a",
            "?ssl-mode=require",
            "?options[search_path]=x&options%5Block_timeout%5D=1",
            "?statement-cache-capacity=0",
            "?channel_binding=require&connect_timeout=5",
            "?target_session_attrs=read-write&gssencmode=disable&keepalives=1&pgbouncer=true",
            "?tcp_user_timeout=10000&keepalives_idle=5&keepalives_interval=5&keepalives_count=3",
            "?sslcertmode=allow&sslcrl=a&sslcrldir=a&sslpassword=a&sslkeylogfile=a&sslsni=1&sslnegotiation=direct",
            "?ssl_min_protocol_version=TLSv1.2&ssl_max_protocol_version=TLSv1.3&sslcompression=0&requiressl=1",
            "?krbsrvname=a&gsslib=a&gssdelegation=0&fallback_application_name=a&client_encoding=UTF8",
            "?passfile=a&service=a&requirepeer=a&require_auth=none&replication=false&load_balance_hosts=random",
            "?min_protocol_version=3.0&max_protocol_version=3.2&scram_client_key=a&scram_server_key=a",
            "?oauth_issuer=a&oauth_client_id=a&oauth_client_secret=a&oauth_scope=a&servicefile=a",
        ] {
            let url = format!("postgres://u@h/d{good}");
            let checked = without_effect(&url);
            assert!(checked.is_ok(), "{good}: {checked:?}");
        }
    }

    #[test]
    fn a_parameter_without_effect_is_named_unless_it_may_be_a_password() {
        for (url, names) in [
            ("postgres://u@h/d?sslmode=require&sslcrl=a&connect_timeout=5", vec!["sslcrl", "connect_timeout"]),
            ("postgres://h/d?user=u&password=Xy7&kQ9zW", vec![]),
            ("postgres://h/d?user=u&password=Xy7&kQ9zW=1", vec!["…"]),
            ("postgres://u:abc?Zx9=1@h/d", vec!["…"]),
            ("postgres://u:se?cret@h/d", vec![]),
        ] {
            assert_eq!(without_effect(url).unwrap(), names, "{url}");
        }
    }
}
