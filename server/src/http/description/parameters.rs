//! Parameters that are read by request guards, described once for all calls.

use linger_api::schema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::domain::emoji::Emoji;
use crate::domain::name::Name;
use crate::http::request::{IdempotencyKey, IfMatch};
use crate::http::response::StaticFile;

/// Returns a reference to a schema among the components.
fn word<T: ToSchema>() -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(T::name()))
}

pub(super) fn header(name: &str, schema: impl Into<RefOr<Schema>>, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// A user's name in a path.
impl IntoParams for Name {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let name = ParameterBuilder::new()
            .name("name")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The other user's name."))
            .schema(Some(word::<schema::NameToFold>()));
        vec![name.build()]
    }
}

/// The pattern of an entity tag.
const TAG: &str = r#"(W/)?"[A-Za-z0-9_-]*""#;

/// `If-None-Match` on calls that read one message.
pub(crate) struct IfNoneMatch;

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tags = ObjectBuilder::new().schema_type(Type::String).pattern(Some(&format!("^({TAG}( *, *{TAG})*|\\*)$")));
        vec![header(
            "If-None-Match",
            tags.examples(["\"1050\""]),
            "The `ETag` of an earlier answer, or a list of them. If the message has not changed since, the answer is 304.",
        )]
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tags = ObjectBuilder::new().schema_type(Type::String).pattern(Some(&format!("^({TAG}( *, *{TAG})*|\\*)$")));
        vec![header(
            "If-Match",
            tags.examples(["\"1050\""]),
            "The `ETag` of the message as the client knows it, or a list of them. If the message has changed since, the \
             answer is 412.",
        )]
    }
}

/// An emoji in a path.
impl IntoParams for Emoji {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let emoji = ParameterBuilder::new()
            .name("emoji")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("One emoji, percent-encoded."))
            .schema(Some(word::<schema::Emoji>()));
        vec![emoji.build()]
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let key = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[!-~]{1,64}$"))
            .min_length(Some(1))
            .max_length(Some(64))
            .examples(["2b8c1f5e"]);
        let description = "Makes repeated requests safe: the same user, key and payload store one message or room, even \
                           across a crash, and every answer returns it. On `/connect`, where there is no user yet, the \
                           key and the body stand for the user: they create one, and each repetition gets a token of \
                           its own. There, a key is a secret: draw it at random. Keys are kept for 25 hours.";
        vec![header(linger_api::IDEMPOTENCY_KEY, key, description)]
    }
}

impl IntoParams for StaticFile {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tags = ObjectBuilder::new().schema_type(Type::String);
        vec![header(
            "If-None-Match",
            tags,
            "The `ETag` of the client's copy. If it is still current, the answer is 304.",
        )]
    }
}

/// Returns the parameter `X-Request-Id`, which every call takes.
pub(super) fn request_id() -> Parameter {
    let id = ObjectBuilder::new().schema_type(Type::String).examples(["550e8400-e29b-41d4-a716-446655440000"]);
    let description = "An id for the request, used in the server's log and in the answer: 1 to 64 letters, digits, \
                       `-`, `_` and `.`. Any other value is replaced.";
    header("X-Request-Id", id, description)
}
