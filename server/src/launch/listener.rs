//! The listening socket, tuned once it is there, and how many connections there may be. Rocket opens it with a
//! backlog of 128, which overflows when thousands connect at once, and without keep-alive, so that a client whose
//! machine has gone keeps its connection for ever. Accepted sockets inherit options from the one that listens.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{Shutdown, sockopt};
use rustix::process::{
    PidfdFlags, PidfdGetfdFlags, Resource, Rlimit, getpid, getrlimit, pidfd_getfd, pidfd_open, setrlimit,
};

/// Connections that wait to be accepted; the kernel cuts this to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// A silent connection is probed after a minute, and given up after three probes without an answer.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_PROBES: u32 = 3;

/// Nor does a connection last on which the other side does not take what was sent: a stream's comments would keep
/// it, and its user online, for a quarter of an hour.
const UNTAKEN_MS: u32 = 120_000;

/// What the kernel keeps for a client that does not take it: twice this. Left to itself it would be up to 4 MiB for
/// each stream that nobody reads.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Tunes the socket of this process that listens on `address`.
pub(crate) fn tune(address: SocketAddr) -> io::Result<()> {
    let socket = find(address)?;
    sockopt::set_socket_keepalive(&socket, true)?;
    sockopt::set_tcp_keepidle(&socket, KEEP_ALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(&socket, KEEP_ALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(&socket, KEEP_ALIVE_PROBES)?;
    sockopt::set_tcp_user_timeout(&socket, UNTAKEN_MS)?;
    sockopt::set_socket_send_buffer_size(&socket, SEND_BUFFER_BYTES)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(())
}

/// Refuses whoever connects from now on to the socket of this process that listens on `address`.
pub(crate) fn close(address: SocketAddr) -> io::Result<()> {
    // Of a socket that listens, this ends the listening; Linux does so, POSIX leaves it open.
    Ok(rustix::net::shutdown(find(address)?, Shutdown::Read)?)
}

/// Every held poll is an open file. What a shell gives a process is often 1,024 of them, far below what it
/// may take if it asks.
pub(crate) fn raise_descriptor_limit() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(())
}

/// Rocket does not hand its socket out, so it is looked for among our own descriptors. `pidfd_getfd` makes
/// a second descriptor of a number without trusting that number, which is why no unsafe code is needed.
fn find(address: SocketAddr) -> io::Result<OwnedFd> {
    let own = pidfd_open(getpid(), PidfdFlags::empty())?;
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        let is_socket = fs::read_link(entry.path()).is_ok_and(|link| link.to_string_lossy().starts_with("socket:"));
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()).filter(|_| is_socket) else {
            continue;
        };
        let socket = match pidfd_getfd(&own, number, PidfdGetfdFlags::empty()) {
            // Closed since it was listed.
            Err(rustix::io::Errno::BADF) => continue,
            socket => socket?,
        };
        let listens = sockopt::socket_acceptconn(&socket).unwrap_or(false);
        if listens && local_address(&socket) == Some(address) {
            return Ok(socket);
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, "no socket of this process listens there"))
}

fn local_address(socket: &OwnedFd) -> Option<SocketAddr> {
    rustix::net::getsockname(socket).ok()?.try_into().ok()
}
