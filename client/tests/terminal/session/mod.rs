//! Interactive sessions, on a terminal unless a module says otherwise.

/// Signing in on a terminal, the first time and later.
mod first_run;

/// Each command.
mod commands;

/// The user's own account.
mod account;

/// Where a session begins and goes.
mod places;

/// Rooms and who is in them.
mod rooms;

/// Tokens that are refused in the middle of a session.
mod refused;

/// Edits, deletions, replies and reactions.
mod changes;

/// What is done in other sessions of the same user.
pub(crate) mod elsewhere;

/// The line being typed: what happens around it leaves it alone.
mod typing;

/// Several lines at once, pasted or typed.
mod pasting;

/// Messages on screens of any width.
mod printing;

/// The server goes away, comes back, or ends the session.
mod connection;

/// Quitting, and lines that were not sent.
mod leaving;

/// Signals from other processes.
mod signals;

/// Another width, a shell, joined characters.
mod screen;

/// The bell, the title and notifications.
mod alerts;

/// What counts as read.
mod unread;

/// Sleep, dead connections and old tokens.
mod passing_time;

/// Something else answers in the server's place.
mod between;

/// Sessions in a pipe.
mod piped;
