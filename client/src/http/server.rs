//! The address of a server. Knows nothing of its calls.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::Deserialize;
use ureq::http::Uri;

/// The URL that the server's paths are appended to, in canonical form: kept sign-ins are found by it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Server {
    url: String,
    is_loopback: bool,
}

impl Server {
    /// Returns whether this is the local machine, which no proxy serves.
    pub(super) fn is_loopback(&self) -> bool {
        self.is_loopback
    }
}

impl FromStr for Server {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let uri: Uri = url.trim().parse().map_err(|_| "not a URL")?;
        let scheme = match uri.scheme_str() {
            Some(scheme @ ("http" | "https")) => scheme,
            _ => return Err("a server URL begins with http:// or https://"),
        };
        let authority = uri.authority().ok_or("a server URL names a host")?;
        if authority.as_str().contains('@') {
            return Err("a server URL contains no name or password");
        }
        if uri.query().is_some() || url.contains('#') {
            return Err("a server URL has no query or fragment");
        }
        let host = authority.host().to_ascii_lowercase();
        let port = match (scheme, authority.port_u16()) {
            (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let path = uri.path().trim_end_matches('/');
        Ok(Self { url: format!("{scheme}://{host}{port}{path}"), is_loopback: is_loopback(&host) })
    }
}

impl TryFrom<String> for Server {
    type Error = &'static str;

    fn try_from(url: String) -> Result<Self, Self::Error> {
        url.parse()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(url: &str) -> Result<String, &'static str> {
        url.parse::<Server>().map(|server| server.to_string())
    }

    #[test]
    fn a_server_url_has_one_canonical_form() {
        for url in ["https://Chat.Example.org", "https://chat.example.org:443/", "HTTPS://chat.example.org"] {
            assert_eq!(written(url).unwrap(), "https://chat.example.org", "{url}");
        }
        assert_eq!(written("http://127.0.0.1:8000/chat/").unwrap(), "http://127.0.0.1:8000/chat");
        assert_eq!(written("http://[::1]:80").unwrap(), "http://[::1]");
    }

    #[test]
    fn an_invalid_server_url_is_refused() {
        for url in ["", "localhost:8000", "ftp://a", "http://", "http://bob:pw@a", "http://a?x=1", "http://a/#x", "a b"]
        {
            assert!(written(url).is_err(), "{url}");
        }
    }

    #[test]
    fn loopback_addresses_are_recognised() {
        for url in ["http://localhost:1", "http://127.0.0.1", "http://127.8.9.1:3", "http://[::1]:8000"] {
            assert!(url.parse::<Server>().unwrap().is_loopback(), "{url}");
        }
        for url in ["http://localhost.example.org", "http://10.0.0.1", "http://[2001:db8::1]"] {
            assert!(!url.parse::<Server>().unwrap().is_loopback(), "{url}");
        }
    }
}
