//! Polling: cursors, held requests, and what wakes and ends them.

mod cursors;
mod head;
mod holding;
mod paging;
mod receiving;
mod subscribing;
mod thousand;
