//! An answer without the parts that always differ: addresses, tokens, cursors, times and user ids.

use std::collections::BTreeMap;

use reqwest::Response;
use serde_json::{Map, Value, json};

/// The headers that are compared.
const HEADERS: [&str; 9] = [
    "content-type",
    "cache-control",
    "www-authenticate",
    "retry-after",
    "location",
    "link",
    "etag",
    "preference-applied",
    "allow",
];

/// The parts of an answer that must be the same.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    status: u16,
    headers: BTreeMap<&'static str, String>,
    /// The unchanged body of an error; empty otherwise.
    error: String,
    body: Value,
}

/// Returns the comparable part of a response, and its unchanged JSON.
pub(crate) async fn of(response: Response, base: &str) -> (Answer, Value) {
    let status = response.status().as_u16();
    let value = |name| Some((name, response.headers().get(name)?.to_str().unwrap().replace(base, "")));
    let mut headers: BTreeMap<_, _> = HEADERS.into_iter().filter_map(value).collect();
    if let Some(tag) = headers.get_mut("etag") {
        "a cursor".clone_into(tag);
    }
    let text = response.text().await.unwrap();
    let raw: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let mut body = raw.clone();
    normalize(&mut body);
    let error = if status >= 400 { text } else { String::new() };
    (Answer { status, headers, error, body }, raw)
}

fn normalize(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(normalize),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match name.as_str() {
                    "token" | "cursor" | "sent_at" | "created_at" | "started_at" | "expires_at" | "edited_at"
                    | "deleted_at" | "last_seen_at" | "url" => {
                        *field = json!(field.is_string());
                    }
                    "code" if field.is_string() => *field = json!(true),
                    _ => normalize(field),
                }
            }
            if is_user(fields) || fields.contains_key("current") {
                fields.remove("id");
            }
        }
        _ => {}
    }
}

/// Returns whether these are a user's fields. User ids differ, because a refused name may use up an id.
fn is_user(fields: &Map<String, Value>) -> bool {
    // A room has a topic, and a user who was just added perhaps a code.
    let is_added = fields.len() == 2 || fields.contains_key("code");
    let is_member = fields.contains_key("role") && !fields.contains_key("topic");
    let is_known = fields.contains_key("guest") || fields.contains_key("online");
    fields.contains_key("name") && (is_known || is_member || is_added)
}
