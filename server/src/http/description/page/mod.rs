//! The page that shows the description: HTML generated from the document, without a script. Knows the document's form,
//! not its content.

mod answer;
mod call;
mod curl;
mod example;
mod object;
mod prose;

use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use prose::{prose, summary};

/// The page's style sheet.
pub(super) const STYLE: &str = include_str!("style.css");

/// The document, as the parts of the page read it.
#[derive(Clone, Copy)]
struct Document<'a> {
    root: &'a Value,
}

impl<'a> Document<'a> {
    /// Returns what a reference refers to, or the value itself if it is not a reference.
    fn resolve(self, value: &'a Value) -> &'a Value {
        let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        pointer.map_or(value, |pointer| self.root.pointer(pointer).unwrap_or(value))
    }

    /// Returns the method, path and operation of each call with this tag.
    fn calls(self, tag: &'a Value) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
        let calls = entries(&self.root["paths"]);
        let calls = calls.flat_map(|(path, item)| entries(item).map(move |(method, call)| (method, path, call)));
        calls.filter(move |(.., call)| call["tags"][0] == tag["name"])
    }

    fn tags(self) -> impl Iterator<Item = &'a Value> {
        items(&self.root["tags"])
    }

    fn schemas(self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        entries(&self.root["components"]["schemas"])
    }
}

/// Returns the text in a value, or an empty string if it holds none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (&**name, value))
}

/// Returns what follows the last slash of a reference.
fn name_in(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

/// Renders the whole page.
pub(super) fn render(root: &Value) -> String {
    let document = Document { root };
    let info = &root["info"];
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (text(&info["title"])) " · HTTP API" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="docs.css";
            }
            body {
                a.skip href="#content" { "Skip to content" }
                header {
                    p.title { a href="#content" { (text(&info["title"])) } " " span { (text(&info["version"])) } }
                    nav.wide aria-label="Contents" { (contents(document)) }
                    // The contents again, folded, for screens too narrow to show them beside the text.
                    nav.narrow aria-label="Contents" { details { summary { "Contents" } (contents(document)) } }
                }
                main #content {
                    h1 { "HTTP API" }
                    p.lead { (text(&info["summary"])) }
                    (prose(text(&info["description"])))
                    p {
                        "The same as an OpenAPI 3.1 document: " a href="openapi.json" { "openapi.json" } "."
                    }
                    (curl::introduction())
                    @for tag in document.tags() { (section(document, tag)) }
                    (object::problems(document))
                    (object::objects(document))
                    (object::values(document))
                }
            }
        }
    };
    page.into_string()
}

/// Renders the table of contents.
fn contents(document: Document<'_>) -> Markup {
    html! {
        @for tag in document.tags() {
            p { (text(&tag["name"])) }
            ul {
                @for (method, path, operation) in document.calls(tag) {
                    li {
                        a href={ "#" (text(&operation["operationId"])) } {
                            span.method { (method.to_uppercase()) } " " (call::path(path))
                        }
                    }
                }
            }
        }
        p { "Data" }
        ul {
            li { a href="#problems" { "Problems" } }
            li { a href="#objects" { "Objects" } }
            li { a href="#values" { "Values" } }
        }
    }
}

fn section(document: Document<'_>, tag: &Value) -> Markup {
    let id = text(&tag["name"]).to_lowercase().replace(' ', "-");
    html! {
        section aria-labelledby=(id) {
            h2 #(id) { (text(&tag["name"])) }
            p.lead { (summary(text(&tag["description"]))) }
            @for (method, path, operation) in document.calls(tag) { (call::article(document, method, path, operation)) }
        }
    }
}
