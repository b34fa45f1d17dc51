//! `lingerd healthcheck`: requests a running server's `/health`, for containers and scripts without curl.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than the server takes to notice that its database is unavailable.
const TIMEOUT: Duration = Duration::from_secs(6);

/// Checks that the server listening there is healthy.
///
/// # Errors
/// If no server answers, or it answers that it is not healthy.
pub fn check(address: IpAddr, port: u16) -> io::Result<()> {
    let address = SocketAddr::new(reachable(address), port);
    ask(address).map_err(|error| io::Error::new(error.kind(), format!("{address} is not healthy: {error}")))
}

fn ask(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status_line = answer.lines().next().unwrap_or_default();
    match status_line.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(io::Error::other(format!("it answered {status_line:?}"))),
    }
}

/// Returns the address to connect to: loopback if the server listens on every address.
pub(super) fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}
