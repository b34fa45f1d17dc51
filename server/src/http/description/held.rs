//! Held calls: the headers that they take, and their answers, one page or a stream of events.

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

/// What held calls take in headers.
pub(crate) struct Headers;

impl IntoParams for Headers {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tag = ObjectBuilder::new().schema_type(Type::String).pattern(Some(r#"^((W/)?"[A-Za-z0-9_-]*")?$"#));
        vec![
            header(
                "If-None-Match",
                tag,
                "The `ETag` of an earlier answer: the same as `cursor`, and 304 when nothing came. The parameter counts \
                 more. An empty one is no cursor.",
            ),
            header(
                "Prefer",
                ObjectBuilder::new().schema_type(Type::String).examples(["wait=10"]),
                "RFC 7240: `wait=S` is the same as the parameter `wait`, which counts more.",
            ),
            header(
                "Last-Event-ID",
                ObjectBuilder::new().schema_type(Type::String),
                "On streams: the `id` of the last event that came. Counts more than `cursor`, which stands in the \
                 address that a browser resumes.",
            ),
        ]
    }
}

/// `GET /poll`: 200, though it be with nothing.
pub(crate) struct Polled;

/// A subscription: 202 with nothing.
pub(crate) struct Subscribed;

impl IntoResponses for Polled {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let came = "What came after the cursor, oldest first; an empty list if nothing came. With `Accept: \
                    text/event-stream`, all that comes from now on.";
        answers(came)
    }
}

impl IntoResponses for Subscribed {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let came =
            "What came after the cursor, oldest first. With `Accept: text/event-stream`, all that comes from now on.";
        let mut responses = answers(came);
        let nothing = json!({
            "description": "Nothing came: an empty list and the same cursor.",
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
    // The tag is required where it is listed, and a stream has none.
    let mut headers_of_both = headers();
    headers_of_both["ETag"] = reference("headers", "Optional-Cursor");
    headers_of_both["X-Accel-Buffering"] = reference("headers", "X-Accel-Buffering");
    let page = json!({
        "description": came,
        "headers": headers_of_both,
        "content": {
            "application/json": { "schema": reference("schemas", &Page::<linger_api::Message>::name()) },
            "text/event-stream": { "schema": reference("schemas", "Events") },
        },
    });
    let nothing = json!({
        "description": "`If-None-Match` was there, and nothing came.",
        "headers": headers(),
    });
    let mut responses = BTreeMap::from([("200".to_owned(), response(page)), ("304".to_owned(), response(nothing))]);
    responses.extend(refused::PollSuperseded::responses());
    responses.extend(refused::CursorReset::responses());
    responses
}

/// The body of a stream.
pub(super) fn events() -> Value {
    json!({
        "type": "string",
        "description": "Server-sent events. An event without a name has a page as its `data`, as a poll answers it, and \
                        the page's cursor as its `id`. An `id` alone says where to resume before anything has come. An \
                        event named `problem` says why the stream ends. The comment `still here` comes every 15 \
                        seconds.",
        "examples": [concat!(
            "id: AYINDRlCZAk_FjToXKVBQA\n",
            "data: {\"messages\":[{\"id\":1042,\"seq\":17,\"room_id\":1,\"room\":\"general\",\"from\":\"alice\",",
            "\"text\":\"hi\",\"sent_at\":\"2026-11-21T10:00:00.123Z\"}],\"more\":false,",
            "\"cursor\":\"AYINDRlCZAk_FjToXKVBQA\"}\n\n",
            ": still here\n\n",
        )],
    })
}
