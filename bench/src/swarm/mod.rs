//! Thousands of connections in one thread and one event loop, so that clients cost little next to the server that
//! shares their machine. Each answer takes one look at the clock, one read and one write, and all connections share one
//! buffer. Knows as much HTTP as [`answer`] and [`frames`], and no paths.
//!
//! Connections are edge-triggered, so each event is followed by reads until there is nothing left.

pub(crate) mod answer;
pub(crate) mod frames;

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use answer::Answer;
use frames::Frames;

/// Room for the longest answer, a page of 256 KiB with its head.
const READ_BYTES: usize = 320 * 1024;

/// The number of events handled at once.
const EVENTS: usize = 1024;

/// The receive buffer of a connection that is not read: the kernel's minimum.
const DEAF_BYTES: usize = 2048;

/// The number by which the owner knows a connection.
pub(crate) type Slot = usize;

/// All connections of this process.
pub(crate) struct Swarm {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    slots: HashMap<Slot, Connection>,
    /// The number of connections ever opened, which distinguishes a connection from its successor.
    opened: u64,
}

struct Connection {
    stream: TcpStream,
    serial: u64,
    /// The beginning of an answer that is not complete.
    unread: Vec<u8>,
    /// Bytes that the socket has not accepted yet.
    unsent: Vec<u8>,
    /// Set once a stream has begun.
    frames: Option<Frames>,
    /// Whether this side has stopped reading.
    deaf: bool,
}

/// Handles what arrives. Times are those of the read.
pub(crate) trait Client {
    /// Handles a complete answer. An error ends the measurement.
    fn answered(&mut self, swarm: &mut Swarm, slot: Slot, answer: &Answer<'_>, at: Instant) -> anyhow::Result<()>;

    /// Handles a complete event of a stream, including comments. An error ends the measurement.
    fn streamed(&mut self, _: &mut Swarm, slot: Slot, _: &[u8], _: Instant) -> anyhow::Result<()> {
        anyhow::bail!("connection {slot} received an unexpected stream")
    }

    /// Handles a connection that was closed or could not be made. An error ends the measurement.
    fn lost(&mut self, _: &mut Swarm, slot: Slot, why: &io::Error) -> anyhow::Result<()> {
        anyhow::bail!("connection {slot} was lost: {why}")
    }
}

impl Swarm {
    /// Creates a swarm without connections, and raises the limit of open files to the maximum.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let limit = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })?;
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS),
            buffer: vec![0; READ_BYTES],
            slots: HashMap::new(),
            opened: 0,
        })
    }

    /// Begins to connect to a port on this machine, replacing the connection with this number.
    pub(crate) fn open(&mut self, slot: Slot, port: u16) -> anyhow::Result<()> {
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        self.adopt(slot, stream)
    }

    /// Takes over a connection made elsewhere.
    pub(crate) fn adopt(&mut self, slot: Slot, mut stream: TcpStream) -> anyhow::Result<()> {
        self.poll.registry().register(&mut stream, Token(slot), Interest::READABLE | Interest::WRITABLE)?;
        // Fails if the connection has failed already, which the next turn reports.
        let _ = stream.set_nodelay(true);
        self.opened += 1;
        let serial = self.opened;
        let connection =
            Connection { stream, serial, unread: Vec::new(), unsent: Vec::new(), frames: None, deaf: false };
        self.slots.insert(slot, connection);
        Ok(())
    }

    /// Closes a connection.
    pub(crate) fn close(&mut self, slot: Slot) {
        self.slots.remove(&slot);
    }

    /// Stops reading from a connection, and minimizes its receive buffer.
    pub(crate) fn stop_reading(&mut self, slot: Slot) -> anyhow::Result<()> {
        if let Some(connection) = self.slots.get_mut(&slot) {
            connection.deaf = true;
            rustix::net::sockopt::set_socket_recv_buffer_size(&connection.stream, DEAF_BYTES)?;
        }
        Ok(())
    }

    /// Writes a request, now or as soon as the socket accepts it.
    pub(crate) fn ask(&mut self, slot: Slot, request: &[u8]) {
        if let Some(connection) = self.slots.get_mut(&slot) {
            connection.write(request);
        }
    }

    /// Waits at most this long for events, and passes them to the client.
    pub(crate) fn turn(&mut self, client: &mut impl Client, patience: Duration) -> anyhow::Result<()> {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let mut buffer = std::mem::take(&mut self.buffer);
        let polled = match self.poll.poll(&mut events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            polled => polled,
        };
        let served = polled
            .map_err(anyhow::Error::from)
            .and_then(|()| events.iter().try_for_each(|event| self.serve(client, event, &mut buffer)));
        (self.events, self.buffer) = (events, buffer);
        served
    }

    fn serve(&mut self, client: &mut impl Client, event: &Event, buffer: &mut [u8]) -> anyhow::Result<()> {
        let Token(slot) = event.token();
        let Some(connection) = self.slots.get_mut(&slot) else { return Ok(()) };
        if event.is_writable() {
            connection.flush();
        }
        if !event.is_readable() || connection.deaf {
            return Ok(());
        }
        let serial = connection.serial;
        loop {
            let Some(connection) = self.slots.get_mut(&slot).filter(|connection| connection.serial == serial) else {
                return Ok(());
            };
            match connection.stream.read(buffer) {
                Ok(0) => return self.lose(client, slot, &ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.understand(client, slot, serial, &buffer[..count])?;
                    // A read that does not fill the buffer has emptied the socket; further bytes cause another event.
                    if count < buffer.len() && !event.is_read_closed() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return self.lose(client, slot, &error),
            }
        }
    }

    fn lose(&mut self, client: &mut impl Client, slot: Slot, why: &io::Error) -> anyhow::Result<()> {
        self.close(slot);
        client.lost(self, slot, why)
    }

    /// Passes complete answers and events to the client, and keeps the rest.
    fn understand(&mut self, client: &mut impl Client, slot: Slot, serial: u64, fresh: &[u8]) -> anyhow::Result<()> {
        let at = Instant::now();
        let Some(connection) = self.slots.get_mut(&slot) else { return Ok(()) };
        let mut kept = std::mem::take(&mut connection.unread);
        let mut frames = connection.frames.take();
        let mut rest = if kept.is_empty() {
            fresh
        } else {
            kept.extend_from_slice(fresh);
            &kept[..]
        };
        while frames.is_none()
            && let Some((answer, used)) = Answer::parse(rest)?
        {
            rest = &rest[used..];
            if answer.is_stream {
                frames = Some(Frames::new(answer.is_chunked));
            } else {
                client.answered(self, slot, &answer, at)?;
            }
        }
        if let Some(frames) = &mut frames {
            frames.feed(rest, |event| client.streamed(self, slot, event, at))?;
            rest = &[];
        }
        if let Some(connection) = self.slots.get_mut(&slot).filter(|connection| connection.serial == serial) {
            connection.unread = rest.to_vec();
            connection.frames = frames;
        }
        Ok(())
    }
}

impl Connection {
    fn write(&mut self, request: &[u8]) {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(request);
            return;
        }
        match self.stream.write(request) {
            Ok(count) if count == request.len() => {}
            Ok(count) => self.unsent.extend_from_slice(&request[count..]),
            // Not connected yet, or the buffer is full. In both cases, as in a failure, there will be another event.
            Err(_) => self.unsent.extend_from_slice(request),
        }
    }

    fn flush(&mut self) {
        if !self.unsent.is_empty() {
            let unsent = std::mem::take(&mut self.unsent);
            self.write(&unsent);
        }
    }
}
