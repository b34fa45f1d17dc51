//! Streams: the held requests as server-sent events. [`EventStream`](crate::harness::EventStream) reads them as a
//! user's program does.

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
