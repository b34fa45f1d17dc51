//! The OpenAPI document itself.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::harness::described::DOCUMENT;
use crate::harness::{TestServer, http};

#[tokio::test]
async fn the_server_serves_the_document_that_answers_are_checked_against() {
    let server = TestServer::start().await;
    let served: Value = http::get(&server.url("/openapi.json")).await.unwrap().json().await.unwrap();
    assert_eq!(served, *DOCUMENT);
    assert_eq!((&served["openapi"], &served["info"]["version"]), (&json!("3.1.0"), &json!(linger_server::VERSION)));
}

#[test]
fn the_document_describes_every_problem() {
    let listed = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/http.md")).unwrap();
    let listed: BTreeSet<_> = listed.split('`').filter(|word| word.starts_with("/problems/")).collect();
    let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap().values();
    let types = schemas.filter_map(|schema| schema["allOf"][1]["properties"]["type"]["enum"][0].as_str());
    assert_eq!(types.collect::<BTreeSet<_>>(), listed);
}

#[test]
fn every_reference_resolves_and_every_component_is_used() {
    let mut references = BTreeSet::new();
    collect_references(&DOCUMENT, &mut references);
    for reference in &references {
        assert!(DOCUMENT.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    for section in ["schemas", "headers", "parameters", "responses"] {
        for name in DOCUMENT["components"][section].as_object().unwrap().keys() {
            let reference = format!("#/components/{section}/{name}");
            // Only the introduction mentions the answers to calls that do not exist.
            let is_in_introduction =
                section == "responses" && ["MethodNotAllowed", "Unreadable"].contains(&name.as_str());
            let is_used = references.contains(&reference) || is_in_introduction;
            assert!(is_used, "nothing refers to {reference}");
        }
    }
}

fn collect_references(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            references.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect_references(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, references)),
        _ => {}
    }
}

#[test]
fn every_example_matches_its_schema() {
    let mut checked = 0;
    check_examples(&DOCUMENT, &mut checked);
    assert!(checked > 50, "{checked}");
}

/// Checks the examples within schemas, and those beside a schema.
fn check_examples(value: &Value, checked: &mut usize) {
    let mut check = |schema: &Value, example: &Value| {
        let mut schema = schema.clone();
        schema["components"] = DOCUMENT["components"].clone();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        assert!(validator.is_valid(example), "{example} {:?}", validator.validate(example));
        *checked += 1;
    };
    if let Value::Object(object) = value {
        match (object.get("schema"), object.get("examples")) {
            (Some(schema), Some(Value::Object(examples))) => {
                examples.values().for_each(|example| check(schema, &example["value"]));
            }
            (None, Some(Value::Array(examples))) => examples.iter().for_each(|example| check(value, example)),
            _ => {}
        }
        object.values().for_each(|value| check_examples(value, checked));
    } else if let Value::Array(items) = value {
        items.iter().for_each(|value| check_examples(value, checked));
    }
}
