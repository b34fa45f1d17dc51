//! Answers in general: errors, bodies, headers and the log. Also `/status`, `/users` and `/health`.

mod bodies;
mod errors;
mod logs;
mod status;
