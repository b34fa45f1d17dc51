//! Held calls: their request headers, and their answers, which are one page or a stream of events.

use std::collections::BTreeMap;

use linger_api::Polled as Page;
use serde_json::{Value, json};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoParams, IntoResponses, ToSchema};

use super::answers::response;
use super::parameters::header;
use super::refused::{self, reference};

/// The request headers of held calls.
pub(crate) struct Headers;

impl IntoParams for Headers {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tag = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r#"^((W/)?"[A-Za-z0-9_-]*"|\*)?$"#));
        vec![
            header(
                "If-None-Match",
                tag,
                "The `ETag` of an earlier answer. Works like `cursor`, and an answer without messages is then 304. The \
                 parameter takes precedence. `*` and an empty value are no cursor. A weak form, a suffix that a proxy \
                 added, as in `\"CURSOR-gzip\"`, and a list are understood.",
            ),
            header(
                "Prefer",
                ObjectBuilder::new().schema_type(Type::String).examples(["wait=10"]),
                "RFC 7240: `wait=S` works like the parameter `wait`, which takes precedence.",
            ),
            header(
                "Last-Event-ID",
                ObjectBuilder::new().schema_type(Type::String),
                "On streams: the `id` of the last event received. Takes precedence over `cursor`, which is still in \
                 the URL when a browser resumes.",
            ),
        ]
    }
}

/// Answers of `GET /poll`: 200 also without messages.
pub(crate) struct Polled;

/// Answers of subscriptions: 202 without messages.
pub(crate) struct Subscribed;

impl IntoResponses for Polled {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let came = "The messages after the cursor, oldest first; an empty list if there are none. With `Accept: \
                    text/event-stream`, a stream of these and all later messages.";
        answers(came)
    }
}

impl IntoResponses for Subscribed {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let came = "The messages after the cursor, oldest first. With `Accept: text/event-stream`, a stream of these \
                    and all later messages.";
        let mut responses = answers(came);
        let nothing = json!({
            "description": "No messages: an empty list and the same cursor.",
            "headers": headers(),
            "content": { "application/json": { "schema": reference("schemas", &Page::<linger_api::Message>::name()) } },
        });
        responses.insert("202".to_owned(), response(nothing));
        responses
    }
}

fn headers() -> Value {
    json!({ "ETag": reference("headers", "Cursor"), "Preference-Applied": reference("headers", "Preference-Applied") })
}

fn answers(came: &str) -> BTreeMap<String, RefOr<Response>> {
    let mut headers_of_both = headers();
    headers_of_both["X-Accel-Buffering"] = reference("headers", "X-Accel-Buffering");
    headers_of_both["Cache-Control"] = reference("headers", "Held-Cache-Control");
    let page = json!({
        "description": came,
        "headers": headers_of_both,
        "content": {
            "application/json": { "schema": reference("schemas", &Page::<linger_api::Message>::name()) },
            "text/event-stream": { "schema": reference("schemas", "Events") },
        },
    });
    let nothing = json!({
        "description": "`If-None-Match` was sent, and there are no messages.",
        "headers": headers(),
    });
    let mut responses = BTreeMap::from([("200".to_owned(), response(page)), ("304".to_owned(), response(nothing))]);
    responses.extend(refused::PollSuperseded::responses());
    responses.extend(refused::CursorReset::responses());
    responses
}

/// Returns the schema of a stream's body.
pub(super) fn events() -> Value {
    json!({
        "type": "string",
        "description": "Server-sent events. The `data` of an unnamed event is a page, as returned by a poll, and its \
                        `id` is the page's cursor. An `id` without data marks where to resume before the first \
                        messages. An event named `problem` gives the reason why the stream ends. The comment \
                        `still here` is sent after 15 seconds of silence.",
        "examples": [concat!(
            "id: AYINDRlCZAk_FjToXKVBQA\n",
            "data: {\"messages\":[{\"id\":1042,\"seq\":17,\"room_id\":1,\"room\":\"general\",\"from\":\"alice\",",
            "\"text\":\"hi\",\"sent_at\":\"2026-11-21T10:00:00.123Z\"}],\"more\":false,",
            "\"cursor\":\"AYINDRlCZAk_FjToXKVBQA\"}\n\n",
            ": still here\n\n",
        )],
    })
}
