//! Refusals, as handlers name them in their attributes, and their descriptions. Statuses and types come from
//! `domain::problem`. A handler names only its own refusals; `document` adds those that follow from a body, a token or
//! a parameter.

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
    WrongCredentials WrongPassword Forbidden ReadOnly NotFound MessageDeleted ChangedMeanwhile NameTaken LastAdmin
    NotJoined PollSuperseded CursorReset KeyReused
    TooManyRequests Unavailable
}

/// Returns when this problem occurs.
pub(super) fn occasion(kind: Kind) -> &'static str {
    match kind {
        Kind::BadInput => "Something is malformed: the body, a parameter, a header, a name, a text or a cursor.",
        Kind::Unauthorized => "The token is missing, forged, expired or signed out.",
        Kind::WrongCredentials => {
            "The password is wrong, the name is a guest's, or the name is free and the caller may not make an account: see \
             `registration` in `GET /server`. Or `create` is false and the name is free. \
             A wrong password in a call of the signed-in user's own is 403, as `WrongPassword` describes."
        }
        Kind::WrongPassword => {
            "The password that a call of the signed-in user's own account needs is wrong. The session goes on."
        }
        Kind::Forbidden => {
            "The caller may not do that to what it sees. Or a page of another site made the request, and the setting \
             `allowed_origins` does not list it."
        }
        Kind::GuestsNotAllowed => "The server admits no guests, or only guests with an invitation: see `GET /server`.",
        Kind::CodeNotValid => {
            "The code is unknown, used up, expired or revoked, or it is of another kind than the request needs. All are \
             answered alike."
        }
        Kind::AccountDisabled => "The password is right, but an administrator has disabled the account.",
        Kind::ReadOnly => {
            "The caller may read the room, but not post in it: by its `posting`, as a reader, or because it is archived."
        }
        Kind::NotFound => "Not found. What the caller may not see is answered the same, byte for byte.",
        Kind::MethodNotAllowed => "The path does not accept this method.",
        Kind::Timeout => "The body took longer than 10 seconds to arrive.",
        Kind::NameTaken => "The name of the user or room is taken.",
        Kind::NotJoined => "The caller has not joined the room, so there is no last-read position in it.",
        Kind::LastAdmin => "No other administrator could sign in then.",
        Kind::CannotLeaveGeneral => "Nobody can leave `general`.",
        Kind::LastOwner => "The user is the last owner of the room. Another member has to become an owner first.",
        Kind::MessageDeleted => "The message is deleted.",
        Kind::TooManyReactions => "The message has 12 kinds of reactions, and this would be another.",
        Kind::PollSuperseded => "The session held more requests than it may, and this was the oldest.",
        Kind::CursorReset => {
            "This database never issued the cursor: the database was restored or replaced, or the cursor was made up. \
             Connect again."
        }
        Kind::ChangedMeanwhile => "The message has changed since the revision in `If-Match`.",
        Kind::TooLarge => "The body is longer than 64 KiB.",
        Kind::NotJson => "The body is not sent as `Content-Type: application/json`.",
        Kind::MisdirectedHost => {
            "The `Host` is not a name of this server: see the setting `allowed_hosts`. Checked if that is set, or if the \
             server is bound to a loopback address without `ip_header`."
        }
        Kind::KeyReused => "The idempotency key was used for something else.",
        Kind::TooManyRequests => "A rate limit was exceeded.",
        Kind::Internal => "The server failed. Its log has the cause, next to the answer's `X-Request-Id`.",
        Kind::Unavailable => {
            "The database is unavailable, too many sign-ins wait, too many large answers are on their way, or the \
             server's clock is wrong. Retry: the session goes on."
        }
    }
}

/// Answers with one status that may be of any of these kinds.
macro_rules! refusals_of_one_status {
    ($($name:ident: $($kind:ident)+;)*) => {$(
        #[doc = concat!("Answers that are any of ", stringify!($($kind)+), ".")]
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                let kinds = [$(Kind::$kind),+];
                let (status, ..) = kinds[0].row();
                BTreeMap::from([(status.to_string(), RefOr::Ref(Ref::from_response_name(name_of(&kinds))))])
            }
        }
    )*};
}

refusals_of_one_status! {
    CannotReact: MessageDeleted TooManyReactions;
    CannotEdit: Forbidden ReadOnly;
    CannotLeave: CannotLeaveGeneral LastOwner;
    NotLetIn: GuestsNotAllowed CodeNotValid AccountDisabled;
}

/// Returns the kinds that a response refers to. There are none if it is not a reference to a refusal.
pub(super) fn kinds_of(response: &Value) -> Vec<Kind> {
    let name = response["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/responses/"));
    let named = |name: &str| Kind::ALL.into_iter().find(|kind| format!("{kind:?}") == name);
    name.into_iter().flat_map(|name| name.split("Or")).filter_map(named).collect()
}

/// Returns the name of the response that stands for any of these kinds.
pub(super) fn name_of(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join("Or")
}

/// Returns the response for kinds that share a status.
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

/// Returns the schema of this kind: `Problem` with its type, title and status.
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

/// Returns an example of this kind.
fn example(kind: Kind) -> Value {
    serde_json::from_str(&Problem::usual(kind).to_json()).expect("it was made of JSON")
}

pub(super) fn reference(room: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{room}/{name}") })
}
