//! The part of a history that a request asks for.

use linger_api::schema;
use serde::Deserialize;
use utoipa::IntoParams;

use super::query::limit_of;
use crate::domain::ids::Seq;
use crate::domain::problem::Problem;
use crate::hub::MAX_PAGE_MESSAGES;
use crate::store::HistoryRange;

/// The query of a history call: an exclusive bound on one side, and a limit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// Returns the newest messages before this seq. Cannot be combined with `after`.
    #[param(value_type = schema::Position, required = false)]
    before: Option<Seq>,
    /// Returns the oldest messages after this seq. Cannot be combined with `before`.
    #[param(value_type = schema::Position, required = false)]
    after: Option<Seq>,
    /// Maximum number of messages. 100 by default; more than 500 counts as 500.
    #[param(minimum = 1, nullable = false)]
    limit: Option<i64>,
}

/// The maximum number of messages on a page, unless the request gives one.
const DEFAULT_LIMIT: i64 = 100;

impl HistoryQuery {
    /// Returns the range and the maximum number of messages from it.
    ///
    /// # Errors
    /// 400 if both `before` and `after` are given, if either is negative, or if the limit is below 1.
    pub(crate) fn part(&self) -> Result<(HistoryRange, usize), Problem> {
        let range = match (self.before, self.after) {
            (None, None) => HistoryRange::Newest,
            (Some(seq @ 0..), None) => HistoryRange::Before(seq),
            (None, Some(seq @ 0..)) => HistoryRange::After(seq),
            (Some(_), Some(_)) => return Err(Problem::bad_field("after", "Give only one of before and after.")),
            (Some(_), None) => return Err(Problem::bad_field("before", "before must be 0 or more.")),
            (None, Some(_)) => return Err(Problem::bad_field("after", "after must be 0 or more.")),
        };
        let limit = limit_of(self.limit, DEFAULT_LIMIT, MAX_PAGE_MESSAGES as i64)?;
        Ok((range, limit as usize))
    }

    /// Returns the request's limit, for links to the neighbouring pages, or `None` if it gave none.
    pub(crate) fn given_limit(&self) -> Option<usize> {
        self.limit.map(|limit| limit.min(MAX_PAGE_MESSAGES as i64) as usize)
    }
}
