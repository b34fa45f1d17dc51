//! Sending: recipients, texts, idempotency keys and order.

mod idempotency;
mod order;
mod sending;
mod text;
