//! Headers of answers, each described once. A required header is on every answer that lists it.

use serde_json::{Map, Value, json};

use super::refused::reference;

/// Headers of every answer.
pub(super) const EVERYWHERE: [&str; 5] =
    ["X-Request-Id", "Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"];

/// Returns each header's name, whether it is required, its schema and its description.
#[rustfmt::skip]
fn rows() -> Vec<(&'static str, bool, Value, &'static str)> {
    let string = || json!({ "type": "string" });
    let always = |value: &str| json!({ "type": "string", "enum": [value] });
    vec![
        ("X-Request-Id", true, json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
            "The request's id in the server's log: the request's own `X-Request-Id`, or a generated one."),
        ("Cache-Control", true, always("no-store"), "Answers must not be cached, except for files."),
        ("Content-Security-Policy", true, string(), "What a browser may load and do with the answer."),
        ("Referrer-Policy", true, always("no-referrer"), "Links in the answer send no `Referer`."),
        ("X-Content-Type-Options", true, always("nosniff"), "Browsers must not guess another content type."),
        ("WWW-Authenticate", true, always("Bearer"), "RFC 6750: a bearer token is required."),
        ("Allow", true, string(), "The methods that the path accepts."),
        ("Retry-After", true, json!({ "type": "string", "pattern": "^[1-9][0-9]*$" }), "Seconds to wait before trying again."),
        ("Location", true, json!({ "type": "string", "format": "uri" }), "The absolute URI of the new resource."),
        ("Relative-Location", true, json!({ "type": "string", "format": "uri-reference" }),
            "Where to go, relative to the request's URL."),
        ("Link", false, string(), "RFC 8288: the pages before (`prev`) and after (`next`) this one."),
        ("Cursor", false, json!({ "type": "string", "pattern": "^\"[A-Za-z0-9_-]+\"$" }),
            "The answer's cursor in quotes. Send it back as `If-None-Match`, or without the quotes as `cursor`. Streams \
             have none, and a cursor over 2 KiB is in the body only."),
        ("Message-ETag", true, json!({ "type": "string", "pattern": "^\"[0-9]+\"$" }),
            "The message's revision, or its id if it was never changed. Send it back as `If-Match` to change only this."),
        ("Preference-Applied", false, json!({ "type": "string", "pattern": "^wait=[0-9]+$" }),
            "RFC 7240: the wait in seconds that applied because of `Prefer`."),
        ("X-Accel-Buffering", false, always("no"), "On streams: tells proxies not to buffer events."),
        ("Held-Cache-Control", true, json!({ "type": "string", "enum": ["no-store", "no-store, no-transform"] }),
            "Answers must not be cached. Proxies must not change streams either, as they would by compressing them."),
        ("File-ETag", true, json!({ "type": "string", "pattern": "^\"[0-9a-f]{32}(-gzip)?\"$" }),
            "The version of the file. Send it back as `If-None-Match`."),
        ("File-Cache-Control", true, always("no-cache"), "Caches must revalidate the file before each use."),
        ("Page-File-Cache-Control", true,
            json!({ "type": "string", "enum": ["public, max-age=31536000, immutable", "no-store"] }),
            "Caches may keep the file: each version has its own URL. `no-store` if it is not the requested version."),
        ("Vary", true, always("Accept-Encoding"), "The answer depends on `Accept-Encoding`."),
        ("Content-Encoding", false, always("gzip"), "Present if `Accept-Encoding` prefers gzip."),
        ("Cross-Origin-Resource-Policy", true, always("same-origin"), "Other sites cannot load the file."),
        ("Cross-Origin-Opener-Policy", true, always("same-origin"), "Windows of other sites cannot access the page."),
        ("Permissions-Policy", true, string(), "Browser features that the page does not use."),
        ("X-Frame-Options", true, always("DENY"), "The page cannot be shown in a frame."),
    ]
}

/// Returns the headers as components of the document.
pub(super) fn components() -> Value {
    let components = rows().into_iter().map(|(name, required, schema, description)| {
        (name.to_owned(), json!({ "description": description, "required": required, "schema": schema }))
    });
    Value::Object(components.collect::<Map<_, _>>())
}

/// Adds the headers that every answer has, unless the response describes them otherwise.
pub(super) fn add_everywhere(response: &mut Value) {
    for name in EVERYWHERE {
        let headers = response["headers"].as_object_mut();
        match headers {
            Some(headers) => {
                headers.entry(name).or_insert_with(|| reference("headers", name));
            }
            None => response["headers"] = json!({ name: reference("headers", name) }),
        }
    }
}
