//! Answers of several routes. Messages are stored as JSON: their bytes are copied, not serialized again.

use std::sync::Arc;

use linger_api::Polled;
use rocket::Request;
use rocket::http::Status;
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use super::body;
use crate::app::history::History;
use crate::domain::ids::{self, UserId};
use crate::http::request::has_revision;
use crate::http::request::trace::set_recipient;
use crate::hub::{ConversationState, Event, JoinedState, Page, Reading};

/// A JSON answer with a status.
pub(crate) struct Answer<T>(pub(crate) Status, pub(crate) T);

impl<'r, T: Serialize> Responder<'r, 'static> for Answer<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        body::json(request, self.0, &self.1, &[], 0)
    }
}

/// A JSON answer with messages in it.
pub(crate) struct WithMessages<T> {
    pub(crate) status: Status,
    pub(crate) value: T,
    /// The user whom it is for.
    pub(crate) recipient: UserId,
    /// The messages in `value`, in their order there.
    pub(crate) events: Vec<Arc<Event>>,
}

impl<'r, T: Serialize> Responder<'r, 'static> for WithMessages<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        set_recipient(request, self.recipient);
        body::json(request, self.status, &self.value, &self.events, 2)
    }
}

/// A page of a list, with a link to the next one (RFC 8288).
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    /// The header `Link`, if there is a next page.
    pub(crate) next: Option<String>,
}

impl<T> Listed<T> {
    /// Returns a page of at most `limit` items; if there are more, there is a next page. `place` returns the query that
    /// goes on after an item.
    pub(crate) fn page(mut items: Vec<T>, limit: usize, path: &str, place: impl FnOnce(&T) -> String) -> Self {
        let has_more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| has_more);
        let next = last.map(|last| format!("<{path}?{}&limit={limit}>; rel=\"next\"", place(last)));
        Self { items, next }
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Listed<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Answer(Status::Ok, self.items).respond_to(request)?;
        if let Some(next) = self.next {
            response.set_raw_header("Link", next);
        }
        Ok(response)
    }
}

/// 201 and the message.
pub(crate) struct Posted(pub(crate) Arc<Event>);

impl<'r> Responder<'r, 'static> for Posted {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Answer(Status::Created, &self.0.json).respond_to(request)
    }
}

/// 200 and a message, with its revision as the entity tag.
pub(crate) struct Revised(pub(crate) Arc<Event>);

impl<'r> Responder<'r, 'static> for Revised {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Answer(Status::Ok, &self.0.json).respond_to(request)?;
        response.set_raw_header("ETag", format!("\"{}\"", self.0.revision()));
        Ok(response)
    }
}

/// The same, or 304 without a body if the request's `If-None-Match` has the message's entity tag.
pub(crate) struct Shown(pub(crate) Arc<Event>);

impl<'r> Responder<'r, 'static> for Shown {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let revision = self.0.revision();
        match request.headers().get("If-None-Match").any(|tags| has_revision(tags, revision)) {
            false => Revised(self.0).respond_to(request),
            true => Response::build().status(Status::NotModified).raw_header("ETag", format!("\"{revision}\"")).ok(),
        }
    }
}

/// 201, the absolute URI of the new resource, and the resource.
pub(crate) struct Created<T>(pub(crate) String, pub(crate) T);

impl<'r, T: Serialize> Responder<'r, 'static> for Created<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Answer(Status::Created, self.1).respond_to(request)?;
        response.set_raw_header("Location", self.0);
        Ok(response)
    }
}

/// 303 and where to go: a reference relative to the request's URL.
pub(crate) struct Elsewhere(pub(crate) String);

impl<'r> Responder<'r, 'static> for Elsewhere {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Response::build().status(Status::SeeOther).raw_header("Location", self.0).ok()
    }
}

/// The longest cursor that is also sent as an entity tag. Proxies limit the headers of an answer to as little as 4 KiB.
const MAX_TAG_BYTES: usize = 2048;

/// The messages after a cursor, with the next cursor in the body and, unless it is long, as the entity tag.
pub(crate) struct Delivered {
    pub(crate) reading: Reading,
    /// The status if there are no messages: 200, 202, or 304 without a body.
    pub(crate) when_empty: Status,
    /// The wait in seconds that applied because of `Prefer`.
    pub(crate) applied_wait: Option<u64>,
}

impl<'r> Responder<'r, 'static> for Delivered {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let status = if self.reading.is_empty() { self.when_empty } else { Status::Ok };
        let polled = answer_of(&self.reading);
        let mut response = match status {
            Status::NotModified => Response::build().status(status).finalize(),
            _ => match &self.reading.changes {
                None => body::json(request, status, &polled, &self.reading.messages, 1)?,
                Some(changes) => {
                    let events = [&self.reading.messages[..], &changes.messages].concat();
                    body::json(request, status, &polled, &events, 2)?
                }
            },
        };
        if let Some(tag) = tag_of(&polled.cursor) {
            response.set_raw_header("ETag", tag);
        }
        if let Some(seconds) = self.applied_wait {
            response.set_raw_header("Preference-Applied", format!("wait={seconds}"));
        }
        Ok(response)
    }
}

