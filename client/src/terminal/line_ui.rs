//! What a session provides for the line being typed. Knows no keys.

use std::path::PathBuf;
use std::sync::Arc;

use crate::commands::completion::Names;
use crate::display::Palette;

/// The prompt, completion and history of typed lines.
pub(crate) struct LineUi {
    /// Returns the current prompt, plain and painted.
    pub(crate) prompt: Box<dyn Fn() -> (String, String)>,
    /// Returns whether a line disappears once it is entered, because its outcome is printed.
    pub(crate) vanishes: fn(&str) -> bool,
    pub(crate) names: Arc<dyn Names + Send + Sync>,
    pub(crate) palette: Palette,
    /// The file that keeps typed lines for the next session.
    pub(crate) history: Option<PathBuf>,
}
