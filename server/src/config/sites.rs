//! Settings about what is in front of the server, and who may call it: proxies, host names, and other sites.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A list in the settings file, or names separated by commas in a variable.
#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Items(Vec<String>),
    Line(String),
}

impl List {
    fn items(self) -> Vec<String> {
        match self {
            Self::Items(items) => items,
            Self::Line(line) => line.split(',').map(|item| item.trim().to_owned()).filter(|s| !s.is_empty()).collect(),
        }
    }
}

macro_rules! lists {
    ($($name:ident $parse:path;)*) => {$(
        impl TryFrom<List> for $name {
            type Error = String;

            fn try_from(list: List) -> Result<Self, String> {
                list.items().iter().map(|item| $parse(item)).collect::<Result<_, _>>().map(Self)
            }
        }
    )*};
}

lists! {
    Proxies parse_network;
    Hosts parse_allowed;
    Origins parse_origin;
}

/// The setting `trusted_proxies`: addresses and networks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "List")]
pub(crate) struct Proxies(Vec<IpNet>);

impl Proxies {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    let network = address.or_else(|_| text.parse::<IpNet>()).ok().and_then(canonical);
    network.ok_or_else(|| format!("{text:?} in trusted_proxies is no address and no network such as 10.0.0.0/8"))
}

/// Returns the network as addresses are compared: one of IPv4 that is written as IPv6 as one of IPv4. Returns `None`
/// for a network that is both.
fn canonical(network: IpNet) -> Option<IpNet> {
    const MAPPED_BITS: u8 = 96;
    match network.addr().to_canonical() {
        IpAddr::V4(address) if matches!(network, IpNet::V6(_)) => {
            IpNet::new(address.into(), network.prefix_len().checked_sub(MAPPED_BITS)?).ok()
        }
        _ => Some(network),
    }
}

/// The setting `allowed_hosts`: names by which the server is called.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "List")]
pub(crate) struct Hosts(Vec<Host>);

impl Hosts {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a request may name this host.
    pub(crate) fn allows(&self, host: &Host) -> bool {
        self.0.iter().any(|allowed| allowed.name == "*" || allowed.covers(host))
    }

    /// Returns whether the setting lists this host. Unlike [`Hosts::allows`], `*` lists none.
    pub(crate) fn list(&self, host: &Host) -> bool {
        self.0.iter().any(|allowed| allowed.covers(host))
    }
}

/// Parses an allowed host: one that a request can have, or `*`.
fn parse_allowed(text: &str) -> Result<Host, String> {
    if text == "*" {
        return Ok(Host { name: text.to_owned(), port: None });
    }
    check_sendable(text).map_err(|reason| format!("{text:?} in allowed_hosts {reason}"))?;
    let host = Host::parse(text).map_err(|reason| format!("{reason}, in allowed_hosts"))?;
    if host.name.split('.').any(str::is_empty) {
        return Err(format!("{text:?} in allowed_hosts has an empty part between dots: list each name"));
    }
    Ok(host)
}

/// Checks that clients can send this. A setting with anything else would match nothing.
fn check_sendable(text: &str) -> Result<(), &'static str> {
    if text.contains('*') {
        return Err("has a `*`, which only stands alone: list each name");
    }
    if !text.is_ascii() {
        return Err("has letters that clients send in another form: write it as its xn-- name");
    }
    Ok(())
}

/// The setting `allowed_origins`: other sites whose scripts may call the server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "List")]
pub(crate) struct Origins(Vec<String>);

impl Origins {
    pub(crate) fn contain(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed == "*" || allowed.eq_ignore_ascii_case(origin))
    }
}

fn parse_origin(text: &str) -> Result<String, String> {
    if ["*", "null"].contains(&text) {
        return Ok(text.to_owned());
    }
    check_sendable(text).map_err(|reason| format!("{text:?} in allowed_origins {reason}"))?;
    let parts = text.split_once("://").filter(|(scheme, _)| !scheme.is_empty());
    let parts = parts.and_then(|(scheme, host)| Some((scheme.to_lowercase(), host, Host::parse(host).ok()?)));
    let Some((scheme, host, parsed)) = parts else {
        return Err(format!("{text:?} in allowed_origins is no origin such as https://chat.example, without a path"));
    };
    // Browsers leave out the port that the scheme has anyway.
    let port = parsed.port.filter(|port| Some(*port) != default_port(&scheme));
    let name = match host.strip_prefix('[') {
        Some(_) => format!("[{}]", parsed.name),
        None => parsed.name,
    };
    Ok(format!("{scheme}://{name}{}", port.map(|port| format!(":{port}")).unwrap_or_default()))
}

