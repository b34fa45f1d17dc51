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
    Hosts Host::parse;
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
    let network = address.or_else(|_| text.parse::<IpNet>());
    network.map_err(|_| format!("{text:?} in trusted_proxies is no address and no network such as 10.0.0.0/8"))
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
    let is_origin =
        text.split_once("://").is_some_and(|(scheme, host)| !scheme.is_empty() && Host::parse(host).is_ok());
    match is_origin || ["*", "null"].contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} in allowed_origins is no origin such as https://chat.example, without a path")),
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
        let is_good = |c: char| c.is_alphanumeric() || "-_.:*".contains(c);
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
    use super::{Host, parse_network, parse_origin};

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
        for bad in ["", ":80", "a b", "a/b", "a@b", "a:b", "a:99999", "[::1", "http://a"] {
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
        for good in ["https://chat.example", "http://localhost:3000", "null", "*", "chrome-extension://abc"] {
            assert!(parse_origin(good).is_ok(), "{good}");
        }
        for bad in ["chat.example", "https://chat.example/", "https://", "://a", ""] {
            assert!(parse_origin(bad).is_err(), "{bad}");
        }
    }
}
