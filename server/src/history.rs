//! Pages of a conversation's history, both ways. Knows conversations, not whether they are rooms.

use linger_api::schema;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::ids::{ConversationId, Seq};
use crate::domain::problem::Problem;
use crate::http::{HistoryPage, limit_of};
use crate::hub::{Entry, MAX_PAGE_MESSAGES, Page, Space};
use crate::store::{HistoryRange, Store, StoreError};

/// What a request for history takes: seqs, excluded themselves, and a limit.
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
    /// The part that is asked for, and how many messages of it.
    fn part(&self) -> Result<(HistoryRange, usize), Problem> {
        let range = match (self.before, self.after) {
            (None, None) => HistoryRange::Newest,
            (Some(seq @ 0..), None) => HistoryRange::Before(seq),
            (None, Some(seq @ 0..)) => HistoryRange::After(seq),
            (Some(_), Some(_)) => return Err(Problem::bad_input("Name one of before and after.")),
            _ => return Err(Problem::bad_input("before and after are seqs: 0 or more.")),
        };
        let limit = limit_of(self.limit, DEFAULT_LIMIT, MAX_PAGE_MESSAGES as i64)?;
        Ok((range, limit as usize))
    }

    /// A page of a conversation in which nothing was said yet.
    ///
    /// # Errors
    /// As for any other page.
    pub(crate) fn empty_page(&self) -> Result<HistoryPage, Problem> {
        self.part()?;
        Ok(HistoryPage { entries: Vec::new(), more: false, links: Vec::new() })
    }

    /// A page of a conversation; its links lead on from `path`.
    ///
    /// # Errors
    /// 400 for both `before` and `after`, a negative one, or a limit below 1.
    pub(crate) async fn page(
        &self,
        store: &Store,
        conversation: ConversationId,
        path: &str,
    ) -> Result<HistoryPage, Problem> {
        let (range, limit) = self.part()?;
        let newest = store.newest_seq(conversation).await?;
        let Page { entries, more } = read(store, conversation, range, &mut Space::of_page(limit)).await?;
        let limit = self.limit.map(|_| format!("&limit={limit}")).unwrap_or_default();
        let mut links = Vec::new();
        if let (Some(first), Some(last)) = (entries.first(), entries.last()) {
            if first.seq > 1 {
                links.push(("prev", format!("{path}?before={}{limit}", first.seq)));
            }
            if last.seq < newest {
                links.push(("next", format!("{path}?after={}{limit}", last.seq)));
            }
        }
        Ok(HistoryPage { entries, more, links })
    }
}

/// As much of a conversation's history as there is space for, oldest first. What does not fit is what lies
/// farthest from where the range begins.
pub(crate) async fn read(
    store: &Store,
    conversation: ConversationId,
    range: HistoryRange,
    space: &mut Space,
) -> Result<Page, StoreError> {
    let mut messages = store.list_history(conversation, range, space.messages() + 1).await?;
    let is_backward = !matches!(range, HistoryRange::After(_));
    if is_backward {
        messages.reverse();
    }
    let mut page = Page::fill(messages.iter().map(|stored| Entry::from(stored).into()), space);
    if is_backward {
        page.entries.reverse();
    }
    Ok(page)
}
