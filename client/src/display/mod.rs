//! How things look: messages, lists and JSON as text of some width and colour. Knows neither the server nor the
//! terminal.

mod clock;
pub mod listing;
mod measure;
mod output;
mod palette;
mod transcript;

pub use clock::local_time;
pub use measure::{fold, width};
pub use output::Output;
pub use palette::{Color, Palette};
pub use transcript::{Layout, Transcript};
