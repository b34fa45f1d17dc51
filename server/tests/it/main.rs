//! The server's integration tests. Each test starts the real server on a database of its own and uses it through HTTP.
//!
//! The suite runs on SQLite, or on PostgreSQL if `LINGER_TEST_DATABASE=postgres`.

/// The API, one area at a time: what each call does and how it fails.
mod contract {
    /// Signing up, signing in and out, tokens, key rotation and rate limits.
    pub(crate) mod accounts;
    /// Answers in general: errors, bodies, headers and the log.
    mod answers;
    /// Malformed requests on raw sockets: each is refused, and none harms the server.
    mod bad_input;
    /// Edits, deletions, replies and reactions, and how they are received.
    mod changes;
    /// The OpenAPI document and its page.
    mod description;
    /// Direct conversations and their privacy.
    mod direct;
    /// The door: who may come in, and by which code.
    pub(crate) mod door;
    /// Sending: recipients, texts, order and idempotency.
    mod messages;
    /// `/metrics`: access, format and figures.
    pub(crate) mod metrics;
    /// The web page's files and the security headers.
    mod page;
    /// Polling: cursors, held requests, and what wakes and ends them.
    mod polling;
    /// Rooms: creating, listing, memberships and history.
    mod rooms;
    /// Server-sent events.
    mod streaming;
}

/// More than one server, or more than one database.
mod several {
    /// SQLite and PostgreSQL give the same answers.
    mod both_databases;
    /// Several nodes share one PostgreSQL and act as one server.
    pub(crate) mod nodes;
}

/// A server from its start to its end, and a chat beyond that.
mod lifecycle {
    /// `lingerd copy`: moving a chat from SQLite to PostgreSQL.
    mod copy;
    /// The server is killed under load; no acknowledged message is lost or doubled.
    mod crash;
    /// Starting, stopping, losing the database, and the Makefile.
    mod running;
}

/// Everything together.
mod whole {
    /// Random use by several clients, compared with a model of the contract.
    mod model;
    /// Every call as every kind of user.
    mod permissions;
    /// A conversation from beginning to end.
    mod story;
}

/// The repository's own rules: layers, documents and coverage.
mod house;

/// The server process, HTTP client and users that the tests are made of.
mod harness;
