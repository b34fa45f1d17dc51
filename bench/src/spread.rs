//! What many figures have in common.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::Serialize;

/// The middle of some figures, and how far they go.
#[derive(Serialize, Clone, Copy)]
pub struct Spread {
    /// Half are below.
    pub median: f64,
    /// The lowest.
    pub least: f64,
    /// The highest.
    pub most: f64,
}

impl Spread {
    /// Of at least one figure.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let (below, above) = (figures[(figures.len() - 1) / 2], figures[figures.len() / 2]);
        Self { median: f64::midpoint(below, above), least: figures[0], most: figures[figures.len() - 1] }
    }
}

impl Display for Spread {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let places = f.precision().unwrap_or(2);
        let Self { median, least, most } = self;
        let text = format!("{median:.places$} ({least:.places$} to {most:.places$})");
        write!(f, "{text:>width$}", width = f.width().unwrap_or(0))
    }
}

/// The time that so many hundredths of all stay below, in milliseconds; the times are sorted.
pub fn percentile_ms(sorted: &[Duration], hundredths: usize) -> f64 {
    let at = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
