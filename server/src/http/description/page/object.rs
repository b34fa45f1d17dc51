//! Objects, values and problems, each described once, so that calls can link to them.

use maud::{Markup, html};
use serde_json::Value;

use super::example::example;
use super::prose::{prose, summary};
use super::{Document, entries, items, name_in, text};
use crate::http::response::MEDIA_TYPE;

/// Renders a value's type, in a few words or as a link.
pub(super) fn kind(schema: &Value) -> Markup {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = name_in(reference);
        return html! { a href={ "#object-" (name) } { (name) } };
    }
    if let Some(one) = items(&schema["oneOf"]).next() {
        return html! { (kind(one)) " or null" };
    }
    if let Some(of) = schema.get("items") {
        return html! { "list of " (kind(of)) };
    }
    let names: Vec<_> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect(),
        kind => vec![text(kind)],
    };
    html! { (names.join(" or ")) @if let Some(range) = range(schema) { ", " (range) } }
}

/// Returns the allowed range of a number or the length of a text, or `None` if the schema has no bounds.
fn range(schema: &Value) -> Option<String> {
    let bounds = |least: &str, most: &str, unit: &str| match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{unit}")),
        (Some(least), None) => Some(format!("{least}{unit} or more")),
        (None, Some(most)) => Some(format!("at most {most}{unit}")),
        (None, None) => None,
    };
    bounds("minimum", "maximum", "").or_else(|| bounds("minLength", "maxLength", " characters"))
}

/// Renders the properties of an object.
pub(super) fn fields(schema: &Value) -> Markup {
    let required: Vec<_> = items(&schema["required"]).map(text).collect();
    html! {
        dl.fields {
            @for (name, property) in entries(&schema["properties"]) {
                dt {
                    code { (name) }
                    span.kind {
                        (kind(property))
                        @if !required.contains(&name) { " · optional" }
                    }
                }
                dd { (summary(description(property))) }
            }
        }
    }
}

/// Returns a property's description; for a nullable property, the description of its other type.
fn description(property: &Value) -> &str {
    let own = property.get("description").or_else(|| property["oneOf"][0].get("description"));
    own.map(text).unwrap_or_default()
}

fn is_problem(schema: &Value) -> bool {
    !schema["allOf"].is_null()
}

pub(super) fn problem_link(document: Document<'_>, name: &str) -> Markup {
    let schema = &document.root["components"]["schemas"][name];
    html! {
        a href={ "#object-" (name) } { code { (text(&schema["allOf"][1]["properties"]["type"]["enum"][0])) } }
        " " (summary(text(&schema["description"])))
    }
}

pub(super) fn problems(document: Document<'_>) -> Markup {
    let mut problems: Vec<_> = document.schemas().filter(|(_, schema)| is_problem(schema)).collect();
    let said = |schema: &Value, name: &str| schema["allOf"][1]["properties"][name]["enum"][0].clone();
    problems.sort_by_key(|(_, schema)| said(schema, "status").as_u64());
    html! {
        section aria-labelledby="problems" {
            h2 #problems { "Problems" }
            p.lead { "Every error is one of these, as " code { (MEDIA_TYPE) } "." }
            dl.answers {
                @for (name, schema) in problems {
                    dt id={ "object-" (name) } { span.status { (said(schema, "status")) } }
                    dd {
                        p { code { (text(&said(schema, "type"))) } " " (text(&said(schema, "title"))) }
                        p { (summary(text(&schema["description"]))) }
                    }
                }
            }
        }
    }
}

pub(super) fn objects(document: Document<'_>) -> Markup {
    html! {
        section aria-labelledby="objects" {
            h2 #objects { "Objects" }
            p.lead { "The JSON objects of requests and answers." }
            @for (name, schema) in document.schemas().filter(|(_, schema)| schema["type"] == "object") {
                article id={ "object-" (name) } aria-labelledby={ "object-" (name) "-title" } {
                    h3 id={ "object-" (name) "-title" } {
                        (name) " " a.anchor href={ "#object-" (name) } aria-label={ "Link to " (name) } { "#" }
                    }
                    (prose(text(&schema["description"])))
                    (fields(schema))
                    @if let Some(text) = example(document, schema) { pre tabindex="0" { code { (text) } } }
                }
            }
        }
    }
}

pub(super) fn values(document: Document<'_>) -> Markup {
    let values = document.schemas().filter(|(_, schema)| !is_problem(schema) && schema["type"] != "object");
    html! {
        section aria-labelledby="values" {
            h2 #values { "Values" }
            p.lead { "The formats of strings and numbers." }
            dl.values {
                @for (name, schema) in values {
                    dt id={ "object-" (name) } { (name) span.kind { (text(&schema["type"])) @if let Some(range) = range(schema) { ", " (range) } } }
                    dd {
                        (prose(text(&schema["description"])))
                        @if let Some(pattern) = schema["pattern"].as_str() { p.of { "Pattern: " code { (pattern) } } }
                        @if let Some(text) = example(document, schema) { pre tabindex="0" { code { (text) } } }
                    }
                }
            }
        }
    }
}
