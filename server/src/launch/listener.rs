//! Tunes the listening socket after Rocket has opened it, and raises the limit on open files. Rocket's backlog of 128
//! overflows when thousands of clients connect at once. Without keep-alive, the connection of a client whose machine
//! has gone stays open forever. Accepted sockets inherit their options from the listening socket.

use std::collections::HashSet;
use std::fs;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, Shutdown, recvmsg, sockopt};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Maximum number of connections that wait to be accepted. The kernel caps it at `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// A silent connection is probed after a minute, and closed after three unanswered probes.
const KEEP_ALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_PROBES: u32 = 3;

/// A connection is also closed if the client takes none of the data sent to it for this long. Otherwise an answer that
/// nobody reads would stay in memory, and a stream's comments would keep its user online, for a quarter of an hour.
const UNTAKEN_MS: u32 = 30_000;

/// The kernel buffers twice this for a client that does not read. Its own default goes up to 4 MiB for each such
/// stream.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Tunes this process's socket that listens on `address`.
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

/// Refuses new connections to this process's socket that listens on `address`.
pub(crate) fn close(address: SocketAddr) -> io::Result<()> {
    // On Linux, this stops a listening socket; POSIX does not define it.
    Ok(rustix::net::shutdown(find(address)?, Shutdown::Read)?)
}

/// Raises the limit on open files to its maximum. Every held poll is an open file, and the default is often 1,024.
pub(crate) fn raise_descriptor_limit() -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
    Ok(())
}

/// Finds the listening socket among this process's descriptors, because Rocket does not expose it.
fn find(address: SocketAddr) -> io::Result<OwnedFd> {
    let mut found = None;
    each_socket(|socket| {
        let listens = sockopt::socket_acceptconn(&socket).unwrap_or(false);
        if listens && local_address(&socket) == Some(address) {
            found = Some(socket);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no socket of this process listens there"))
}

/// Cuts the connections to these clients at this port: what they have not taken is thrown away, and their requests end.
pub(crate) fn cut(port: u16, clients: &HashSet<SocketAddr>) -> io::Result<()> {
    each_socket(|socket| {
        let is_ours = || local_address(&socket).is_some_and(|address| address.port() == port);
        if peer_address(&socket).is_some_and(|peer| clients.contains(&peer)) && is_ours() {
            let _ = sockopt::set_socket_linger(&socket, Some(Duration::ZERO));
            let _ = rustix::net::shutdown(&socket, Shutdown::Both);
        }
        ControlFlow::Continue(())
    })
}

/// Returns whether a client is connected to this port.
pub(crate) fn is_connected(port: u16) -> io::Result<bool> {
    let mut is_connected = false;
    each_socket(|socket| {
        let is_ours = local_address(&socket).is_some_and(|address| address.port() == port);
        is_connected = is_ours && peer_address(&socket).is_some();
        if is_connected { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(is_connected)
}

/// Calls `look` with a duplicate of each socket of this process, until it has seen enough.
fn each_socket(mut look: impl FnMut(OwnedFd) -> ControlFlow<()>) -> io::Result<()> {
    let post = UnixDatagram::pair()?;
    for entry in fs::read_dir("/proc/self/fd")? {
        let entry = entry?;
        let is_socket = fs::read_link(entry.path()).is_ok_and(|link| link.to_string_lossy().starts_with("socket:"));
        let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()).filter(|_| is_socket) else {
            continue;
        };
        let Some(socket) = duplicate(number, &post)? else { continue };
        if look(socket).is_break() {
            break;
        }
    }
    Ok(())
}

/// Duplicates a descriptor by number, through a pair of connected sockets. Returns `None` if it was closed meanwhile.
///
/// The kernel checks the number, so no unsafe code is needed. `pidfd_getfd` does the same in one call, but containers
/// forbid it without the capability `SYS_PTRACE`.
fn duplicate(number: RawFd, (sender, receiver): &(UnixDatagram, UnixDatagram)) -> io::Result<Option<OwnedFd>> {
    let rights = [number];
    let message = [ControlMessage::ScmRights(&rights)];
    match sendmsg::<()>(sender.as_raw_fd(), &[IoSlice::new(&[0])], &message, MsgFlags::empty(), None) {
        Err(Errno::EBADF) => return Ok(None),
        sent => sent?,
    };
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut received = RecvAncillaryBuffer::new(&mut space);
    recvmsg(receiver, &mut [IoSliceMut::new(&mut [0])], &mut received, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = received.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    Ok(descriptors.next().and_then(|mut descriptors| descriptors.next()))
}

fn peer_address(socket: &OwnedFd) -> Option<SocketAddr> {
    rustix::net::getpeername(socket).ok()??.try_into().ok()
}

fn local_address(socket: &OwnedFd) -> Option<SocketAddr> {
    rustix::net::getsockname(socket).ok()?.try_into().ok()
}
