//! Files as answers, by their types: 200 with the file, or 304.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::answers::response;
use super::refused::reference;

macro_rules! files {
    ($($name:ident is $kinds:expr, $headers:expr, $caching:expr;)*) => {$(
        #[doc = concat!("Answers that are files: `", stringify!($name), "`.")]
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                file(&$kinds, &$headers, $caching)
            }
        }
    )*};
}

files! {
    Html is ["text/html; charset=utf-8"], PAGES, REVALIDATED;
    PageFile is ["text/javascript; charset=utf-8", STYLE], [], "Page-File-Cache-Control";
    Style is [STYLE], [], REVALIDATED;
    Json is ["application/json"], [], REVALIDATED;
}

/// Copies are revalidated before each use, by their `ETag`.
const REVALIDATED: &str = "File-Cache-Control";

const STYLE: &str = "text/css; charset=utf-8";

/// The headers that only HTML has; `security` sets them.
const PAGES: [&str; 3] = ["Cross-Origin-Opener-Policy", "Permissions-Policy", "X-Frame-Options"];

fn file(kinds: &[&str], more: &[&str], caching: &str) -> BTreeMap<String, RefOr<Response>> {
    let mut headers = json!({
        "Cache-Control": reference("headers", caching),
        "Vary": reference("headers", "Vary"),
        "Cross-Origin-Resource-Policy": reference("headers", "Cross-Origin-Resource-Policy"),
    });
    for &name in more {
        headers[name] = reference("headers", name);
    }
    let is_revalidated = caching == REVALIDATED;
    if is_revalidated {
        headers["ETag"] = reference("headers", "File-ETag");
    }
    let known = json!({ "description": "The file is still the one that `If-None-Match` names.", "headers": headers });
    headers["Content-Encoding"] = reference("headers", "Content-Encoding");
    let schema_of = |kind| if kind == "application/json" { "object" } else { "string" };
    let content = kinds.iter().map(|&kind| (kind.to_owned(), json!({ "schema": { "type": schema_of(kind) } })));
    let content = Value::Object(content.collect());
    let whole = json!({ "description": "The file.", "headers": headers, "content": content });
    let mut responses = BTreeMap::from([("200".to_owned(), response(whole))]);
    if is_revalidated {
        responses.insert("304".to_owned(), response(known));
    }
    responses
}
