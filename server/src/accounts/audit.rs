//! The audit log: a line for every act of authority, every sign-in and every failed one. A line says who did what to
//! whom, and from which address; never a text or a secret.

use std::net::IpAddr;

use tracing::field::display;

use super::limits::network_of;

/// The log target, which operators name in `RUST_LOG`.
const TARGET: &str = "linger::audit";

/// The actor that a line names for a command in the server's shell.
pub(crate) const SHELL: &str = "(shell)";

/// What an act of authority concerns.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whom<'a> {
    /// The actor.
    Self_,
    User(&'a str),
    Room(&'a str),
    /// A user in a room.
    Member(&'a str, &'a str),
    /// Anything else, by its id.
    Id(i64),
}

/// Logs an act, in the past tense, such as `disabled a user`. `by` is the actor's name.
pub(crate) fn act(act: &str, by: &str, whom: Whom<'_>, address: IpAddr) {
    let (user, room, id) = match whom {
        Whom::Self_ => (None, None, None),
        Whom::User(user) => (Some(user), None, None),
        Whom::Room(room) => (None, Some(room), None),
        Whom::Member(user, room) => (Some(user), Some(room), None),
        Whom::Id(id) => (None, None, Some(id)),
    };
    let (user, room) = (user.map(display), room.map(display));
    tracing::info!(target: TARGET, %by, user, room, id, %address, network = %network_of(address), "{act}");
}

/// Logs a sign-in that was refused. `user` is the name that was tried.
pub(crate) fn refusal(why: &str, user: &str, address: IpAddr) {
    tracing::warn!(target: TARGET, %user, %address, network = %network_of(address), "{why}");
}
