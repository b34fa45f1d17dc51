//! Summaries of many figures.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use serde::Serialize;

/// The median of some figures, and their range.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// Summarizes at least one figure.
    pub(crate) fn of(figures: impl IntoIterator<Item = f64>) -> Self {
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

/// Returns the time in milliseconds that this percentage of the sorted times stays below.
pub(crate) fn percentile_ms(sorted: &[Duration], hundredths: usize) -> f64 {
    let at = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// Percentiles of a duration in milliseconds.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct Percentiles {
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Percentiles {
    /// Summarizes sorted times.
    pub(crate) fn of(sorted: &[Duration]) -> Self {
        let percentile = |hundredths| percentile_ms(sorted, hundredths);
        Self { p50_ms: percentile(50), p99_ms: percentile(99), max_ms: percentile(100) }
    }
}

impl Display for Percentiles {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:8.2} {:8.2} {:8.2}", self.p50_ms, self.p99_ms, self.max_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_time_that_this_share_stays_below() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!([50, 99, 100].map(|hundredths| percentile_ms(&times, hundredths)), [101.0, 199.0, 200.0]);
        assert_eq!(percentile_ms(&times[..1], 99), 1.0);
        assert_eq!(percentile_ms(&[], 50), 0.0);
    }

    #[test]
    fn the_median_of_an_even_number_is_the_mean_of_the_middle_two() {
        let Spread { median, least, most } = Spread::of([4.0, 1.0, 3.0, 2.0]);
        assert_eq!((median, least, most), (2.5, 1.0, 4.0));
        assert_eq!(Spread::of([7.0]).median, 7.0);
    }
}
