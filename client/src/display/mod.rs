//! Presentation: messages, lists and JSON as text of some width and colour. Knows neither the server nor the terminal.

mod change;
mod clock;
pub(crate) mod listing;
mod look;
mod marks;
mod measure;
mod mentions;
mod output;
mod palette;
pub(crate) mod sign_ins;
mod transcript;
mod typed;

pub(crate) use self::change::describe;
pub(crate) use self::clock::local_time;
pub(crate) use self::look::{Colors, Hours, look};
pub(crate) use self::measure::{clip, fold, width};
pub(crate) use self::mentions::mentions;
pub(crate) use self::output::Output;
pub(crate) use self::palette::{Color, Palette};
pub(crate) use self::transcript::{Layout, Transcript};
pub(crate) use self::typed::Extent;