/// Returns the port that an origin of this scheme has if it names none.
pub(crate) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// A host name or address with an optional port, as in a request's `Host`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Host {
    /// In lower case, without the dot at the end; an IPv6 address without brackets.
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
}

impl Host {
    /// Parses a host.
    ///
    /// # Errors
    /// If it has a path, a user or a bad port, or no name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is no host name such as chat.example or chat.example:8443");
        let (name, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']').ok_or_else(bad)).transpose()? {
            Some((address, port)) => (address, port.strip_prefix(':')),
            // An IPv6 address without brackets.
            None if text.parse::<std::net::Ipv6Addr>().is_ok() => (text, None),
            None => match text.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (text, None),
            },
        };
        let is_good = |c: char| c.is_alphanumeric() || "-_.:".contains(c);
        let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
        if name.is_empty() || !name.chars().all(is_good) {
            return Err(bad());
        }
        // `name:` is a host with the scheme's port.
        let port = port.filter(|port| !port.is_empty()).map(|port| port.parse().map_err(|_| bad())).transpose()?;
        Ok(Self { name, port })
    }

    /// Returns whether the name always means this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
        self.name == "localhost"
            || self.name.ends_with(".localhost")
            || self.name.parse::<IpAddr>().is_ok_and(is_loopback)
    }

    /// Returns whether the name is an IP address.
    pub(crate) fn is_address(&self) -> bool {
        self.name.parse::<IpAddr>().is_ok()
    }

    /// Returns whether the names are the same, and the ports too if this one has any.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.name == other.name && (self.port.is_none() || self.port == other.port)
    }
}

#[cfg(test)]
mod tests {
    use super::{Host, parse_allowed, parse_network, parse_origin};

    fn host(text: &str) -> (String, Option<u16>) {
        Host::parse(text).map(|host| (host.name, host.port)).unwrap()
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_an_optional_port() {
        assert_eq!(host("Chat.Example.:8443"), ("chat.example".to_owned(), Some(8443)));
        assert_eq!(host("[::1]:8000"), ("::1".to_owned(), Some(8000)));
        assert_eq!(host("[::1]"), ("::1".to_owned(), None));
        assert_eq!(host("::1"), ("::1".to_owned(), None));
        assert_eq!(host("127.0.0.1:"), ("127.0.0.1".to_owned(), None));
        for bad in ["", ":80", "*", "a b", "a/b", "a@b", "a:b", "a:99999", "[::1", "http://a"] {
            assert!(Host::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn loopback_names_are_those_that_no_other_machine_can_have() {
        for name in
            ["localhost", "LOCALHOST.:80", "a.localhost", "127.0.0.1", "127.9.9.9:1", "[::1]:80", "::ffff:127.0.0.1"]
        {
            assert!(Host::parse(name).unwrap().is_loopback(), "{name}");
        }
        for name in ["localhost.example", "notlocalhost", "0.0.0.0", "10.0.0.1", "127.0.0.1.example", "[::2]"] {
            assert!(!Host::parse(name).unwrap().is_loopback(), "{name}");
        }
    }

    #[test]
    fn networks_and_origins_are_checked() {
        assert!(parse_network("10.1.2.3").unwrap().contains(&"10.1.2.3".parse::<std::net::IpAddr>().unwrap()));
        assert!(parse_network("10.0.0.0/8").is_ok() && parse_network("fd00::/8").is_ok());
        assert!(parse_network("proxy").is_err() && parse_network("10.0.0.0/33").is_err());
        assert!(
            parse_network("::ffff:10.0.0.0/104").unwrap().contains(&"10.1.2.3".parse::<std::net::IpAddr>().unwrap())
        );
        assert!(parse_network("::ffff:10.0.0.0/90").is_err());
        for (good, sent) in [
            ("https://chat.example", "https://chat.example"),
            ("HTTPS://Chat.Example:443", "https://chat.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:80", "http://[::1]"),
            ("http://a:443", "http://a:443"),
            ("null", "null"),
            ("*", "*"),
            ("chrome-extension://abc", "chrome-extension://abc"),
        ] {
            assert_eq!(parse_origin(good).unwrap(), sent);
        }
        for bad in
            ["chat.example", "https://chat.example/", "https://", "://a", "", "https://*.example", "https://é.example"]
        {
            assert!(parse_origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_host_that_no_client_sends_is_not_allowed() {
        for good in ["*", "chat.example", "Chat.Example.:8443", "[::1]", "192.0.2.7", "xn--bcher-kva.example"] {
            assert!(parse_allowed(good).is_ok(), "{good}");
        }
        for bad in ["*.example", "*:8000", "a*", "bücher.example", "", "https://chat.example"] {
            assert!(parse_allowed(bad).unwrap_err().contains("allowed_hosts"), "{bad}");
        }
    }
}
