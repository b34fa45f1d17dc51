//! How to try a call in a shell.

use maud::{Markup, html};
use serde_json::Value;

use super::example::example as example_of;
use super::{Document, items, text};

/// Renders the commands that all others depend on.
pub(super) fn introduction() -> Markup {
    html! {
        p { "To try the calls in a shell, first set the server's address and sign in. Then run any command below." }
        pre tabindex="0" {
            code {
                "LINGER=http://127.0.0.1:8000\n"
                "TOKEN=$(curl -s -X POST $LINGER/connect | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')"
            }
        }
    }
}

pub(super) fn example(document: Document<'_>, method: &str, path: &str, operation: &Value) -> Markup {
    let line = line(document, method, path, operation);
    let streams = !operation["responses"]["200"]["content"]["text/event-stream"].is_null();
    html! {
        h4 { "Try it" }
        pre.curl tabindex="0" { code { (line) } }
        @if streams {
            pre.curl.stream tabindex="0" { code { (line.replacen("curl -s", "curl -sN -H 'Accept: text/event-stream'", 1)) } }
        }
    }
}

/// Returns the command for a call. Its parts need no quoting: the description's examples contain no single quotes.
fn line(document: Document<'_>, method: &str, path: &str, operation: &Value) -> String {
    let mut line = "curl -s".to_owned();
    match operation.get("security").unwrap_or(&document.root["security"])[0].as_object() {
        Some(schemes) if schemes.contains_key("token") => line.push_str(" -H \"Authorization: Bearer $TOKEN\""),
        Some(schemes) if !schemes.is_empty() => line.push_str(" -H \"Authorization: Bearer $METRICS_TOKEN\""),
        _ => {}
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if let Some(body) = example_of(document, schema) {
        line.push_str(&format!(" -H 'Content-Type: application/json' -d '{body}'"));
    }
    // A body makes it POST.
    if !matches!((method, schema.is_null()), ("get", _) | ("post", false)) {
        line.push_str(&format!(" -X {}", method.to_uppercase()));
    }
    let mut url = path.to_owned();
    for parameter in items(&operation["parameters"]).map(|parameter| document.resolve(parameter)) {
        let name = text(&parameter["name"]);
        let example = parameter["example"].as_str().unwrap_or(match name {
            "id" | "seq" => "1",
            "emoji" => "%F0%9F%91%8D",
            _ => "bob",
        });
        url = url.replace(&format!("{{{name}}}"), example);
    }
    format!("{line} $LINGER{url}")
}
