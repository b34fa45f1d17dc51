//! A call: its description, parameters, body and answers, and how to try it.

use maud::{Markup, html};
use serde_json::Value;

use super::prose::{prose, summary};
use super::{Document, answer, curl, items, object, text};

/// Renders a path with its parameters marked.
pub(super) fn path(path: &str) -> Markup {
    html! {
        span.path {
            @for (at, segment) in path.split('/').enumerate() {
                @if at > 0 { "/" wbr; }
                @if segment.starts_with('{') { var { (segment) } } @else { (segment) }
            }
        }
    }
}

pub(super) fn article(document: Document<'_>, method: &str, at: &str, operation: &Value) -> Markup {
    let id = text(&operation["operationId"]);
    html! {
        article #(id) aria-labelledby={ (id) "-title" } {
            h3 id={ (id) "-title" } {
                span class={ "method " (method) } { (method.to_uppercase()) } " " (path(at)) " "
                a.anchor href={ "#" (id) } aria-label={ "Link to " (method.to_uppercase()) " " (at) } { "#" }
            }
            p.summary { (summary(text(&operation["summary"]))) }
            (prose(text(&operation["description"])))
            p.access { (access(document, operation)) }
            (parameters(document, operation))
            (body(document, operation))
            (answer::answers(document, operation))
            (curl::example(document, method, at, operation))
        }
    }
}

/// Renders which token the call takes.
fn access(document: Document<'_>, operation: &Value) -> Markup {
    let security = operation.get("security").unwrap_or(&document.root["security"]);
    let schemes: Vec<_> = items(security).map(|scheme| super::entries(scheme).next().map(|(name, _)| name)).collect();
    html! {
        @match &schemes[..] {
            [None] => "Requires no token.",
            [None, ..] => { code { "Authorization: Bearer TOKEN" } " is optional." },
            [Some("token")] => { "Requires " code { "Authorization: Bearer TOKEN" } "." },
            _ => { "Requires " code { "Authorization: Bearer TOKEN" } " with a token of its own." },
        }
    }
}

fn parameters(document: Document<'_>, operation: &Value) -> Markup {
    let parameters: Vec<_> = items(&operation["parameters"]).map(|parameter| document.resolve(parameter)).collect();
    // Every call takes it, so the page does not repeat it.
    let own: Vec<_> = parameters.into_iter().filter(|parameter| parameter["name"] != "X-Request-Id").collect();
    html! {
        @if !own.is_empty() {
            h4 { "Parameters" }
            dl.fields {
                @for parameter in own {
                    dt {
                        code { (text(&parameter["name"])) }
                        span.kind { (text(&parameter["in"])) " · " (object::kind(&parameter["schema"])) }
                    }
                    dd { (summary(text(&parameter["description"]))) }
                }
            }
        }
    }
}

fn body(document: Document<'_>, operation: &Value) -> Markup {
    let body = &operation["requestBody"];
    let schema = &body["content"]["application/json"]["schema"];
    html! {
        @if !schema.is_null() {
            h4 { "Body" }
            p.of { (object::kind(schema)) @if body["required"] != true { " · optional" } }
            (object::fields(document.resolve(schema)))
        }
    }
}
