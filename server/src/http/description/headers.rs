//! Headers of answers, each described once. What is required here is on every answer that lists it.

use serde_json::{Map, Value, json};

use super::refused::reference;

/// On every answer, whatever it is.
pub(super) const EVERYWHERE: [&str; 5] =
    ["X-Request-Id", "Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"];

/// Name, whether it is always there, its schema, what it is for.
#[rustfmt::skip]
fn rows() -> Vec<(&'static str, bool, Value, &'static str)> {
    let string = || json!({ "type": "string" });
    let always = |value: &str| json!({ "type": "string", "enum": [value] });
    vec![
        ("X-Request-Id", true, json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }),
            "Under which the log knows the request: its own `X-Request-Id`, or one that was made up."),
        ("Cache-Control", true, always("no-store"), "No answer can be kept, but for files."),
        ("Content-Security-Policy", true, string(), "What a browser may do with the answer."),
        ("Referrer-Policy", true, always("no-referrer"), "Links from here do not tell where they were."),
        ("X-Content-Type-Options", true, always("nosniff"), "The content type means what it says."),
        ("WWW-Authenticate", true, always("Bearer"), "RFC 6750: show a token."),
        ("Allow", true, string(), "The methods that the path takes."),
        ("Retry-After", true, json!({ "type": "string", "pattern": "^[1-9][0-9]*$" }), "Seconds until it is worth trying again."),
        ("Location", true, json!({ "type": "string", "format": "uri" }), "The absolute URI of what was made."),
        ("Link", false, string(), "RFC 8288: where to find the pages before (`prev`) and after (`next`) this one."),
        ("Cursor", true, json!({ "type": "string", "pattern": "^\"[A-Za-z0-9_-]+\"$" }),
            "The answer's cursor in quotes: give it back as `If-None-Match`, or without the quotes as `cursor`."),
        ("Optional-Cursor", false, json!({ "type": "string", "pattern": "^\"[A-Za-z0-9_-]+\"$" }),
            "The answer's cursor in quotes, for `If-None-Match`; a stream has none."),
        ("Preference-Applied", false, json!({ "type": "string", "pattern": "^wait=[0-9]+$" }),
            "RFC 7240: how long `Prefer` made the request wait at most."),
        ("X-Accel-Buffering", false, always("no"), "On streams: proxies pass each event on as it comes."),
        ("File-ETag", true, json!({ "type": "string", "pattern": "^\"[0-9a-f]{32}(-gzip)?\"$" }),
            "The version of the file: give it back as `If-None-Match`."),
        ("File-Cache-Control", true, always("no-cache"), "Keep it, and ask each time whether it is still the newest."),
        ("Page-File-Cache-Control", true,
            json!({ "type": "string", "enum": ["public, max-age=31536000, immutable", "no-store"] }),
            "Keep it for good; another version has another address. `no-store` if this is not the version asked for."),
        ("Vary", true, always("Accept-Encoding"), "There is one for each encoding."),
        ("Content-Encoding", false, always("gzip"), "If `Accept-Encoding` prefers it."),
        ("Cross-Origin-Resource-Policy", true, always("same-origin"), "Other sites do not load it."),
        ("Cross-Origin-Opener-Policy", true, always("same-origin"), "Other sites do not reach into the page."),
        ("Permissions-Policy", true, string(), "What the page does not need."),
        ("X-Frame-Options", true, always("DENY"), "Nobody shows the page in a frame."),
    ]
}

/// The headers as components of the document.
pub(super) fn components() -> Value {
    let components = rows().into_iter().map(|(name, required, schema, description)| {
        (name.to_owned(), json!({ "description": description, "required": required, "schema": schema }))
    });
    Value::Object(components.collect::<Map<_, _>>())
}

/// Adds those headers that every answer has to one that says nothing else of them.
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
