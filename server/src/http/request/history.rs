//! Which part of a history a request asks for.

use linger_api::schema;
use serde::Deserialize;
use utoipa::IntoParams;

use super::query::limit_of;
use crate::domain::ids::Seq;
use crate::domain::problem::Problem;
use crate::hub::MAX_PAGE_MESSAGES;
use crate::store::HistoryRange;

/// The seqs around the page, both exclusive, and a limit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Only messages before this seq, the newest of them. Not together with `after`.
    #[param(value_type = schema::Position, required = false)]
    before: Option<Seq>,
    /// Only messages after this seq, the oldest of them. Not together with `before`.
    #[param(value_type = schema::Position, required = false)]
    after: Option<Seq>,
    /// How many at most, 100 unless given; more than 500 is 500.
    #[param(minimum = 1, nullable = false)]
    limit: Option<i64>,
}

/// Messages on a page, unless the request says otherwise.
const DEFAULT_LIMIT: i64 = 100;

impl HistoryQuery {
    /// Returns the range, and the most messages of it that the page may hold.
    ///
    /// # Errors
    /// 400 for both `before` and `after`, a negative one, or a limit below 1.
    pub(crate) fn part(&self) -> Result<(HistoryRange, usize), Problem> {
        let range = match (self.before, self.after) {
            (None, None) => HistoryRange::Newest,
            (Some(seq @ 0..), None) => HistoryRange::Before(seq),
            (None, Some(seq @ 0..)) => HistoryRange::After(seq),
            (Some(_), Some(_)) => return Err(Problem::bad_input("Give only one of before and after.")),
            _ => return Err(Problem::bad_input("before and after are seqs: 0 or more.")),
        };
        let limit = limit_of(self.limit, DEFAULT_LIMIT, MAX_PAGE_MESSAGES as i64)?;
        Ok((range, limit as usize))
    }

    /// Returns the limit that the request gave, for links to the neighbouring pages.
    pub(crate) fn given_limit(&self) -> Option<usize> {
        self.limit.map(|limit| limit.min(MAX_PAGE_MESSAGES as i64) as usize)
    }
}
