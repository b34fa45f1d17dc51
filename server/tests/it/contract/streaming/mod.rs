//! Streams: held requests as server-sent events, read with [`EventStream`](crate::harness::EventStream).

mod asking;
mod bytes;
mod catching_up;
mod chance;
mod ending;
mod following;
mod frames;
mod narrow;
mod resuming;
mod slow;
mod thousand;
