//! Answers in general: errors, bodies, headers and the log. Also `/status`, `/users` and `/health`.

mod around;
mod bodies;
mod errors;
mod logs;
