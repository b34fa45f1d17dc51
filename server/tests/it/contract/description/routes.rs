//! The OpenAPI document and the server's routes describe the same calls.

use std::collections::BTreeSet;

use crate::harness::described::DOCUMENT;
use crate::house::coverage::{CALLS, is_open};

/// Returns every call of the document with its operation.
fn described() -> Vec<(String, &'static serde_json::Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap().iter();
    let calls = paths.flat_map(|(path, item)| {
        let path = path.replace('{', "<").replace('}', ">");
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    calls.collect()
}

#[test]
fn the_described_calls_are_the_routes() {
    let described: BTreeSet<_> = described().into_iter().map(|(call, _)| call).collect();
    assert_eq!(described, CALLS.map(str::to_owned).into());
}

#[test]
fn every_call_has_a_unique_name_a_summary_and_a_described_tag() {
    let tags: Vec<_> = DOCUMENT["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let names: BTreeSet<_> = described().iter().map(|(_, call)| call["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), CALLS.len());
    for (call, operation) in described() {
        let summary = operation["summary"].as_str().unwrap();
        assert!(summary.ends_with('.') && summary.len() > 10, "{call}: {summary}");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{call}");
        assert!(tags.contains(&&operation["tags"][0]), "{call}");
    }
}

#[test]
fn path_parameters_are_those_of_the_route() {
    for (call, operation) in described() {
        let in_route: BTreeSet<_> = call.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
        let parameters = operation["parameters"].as_array().unwrap().iter();
        let in_path = parameters.filter(|parameter| parameter["in"] == "path" && parameter["required"] == true);
        let in_path: BTreeSet<_> = in_path.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        assert_eq!(in_path, in_route, "{call}");
    }
}

#[test]
fn the_calls_described_as_open_are_those_that_need_no_token() {
    for (call, operation) in described() {
        let security = operation.get("security").unwrap_or(&DOCUMENT["security"]);
        let is_described_open = security.as_array().unwrap().contains(&serde_json::json!({}));
        assert_eq!(is_described_open, is_open(&call), "{call}");
    }
}
