//! Saying something: to whom, what, once, and in which order.

mod idempotency;
mod order;
mod sending;
mod text;
