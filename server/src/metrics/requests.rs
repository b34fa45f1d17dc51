//! Counts answers by route and status, with a slot for each pair, so that counting neither allocates nor locks.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::problem::Kind;

/// Statuses of successful answers; the others are those of problems.
const GOOD: [u16; 6] = [200, 201, 202, 204, 303, 304];

/// Stands for a missing route, as in the log.
const NO_ROUTE: (&str, &str) = ("-", "-");

/// A table: a row for each route, a column for each status.
#[derive(Debug)]
pub(super) struct Requests {
    /// Ascending.
    statuses: Vec<u16>,
    /// Ascending by route.
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    method: &'static str,
    path: String,
    /// One for each status.
    answers: Vec<AtomicU64>,
}

impl Row {
    fn route(&self) -> (&str, &str) {
        (self.method, &self.path)
    }
}

/// The number of answers of one route with one status.
pub(super) struct Answered<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: u16,
    pub(super) count: u64,
}

impl Requests {
    pub(super) fn new(routes: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let mut statuses: Vec<u16> = Kind::ALL.iter().map(|kind| kind.row().0).chain(GOOD).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let (method, path) = NO_ROUTE;
        let mut routes: Vec<_> = routes.into_iter().chain([(method, path.to_owned())]).collect();
        routes.sort_unstable();
        let answers = || statuses.iter().map(|_| AtomicU64::new(0)).collect();
        let rows = routes.into_iter().map(|(method, path)| Row { method, path, answers: answers() }).collect();
        Self { statuses, rows }
    }

    /// Counts an answer. Every route and status has a slot; one without would not be counted.
    pub(super) fn count(&self, route: Option<(&str, &str)>, status: u16) {
        let row = self.rows.binary_search_by(|row| row.route().cmp(&route.unwrap_or(NO_ROUTE)));
        if let (Ok(row), Ok(column)) = (row, self.statuses.binary_search(&status)) {
            self.rows[row].answers[column].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns the pairs that have been answered at least once; most never are.
    pub(super) fn answered(&self) -> impl Iterator<Item = Answered<'_>> {
        self.rows.iter().flat_map(|row| {
            let counts = row.answers.iter().map(|count| count.load(Ordering::Relaxed));
            self.statuses.iter().zip(counts).filter(|(_, count)| *count > 0).map(|(&status, count)| Answered {
                method: row.method,
                path: &row.path,
                status,
                count,
            })
        })
    }
}
