//! Answers in general: errors, bodies, headers, other sites and the log. Also `/status`, `/users` and `/health`.

mod bodies;
mod errors;
mod fields;
mod large;
mod lists;
mod logs;
mod sites;
mod status;
mod unread;
