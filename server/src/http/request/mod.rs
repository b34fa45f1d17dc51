//! What handlers take: the caller, bodies, queries and headers. Bad input becomes a problem here, before a handler
//! runs. Knows no resource.

mod address;
mod authority;
mod body;
mod caller;
mod entity_tag;
mod fields;
mod headers;
mod history;
mod identity;
pub(crate) mod named;
mod path;
mod query;
mod revision;
pub(crate) mod sites;
pub(crate) mod trace;
pub(crate) mod unreadable;

pub(crate) use address::ClientOrigin;
pub(crate) use authority::{Authority, CallerOrShell, Signed};
pub(crate) use body::{Body, Json, discard, limited, peek};
pub(crate) use caller::{Caller, Renewer, Scraper, Visitor};
pub(crate) use entity_tag::KnownCursor;
pub(crate) use headers::{Host, IdempotencyKey, LastEventId, PreferredWait, PrefersStream};
pub(crate) use history::HistoryQuery;
pub(crate) use identity::Identity;
pub(crate) use query::{Beginning, Listing, Query, limit_of, listing_limit, prefix_in_link, seq_of};
pub(crate) use revision::{IfMatch, has_revision};
