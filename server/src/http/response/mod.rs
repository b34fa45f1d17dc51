//! What handlers return: JSON, pages of history, streams, files and refusals. Knows no resource.

mod answer;
mod body;
mod events;
mod file;
pub(crate) mod guard;
mod refusal;
mod site;
mod stream;

pub(crate) use answer::{
    Answer, Created, Delivered, Elsewhere, HistoryPage, Listed, Posted, Revised, Shown, WithMessages,
};
pub(crate) use body::{Carried, carried};
pub(crate) use events::EventStream;
pub(crate) use file::StaticFile;
pub(crate) use refusal::{MEDIA_TYPE, call_of, catchers, is_call, rest};
pub(crate) use site::Site;
pub(crate) use stream::event_stream;
