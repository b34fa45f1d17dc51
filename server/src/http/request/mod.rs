//! What handlers take: the caller, bodies, queries and headers. Bad input becomes a problem here, before a handler
//! runs. Knows no resource.

mod body;
mod caller;
mod headers;
mod history;
mod path;
mod query;
pub(crate) mod trace;

pub(crate) use body::{Body, Json};
pub(crate) use caller::{Caller, ClientAddress, Scraper, Visitor};
pub(crate) use headers::{Host, IdempotencyKey, KnownCursor, LastEventId, PreferredWait, PrefersStream};
pub(crate) use history::HistoryQuery;
pub(crate) use query::{Listing, Query, limit_of, listing_limit, seq_of};
