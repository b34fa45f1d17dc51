//! linger as its users see it: every test starts the real server on a database of its own and talks HTTP.

mod accounts;
mod alike;
mod answers;
mod bad_input;
mod crash;
mod description;
mod direct;
mod harness;
mod house;
mod messages;
mod metrics;
mod model;
mod moving;
mod nodes;
mod page;
mod polling;
mod rooms;
mod running;
mod story;
mod streaming;
