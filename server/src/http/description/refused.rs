//! Refusals, as handlers name them in their attributes, and what the description says of each. Statuses and types
//! are `problem`'s. A handler names those that are its own; what every call with a body, a token or a parameter may
//! be refused for is added to all of them (`document`).

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::IntoResponses;
use utoipa::openapi::{Ref, RefOr, Response};

use crate::domain::problem::{Kind, Problem};
use crate::http::response::MEDIA_TYPE;

macro_rules! refusals {
    ($($kind:ident)*) => {$(
        #[doc = concat!("Answers that are `Kind::", stringify!($kind), "`.")]
        pub(crate) struct $kind;

        impl IntoResponses for $kind {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let (status, ..) = Kind::$kind.row();
                BTreeMap::from([(status.to_string(), RefOr::Ref(Ref::from_response_name(stringify!($kind))))])
            }
        }
    )*};
}

refusals! {
    WrongCredentials NotFound NameTaken NotJoined CannotLeaveGeneral PollSuperseded CursorReset KeyReused
    TooManyRequests Unavailable
}

/// When it happens.
pub(super) fn occasion(kind: Kind) -> &'static str {
    match kind {
        Kind::BadInput => "Something is malformed: the body, a parameter, a header, a name, a text, a cursor.",
        Kind::Unauthorized => "No token, or one that is forged, expired or signed out.",
        Kind::WrongCredentials => "A wrong password, or a guest's name with any.",
        Kind::NotFound => "No such thing; the same, byte for byte, for what exists but is not the caller's to see.",
        Kind::MethodNotAllowed => "The path takes other methods.",
        Kind::Timeout => "The body took longer than 10 seconds.",
        Kind::NameTaken => "The user's or the room's name is taken.",
        Kind::NotJoined => "The room is not joined, so there is no last-read position in it.",
        Kind::CannotLeaveGeneral => "Everybody is in `general`.",
        Kind::PollSuperseded => "This held request was the oldest of more than the session may hold.",
        Kind::CursorReset => {
            "This database never issued that cursor (it was restored, or replaced, or somebody made the cursor): \
             connect again."
        }
        Kind::TooLarge => "The body is over 16 KiB.",
        Kind::NotJson => "The body has no `Content-Type: application/json`.",
        Kind::KeyReused => "The key was used for another message.",
        Kind::TooManyRequests => "A limit was reached.",
        Kind::Internal => "The server failed; its log says why, next to the answer's `X-Request-Id`.",
        Kind::Unavailable => "The database does not answer.",
    }
}

/// The kind that a response is a reference to, if it is one.
pub(super) fn kind_of(response: &Value) -> Option<Kind> {
    let name = response["$ref"].as_str()?.strip_prefix("#/components/responses/")?;
    Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == name)
}

/// What one response is called that may be of any of these kinds.
pub(super) fn name_of(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join("Or")
}

/// The response for kinds that have one status.
pub(super) fn response(kinds: &[Kind]) -> Value {
    let schemas: Vec<_> =
        kinds.iter().map(|kind| json!({ "$ref": format!("#/components/schemas/{kind:?}") })).collect();
    let schema = if let [schema] = &schemas[..] { schema.clone() } else { json!({ "oneOf": schemas }) };
    let examples = kinds.iter().map(|kind| (format!("{kind:?}"), json!({ "value": example(*kind) })));
    let mut headers = json!({});
    match kinds[0].row().0 {
        401 => headers["WWW-Authenticate"] = reference("headers", "WWW-Authenticate"),
        405 => headers["Allow"] = reference("headers", "Allow"),
        429 | 503 => headers["Retry-After"] = reference("headers", "Retry-After"),
        _ => {}
    }
    json!({
        "description": kinds.iter().map(|kind| occasion(*kind)).collect::<Vec<_>>().join(" Or: "),
        "headers": headers,
        "content": {
            (MEDIA_TYPE): { "schema": schema, "examples": examples.collect::<serde_json::Map<_, _>>() },
        },
    })
}

/// A problem of this kind: `Problem` with its type, title and status.
pub(super) fn schema(kind: Kind) -> Value {
    let (status, uri, title) = kind.row();
    json!({
        "description": occasion(kind),
        "allOf": [
            reference("schemas", "Problem"),
            { "properties": { "type": { "enum": [uri] }, "title": { "enum": [title] }, "status": { "enum": [status] } } },
        ],
    })
}

/// A whole problem of this kind.
fn example(kind: Kind) -> Value {
    serde_json::from_str(&Problem::usual(kind).to_json()).expect("it was made of JSON")
}

pub(super) fn reference(room: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{room}/{name}") })
}
