//! Interactive sessions, on a terminal unless a module says otherwise.

/// Signing in on a terminal, the first time and later.
mod first_run;

/// Each command.
mod commands;

/// The line being typed: what happens around it leaves it alone.
mod typing;

/// Messages on screens of any width.
mod printing;

/// The server goes away, comes back, or ends the session.
mod connection;

/// Sessions in a pipe.
mod piped;
