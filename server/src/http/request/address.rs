//! Where a request comes from: the client's address, for limits, and the client's name.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::unreadable;
use crate::accounts::Origin;
use crate::app::App;
use crate::config::Proxies;
use crate::domain::client;

/// The client's address. Behind a proxy it is only right if `ip_header` is set, and behind several proxies if
/// `trusted_proxies` lists them.
struct ClientAddress(IpAddr);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientAddress {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let peer = request.remote().map_or(Ipv4Addr::UNSPECIFIED.into(), |remote| remote.ip().to_canonical());
        let header = request.rocket().config().ip_header.as_ref();
        Outcome::Success(Self(match (header, request.rocket().state::<App>()) {
            (Some(header), Some(app)) => {
                // What is left of the header may be what the client made up.
                if let Err(problem) = unreadable::check(request, header.as_str()) {
                    return problem.refuse(request);
                }
                let values: Vec<_> = request.headers().get(header.as_str()).collect();
                behind(peer, &values.join(","), &app.settings.trusted_proxies)
            }
            _ => peer,
        }))
    }
}

/// Where a request comes from, and by which client.
pub(crate) struct ClientOrigin(pub(crate) Origin);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ClientOrigin {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let user_agent = request.headers().get_one("User-Agent").unwrap_or_default();
        let origin = |ClientAddress(address)| Self(Origin { address, client: client::name_of(user_agent) });
        ClientAddress::from_request(request).await.map(origin)
    }
}

/// Returns the address of the client behind a proxy: the rightmost one in the header that is no trusted proxy. Each
/// proxy adds the address of its own client at the right, and the client can make up what is to the left.
fn behind(peer: IpAddr, header: &str, trusted: &Proxies) -> IpAddr {
    // Without a list, whatever connects is the only proxy.
    if !trusted.is_empty() && !trusted.contains(peer) {
        return peer;
    }
    let mut nearest = peer;
    // A list may have empty elements (RFC 9110, 5.6.1).
    for entry in header.rsplit(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        match parse(entry) {
            Some(address) if trusted.contains(address) => nearest = address,
            Some(address) => return address,
            // A trusted proxy did not know its client's address.
            None => return nearest,
        }
    }
    nearest
}

/// Parses an address. Some proxies add the port.
fn parse(entry: &str) -> Option<IpAddr> {
    let address = entry.parse::<IpAddr>().ok();
    let address = address.or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip()));
    let address = address.or_else(|| entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::behind;
    use crate::config::Proxies;

    fn proxies(list: &str) -> Proxies {
        figment::Figment::from(("list", list)).extract_inner("list").unwrap()
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_no_trusted_proxy() {
        let trusted = "10.0.0.0/8, 192.0.2.7, fd00::/8";
        for (list, peer, header, client) in [
            // As in 0.1: one proxy, and one address in its header.
            ("", "10.0.0.1", "203.0.113.5", "203.0.113.5"),
            ("", "10.0.0.1", "", "10.0.0.1"),
            ("", "10.0.0.1", "unknown", "10.0.0.1"),
            ("", "10.0.0.1", "203.0.113.5,", "203.0.113.5"),
            (trusted, "10.0.0.1", "1.1.1.1, 203.0.113.5, , 10.0.0.2", "203.0.113.5"),
            // The proxy added its client to what that client had sent.
            ("", "10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),
            (trusted, "10.0.0.1", "1.1.1.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
            (trusted, "10.0.0.1", "203.0.113.5:4711, 192.0.2.7", "203.0.113.5"),
            (trusted, "fd00::1", "[2001:db8::5]:80,fd00::2", "2001:db8::5"),
            (trusted, "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            (trusted, "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
            (trusted, "::ffff:10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
            // Anybody else may send the header.
            (trusted, "203.0.113.9", "203.0.113.5", "203.0.113.9"),
        ] {
            let found = behind(peer.parse().unwrap(), header, &proxies(list));
            assert_eq!(found.to_string(), client, "{list}; {peer}; {header}");
        }
    }
}
