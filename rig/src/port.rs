//! Free ports, for processes that must return to the same port after being killed.

use std::net::TcpListener;

use anyhow::bail;

/// Lies below the range that systems use for outgoing connections. A client could take a port from that range while its
/// server is down, even a client of that very server.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// Returns a port of this machine on which nothing listens.
///
/// # Errors
/// Returns an error if every port tried was taken.
pub fn free() -> anyhow::Result<u16> {
    for _ in 0..1000 {
        let port = RANGE.start + (getrandom::u32()? % u32::from(RANGE.end - RANGE.start)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port between {} and {}", RANGE.start, RANGE.end)
}
