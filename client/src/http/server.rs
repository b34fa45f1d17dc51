//! The address of a server. Knows nothing of its calls.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU16;
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
        if !is_host(&host) {
            return Err("a server URL names a host, such as chat.example.org or [::1]");
        }
        // `Authority` drops a port that it cannot read; the password would then go to another program.
        let port = match authority.as_str()[host.len()..].strip_prefix(':') {
            None if authority.as_str().len() == host.len() => None,
            Some(port) if port.bytes().all(|digit| digit.is_ascii_digit()) => port.parse::<NonZeroU16>().ok(),
            _ => None,
        };
        let port = match (scheme, port.map(NonZeroU16::get)) {
            (_, None) if authority.as_str().len() > host.len() => {
                return Err("the port of a server URL is a number from 1 to 65535");
            }
            (_, None) | ("http", Some(80)) | ("https", Some(443)) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        if uri.path().contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return Err("the path of a server URL has no spaces or backslashes");
        }
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

/// Returns whether this is a name or an address. `Authority` lets more characters pass.
fn is_host(host: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => host.trim_end_matches('.').split('.').all(|label| !label.is_empty() && label.bytes().all(is_letter)),
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
        for url in [
            "",
            "localhost:8000",
            "host",
            "//host",
            "/chat",
            "ftp://a",
            "ws://a",
            "httpx://a",
            "http:/a",
            "http:a",
            "http://",
            "http:///chat",
            "http://bob:pw@a",
            "http://bob@a",
            "http://@a",
            "http://a?x=1",
            "http://a/?",
            "http://a/#x",
            "a b",
            "http://a b",
            "http://a:8000 b",
            "http://a\\b",
            "http://a:80000",
            "http://a:65536",
            "http://a:0",
            "http://a:",
            "http://a:/chat",
            "http://a:-1",
            "http://a:+80",
            "http://a:80x",
            "http://a:x",
            "http://a:80:90",
            "http://a:99999999999999999999",
            "http://::1:8000",
            "http://[::1",
            "http://[::1]8000",
            "http://[::1]:80000",
            "http://[host]",
            "http://a..b",
            "http://a;b",
            "http://a%2fb",
            "http://a,b",
            "https://a:443443",
        ] {
            assert!(written(url).is_err(), "{url}");
        }
        assert_eq!(written("http://a:08000").unwrap(), "http://a:8000");
        assert_eq!(written(" http://a.example.:65535/ ").unwrap(), "http://a.example.:65535");
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
