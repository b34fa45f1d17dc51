//! Files as answers, by their types: 200 and the file, or 304.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::answers::response;
use super::refused::reference;

macro_rules! files {
    ($($name:ident is $kind:literal, $headers:expr;)*) => {$(
        #[doc = concat!("Answers of type `", $kind, "`.")]
        pub(crate) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                file($kind, $headers)
            }
        }
    )*};
}

files! {
    Html is "text/html; charset=utf-8", &PAGES;
    Script is "text/javascript; charset=utf-8", &[];
    Style is "text/css; charset=utf-8", &[];
    Json is "application/json", &[];
}

/// What pages have besides; `security` sets them.
const PAGES: [&str; 3] = ["Cross-Origin-Opener-Policy", "Permissions-Policy", "X-Frame-Options"];

fn file(kind: &str, more: &[&str]) -> BTreeMap<String, RefOr<Response>> {
    let mut headers = json!({
        "ETag": reference("headers", "File-ETag"),
        "Cache-Control": reference("headers", "File-Cache-Control"),
        "Vary": reference("headers", "Vary"),
        "Cross-Origin-Resource-Policy": reference("headers", "Cross-Origin-Resource-Policy"),
    });
    for &name in more {
        headers[name] = reference("headers", name);
    }
    let known = json!({ "description": "It is still as `If-None-Match` knows it.", "headers": headers });
    headers["Content-Encoding"] = reference("headers", "Content-Encoding");
    let schema = if kind == "application/json" { "object" } else { "string" };
    let content: Value = json!({ kind: { "schema": { "type": schema } } });
    let whole = json!({ "description": "The file.", "headers": headers, "content": content });
    BTreeMap::from([("200".to_owned(), response(whole)), ("304".to_owned(), response(known))])
}
