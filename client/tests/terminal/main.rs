//! The client from outside: `linger` at the end of pipes or on a terminal, against a real server.

/// How tests act: servers, homes, pipes, terminals, other users, and a server that misbehaves.
mod harness;

/// Interactive sessions, on a terminal and in a pipe.
mod session;

/// Commands: what they print, where they go on, and how they exit.
mod script;

/// The README's screens and `docs/client.md`, compared with the program.
mod documents;

/// How fast a message reaches another screen.
mod latency;

/// Two typing clients, and a server that is killed again and again.
mod torture;

/// Programs as they are shipped.
mod shipped;

/// The layout of the sources.
mod house;
