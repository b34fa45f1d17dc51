//! Presentation: messages, lists and JSON as text of some width and colour. Knows neither the server nor the terminal.

mod clock;
pub(crate) mod listing;
mod measure;
mod output;
mod palette;
mod transcript;

pub(crate) use clock::local_time;
pub(crate) use measure::{fold, width};
pub(crate) use output::Output;
pub(crate) use palette::{Color, Palette};
pub(crate) use transcript::{Layout, Transcript};
