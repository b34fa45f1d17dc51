//! Ports to listen on, for what is to come back to the same port after it was killed.

use std::net::TcpListener;

use anyhow::bail;

/// Below the range from which systems take ports for outgoing connections: a port from that range can be
/// taken by a client while its server is down, even by one that tries to reach that very server.
const RANGE: std::ops::Range<u16> = 15_000..32_000;

/// A port of this machine on which nobody listens now.
///
/// # Errors
/// When all that were tried are taken.
pub fn free() -> anyhow::Result<u16> {
    for _ in 0..1000 {
        let port = RANGE.start + (getrandom::u32()? % u32::from(RANGE.end - RANGE.start)) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port between {} and {}", RANGE.start, RANGE.end)
}
