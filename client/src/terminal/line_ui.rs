//! What the session tells the line that is typed. Knows no keys.

use std::path::PathBuf;
use std::sync::Arc;

use crate::commands::completion::Names;
use crate::display::Palette;

/// What the prompt and the line under it are made of.
pub(crate) struct LineUi {
    /// The prompt at this moment, as it is and as it is painted.
    pub(crate) prompt: Box<dyn Fn() -> (String, String)>,
    /// Whether a line disappears once it is typed, because what comes of it is printed.
    pub(crate) vanishes: fn(&str) -> bool,
    /// What there is to complete.
    pub(crate) names: Arc<dyn Names + Send + Sync>,
    /// How hints are painted.
    pub(crate) palette: Palette,
    /// Where typed lines are kept for the next session.
    pub(crate) history: Option<PathBuf>,
}
