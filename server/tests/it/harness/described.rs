//! Checks answers against the OpenAPI document, which is taken from the code that serves it.
//!
//! Stricter than a client should be: an undocumented field or header is an error.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// The parts of an answer that are checked.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// Names and values; names are in lower case.
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    /// `None` for a stream, which is not read because it does not end.
    pub(crate) body: Option<&'a [u8]>,
}

/// The OpenAPI document.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&linger_server::openapi()).unwrap());

/// The document's components, closed to properties that they do not name.
static STRICT: LazyLock<Value> = LazyLock::new(|| {
    let mut components = DOCUMENT["components"].clone();
    close(&mut components);
    components
});

/// Headers that belong to HTTP itself and need no description.
const HTTP_HEADERS: [&str; 5] = ["connection", "content-length", "content-type", "date", "transfer-encoding"];

/// The methods that the framework knows (RFC 9110, RFC 5789).
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// Panics if the document does not describe this answer.
pub(crate) fn assert_allowed(method: &str, path: &str, answer: &Answer<'_>) {
    if let Err(violation) = check(method, path, answer) {
        let body = String::from_utf8_lossy(answer.body.unwrap_or_default());
        panic!(
            "{method} {path}: the answer is not as described: {violation}\n{} {:?}\n{body}",
            answer.status, answer.headers
        );
    }
}

/// Panics if this JSON does not match the document's schema of that name. For the events of a stream.
pub(crate) fn assert_is(schema: &str, text: &str) {
    let value: Value = serde_json::from_str(text).unwrap();
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    if let Err(error) = validator(&schema).validate(&value) {
        panic!("{error}\n{text}");
    }
}

/// Returns an error if the document does not describe this answer.
pub(crate) fn check(method: &str, path: &str, answer: &Answer<'_>) -> Result<(), String> {
    let response = match find_response(method, path, answer.status) {
        Some(response) => resolve(response),
        None => return Err(format!("{} is not described", answer.status)),
    };
    check_headers(response, answer)?;
    check_body(response, method, answer)
}

/// Returns the described response for this status. Requests that reach no call have responses of their own.
fn find_response<'a>(method: &str, path: &str, status: u16) -> Option<&'a Value> {
    let shared = |name: &str, only: u16| (status == only).then(|| &DOCUMENT["components"]["responses"][name]);
    if !METHODS.contains(&method) || !(path.starts_with('/') || path == "*") {
        return shared("Unreadable", 400);
    }
    let Some(item) = find_path(path) else { return shared("NotFound", 404) };
    let method = if method == "HEAD" { "get".to_owned() } else { method.to_lowercase() };
    match item.get(&method) {
        Some(operation) => operation["responses"].get(status.to_string()),
        None => shared("MethodNotAllowed", 405),
    }
}

/// Returns the document's path item for a request's path: of several that match, the one with the fewest parameters.
fn find_path<'a>(path: &str) -> Option<&'a Value> {
    let requested: Vec<_> = segments(path).collect();
    let parameters = |template: &str| template.matches('{').count();
    let fits = |template: &str| {
        let template: Vec<_> = segments(template).collect();
        // A file may lie in a folder.
        let has_length =
            requested.len() == template.len() || requested.len() > template.len() && template.ends_with(&["{file}"]);
        has_length && template.iter().zip(&requested).all(|(t, r)| t.starts_with('{') || t == r)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let fitting = paths.filter(|(template, _)| fits(template));
    fitting.min_by_key(|(template, _)| parameters(template)).map(|(_, item)| item)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

fn check_headers(response: &Value, answer: &Answer<'_>) -> Result<(), String> {
    let none = Map::new();
    let described = response["headers"].as_object().unwrap_or(&none);
    for (name, header) in described {
        let header = resolve(header);
        let mut values =
            answer.headers.iter().filter(|(sent, _)| name.eq_ignore_ascii_case(sent)).map(|(_, value)| *value);
        match (values.next(), values.next()) {
            (None, _) if header["required"] == true => return Err(format!("{name} is missing")),
            (None, _) => {}
            (Some(value), None) => {
                let value = json!(value);
                if let Err(error) = validator(&header["schema"]).validate(&value) {
                    return Err(format!("{name}: {error}"));
                }
            }
            (Some(_), Some(_)) => return Err(format!("{name} is sent twice")),
        }
    }
    let is_described = |name: &str| described.keys().any(|described| described.eq_ignore_ascii_case(name));
    match answer.headers.iter().find(|(name, _)| !HTTP_HEADERS.contains(name) && !is_described(name)) {
        Some((name, _)) => Err(format!("the header {name} is not described")),
        None => Ok(()),
    }
}

fn check_body(response: &Value, method: &str, answer: &Answer<'_>) -> Result<(), String> {
    let sent = answer.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, kind)| *kind);
    let Some(kinds) = response["content"].as_object() else {
        return match answer.body {
            None | Some([]) => Ok(()),
            Some(_) => Err("an undescribed body".to_owned()),
        };
    };
    let sent = sent.ok_or("there is no content type")?;
    let kind = kinds.get(sent).ok_or_else(|| format!("{sent} is not described"))?;
    let (Some(body), true) = (answer.body, method != "HEAD" && sent.ends_with("json")) else { return Ok(()) };
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let errors: Vec<_> = validator(&kind["schema"])
        .iter_errors(&body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

/// Follows a reference to a component; returns anything else unchanged.
fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.strip_prefix('#').unwrap()).unwrap(),
        None => value,
    }
}

/// Returns a validator for a schema. Each is built once and cached.
fn validator(schema: &Value) -> Arc<Validator> {
    static CACHE: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut cache = CACHE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let build = || {
        let mut schema = schema.clone();
        close(&mut schema);
        schema["components"] = STRICT.clone();
        let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        Arc::new(options.build(&schema).unwrap())
    };
    Arc::clone(cache.entry(schema.to_string()).or_insert_with(build))
}

/// Forbids properties that a schema does not name, in every object within it.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(close);
            let is_object = object.get("type").is_some_and(|kind| kind == "object");
            if is_object && object.contains_key("properties") {
                object.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
