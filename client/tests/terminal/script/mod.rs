//! Commands, as scripts use them.

/// Signing in and out, and what is kept of it.
mod sign_in;

/// Codes and invitations, and servers that do not let everybody in.
mod door;

/// The user's own account.
mod own;

/// Renewal of tokens.
mod renewal;

/// Sources of settings, and their order.
mod settings;

/// `send`, `rooms`, `users`, `whoami`, `status` and completions.
mod overview;

/// `read`: where it starts and continues.
mod reading;

/// `read`: its positions, and other databases.
mod positions;

/// `read --changes`.
mod changes;

/// `read --follow`, killed at random.
mod following;

/// Lost answers, proxies and TLS.
mod network;

/// Each exit status.
mod exit_statuses;

/// Completion in shells.
mod completing;
