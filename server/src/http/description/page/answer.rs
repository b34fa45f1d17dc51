//! The answers of a call: successful ones with an example, then errors.

use maud::{Markup, html};
use serde_json::Value;

use super::example::example;
use super::prose::summary;
use super::{Document, entries, items, name_in, object, text};
use crate::http::description::headers::EVERYWHERE;

pub(super) fn answers(document: Document<'_>, operation: &Value) -> Markup {
    let mut all: Vec<_> = entries(&operation["responses"]).collect();
    all.sort_by_key(|(status, _)| *status);
    let (refusals, good): (Vec<_>, Vec<_>) = all.into_iter().partition(|(status, _)| *status >= "400");
    html! {
        h4 { "Answers" }
        dl.answers {
            @for (at, (status, response)) in good.iter().enumerate() {
                dt { span.status { (status) } }
                dd {
                    p { (summary(text(&response["description"]))) }
                    (headers(document, response))
                    @for (kind, content) in entries(&response["content"]) {
                        p.of { code { (kind) } ": " (object::kind(&content["schema"])) }
                        // One example is enough: the answers look alike.
                        @if let Some(example) = example(document, &content["schema"]).filter(|_| at == 0) {
                            pre tabindex="0" { code { (example) } }
                        }
                    }
                }
            }
        }
        details.refusals {
            summary { "Errors: " @for (status, _) in &refusals { span.status { (status) } " " } }
            ul {
                @for (status, response) in &refusals {
                    @for problem in problems(document, response) {
                        li { span.status { (status) } " " (object::problem_link(document, problem)) }
                    }
                }
            }
        }
    }
}

/// Returns the names of the problems that a response may hold.
fn problems<'a>(document: Document<'a>, response: &'a Value) -> Vec<&'a str> {
    let content = entries(&document.resolve(response)["content"]).next();
    let Some(schema) = content.map(|(_, content)| &content["schema"]) else { return Vec::new() };
    let one = schema["$ref"].as_str().into_iter();
    one.chain(items(&schema["oneOf"]).map(|schema| text(&schema["$ref"]))).map(name_in).collect()
}

fn headers(document: Document<'_>, response: &Value) -> Markup {
    let own: Vec<_> = entries(&response["headers"])
        .filter(|(name, header)| !EVERYWHERE.contains(name) || name_in(text(&header["$ref"])) != *name)
        .collect();
    html! {
        @if !own.is_empty() {
            dl.fields {
                @for (name, header) in own {
                    dt { code { (name) } span.kind { "header" } }
                    dd { (summary(text(&document.resolve(header)["description"]))) }
                }
            }
        }
    }
}
