//! What routes take and give: the caller, bodies, queries and headers on the way in, answers on the way
//! out. Bad input becomes a problem here, before a handler runs. Knows no resource.

mod answer;
mod body;
mod caller;
mod events;
mod file;
mod headers;
mod method;
mod path;
mod query;
mod refusal;

pub(crate) use answer::{Answer, Created, Delivered, HistoryPage, Posted};
pub(crate) use body::{Body, Json};
pub(crate) use caller::{Caller, ClientAddress, Scraper, Visitor};
pub(crate) use events::{Event, EventStream};
pub(crate) use file::StaticFile;
pub(crate) use headers::{Host, IdempotencyKey, KnownCursor, LastEventId, PreferredWait, PrefersStream};
pub(crate) use method::KeepMethod;
pub(crate) use query::{Listing, Query, limit_of, listing_limit, seq_of};
pub(crate) use refusal::{Cause, MEDIA_TYPE, catchers};