/// Returns the entity tag of a cursor, or `None` if the cursor is too long for a header.
fn tag_of(cursor: &str) -> Option<String> {
    (cursor.len() <= MAX_TAG_BYTES).then(|| format!("\"{cursor}\""))
}

/// A page of history with links to its neighbours (RFC 8288).
pub(crate) struct HistoryPage {
    /// Oldest first.
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) more: bool,
    /// Link relations with their URI references.
    links: Vec<(&'static str, String)>,
}

impl HistoryPage {
    /// Returns the page of a conversation without messages.
    pub(crate) fn empty() -> Self {
        Self { events: Vec::new(), more: false, links: Vec::new() }
    }

    /// Returns a page with links to `path`, which carry the request's limit.
    pub(crate) fn new(history: History, path: &str, limit: Option<usize>) -> Self {
        let History { page: Page { events, more }, newest } = history;
        let limit = limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
        let mut links = Vec::new();
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            if first.seq > 1 {
                links.push(("prev", format!("{path}?before={}{limit}", first.seq)));
            }
            if last.seq < newest {
                links.push(("next", format!("{path}?after={}{limit}", last.seq)));
            }
        }
        Self { events, more, links }
    }
}

impl<'r> Responder<'r, 'static> for HistoryPage {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let page = linger_api::Page { messages: as_json(&self.events), more: self.more };
        let mut response = body::json(request, Status::Ok, &page, &self.events, 1)?;
        if !self.links.is_empty() {
            let links: Vec<_> = self.links.iter().map(|(rel, uri)| format!("<{uri}>; rel=\"{rel}\"")).collect();
            response.set_raw_header("Link", links.join(", "));
        }
        Ok(response)
    }
}

/// The length of an answer without its messages and cursor.
const FRAME_BYTES: usize = r#"{"messages":[],"more":false,"cursor":""}"#.len();

/// Returns a reading's cursor, and the reading as JSON.
pub(super) fn polled(reading: &Reading) -> (String, Vec<u8>) {
    let polled = answer_of(reading);
    let changed = polled.changed.iter().flatten();
    let messages: usize = polled.messages.iter().chain(changed).map(|message| message.get().len() + 1).sum();
    let mut body = Vec::with_capacity(messages + polled.cursor.len() + FRAME_BYTES);
    serde_json::to_writer(&mut body, &polled).expect("strings, numbers, flags and what is JSON already");
    (polled.cursor, body)
}

fn answer_of(reading: &Reading) -> Polled<&RawValue> {
    let changes = reading.changes.as_ref();
    Polled {
        messages: as_json(&reading.messages),
        changed: changes.map(|changes| as_json(&changes.messages)),
        conversations: changes.map(|changes| changes.conversations.iter().map(state_of).collect()),
        more: reading.more,
        cursor: reading.cursor.to_string(),
    }
}

fn state_of(state: &ConversationState) -> linger_api::ConversationState {
    let ConversationState { room, with, erased, joined } = state;
    let mut told = linger_api::ConversationState {
        with: with.clone(),
        joined: joined.is_some(),
        erased: erased.clone(),
        ..Default::default()
    };
    if let Some(room) = room {
        told.room_id = Some(room.id);
        if let Some((name, facts)) = &room.seen {
            told.room = Some(name.clone());
            told.title.clone_from(&facts.title);
            told.topic = Some(facts.topic.clone());
            told.private = Some(facts.rules.is_private);
            told.archived = Some(facts.rules.is_archived);
            told.posting = Some(facts.rules.posting.into());
            told.role = joined.map(|joined| joined.role.into());
        }
    }
    if let Some(JoinedState { newest, last_read, .. }) = *joined {
        told.newest = Some(newest);
        told.last_read = Some(last_read);
        told.unread = Some(ids::unread(newest, last_read));
    }
    told
}

/// Returns the stored JSON of the messages.
pub(crate) fn as_json(events: &[Arc<Event>]) -> Vec<&RawValue> {
    events.iter().map(|event| &*event.json).collect()
}

#[cfg(test)]
mod tests {
    use super::tag_of;

    #[test]
    fn a_cursor_over_2_kib_is_no_entity_tag() {
        assert_eq!(tag_of("abc").as_deref(), Some("\"abc\""));
        assert!(tag_of(&"a".repeat(2048)).is_some());
        assert!(tag_of(&"a".repeat(2049)).is_none());
    }
}
