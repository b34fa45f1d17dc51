//! The whole document: the handlers' descriptions, and what all calls have in common.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use super::parameters::request_id;
use super::refused::{self, reference};
use super::{examples, headers, held};
use crate::domain::problem::Kind;

/// Completes the descriptions collected from the handlers.
pub(super) fn complete(collected: OpenApi) -> Value {
    let mut document = serde_json::to_value(collected).expect("a description is JSON");
    document["info"] = json!({
        "title": "linger",
        "version": crate::domain::VERSION,
        "summary": "A long-polling chat with a cursor for each client.",
        "description": include_str!("introduction.md"),
        "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    document["security"] = json!([{ "token": [] }]);
    let mut answers = BTreeMap::new();
    for operation in operations(&mut document) {
        complete_operation(operation, &mut answers);
    }
    // Answers that belong to no call: unknown paths, and methods that a path does not take.
    for kind in [Kind::NotFound, Kind::MethodNotAllowed] {
        answers.insert(refused::name_of(&[kind]), vec![kind]);
    }
    let components = &mut document["components"];
    components["securitySchemes"]["token"] = json!({
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The `token` returned by `POST /connect`.",
    });
    components["securitySchemes"]["metrics_token"] = json!({
        "type": "http",
        "scheme": "bearer",
        "description": "The value of the setting `metrics_token`.",
    });
    // Exactly one of the two; null counts as absent.
    components["schemas"]["SendPrivate"]["oneOf"] = json!([
        { "required": ["to"], "properties": { "to": { "type": "string" } } },
        { "required": ["recipient_id"], "properties": { "recipient_id": { "type": "integer" } } },
    ]);
    // Only a deleted message has an empty text.
    components["schemas"]["Message"]["if"] = json!({ "required": ["deleted_at"] });
    components["schemas"]["Message"]["then"] = json!({ "properties": { "text": { "maxLength": 0 } } });
    components["schemas"]["Message"]["else"] = json!({ "properties": { "text": reference("schemas", "Text") } });
    components["headers"] = headers::components();
    components["parameters"]["X-Request-Id"] = json!(request_id());
    components["schemas"]["Events"] = held::events();
    for (name, example) in examples::all() {
        components["schemas"][name]["examples"] = json!([example]);
    }
    for kind in Kind::ALL {
        components["schemas"][format!("{kind:?}")] = refused::schema(kind);
    }
    for (name, kinds) in answers {
        let mut response = refused::response(&kinds);
        headers::add_everywhere(&mut response);
        components["responses"][name] = response;
    }
    components["responses"]["Unreadable"] = unreadable();
    document
}

/// Returns the answer to a request that Rocket cannot parse. It never reaches the fairings, so it has no id.
fn unreadable() -> Value {
    let mut response = refused::response(&[Kind::BadInput]);
    headers::add_everywhere(&mut response);
    response["headers"].as_object_mut().expect("it has headers").remove("X-Request-Id");
    response["description"] =
        json!("The method is not defined by RFC 9110 or RFC 5789, or the request target is not a path.");
    response
}

/// Returns every operation of the document.
fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().expect("there are paths");
    paths.values_mut().flat_map(|path| path.as_object_mut().expect("a path is an object").values_mut())
}

/// Adds what follows from a call's body and token, and what every call has.
fn complete_operation(operation: &mut Value, answers: &mut BTreeMap<String, Vec<Kind>>) {
    if operation["parameters"].is_null() {
        operation["parameters"] = json!([]);
    }
    for parameter in operation["parameters"].as_array_mut().expect("parameters are a list") {
        // The handler's argument is a plain number without a description.
        if parameter["in"] == "path" && parameter["name"] == "id" && parameter["description"].is_null() {
            parameter["description"] = json!("The room's id.");
            parameter["schema"] = reference("schemas", "RoomId");
        }
        if parameter["in"] == "path" && parameter["name"] == "seq" {
            parameter["description"] = json!("The message's seq.");
            parameter["schema"] = reference("schemas", "Seq");
        }
    }
    // An optional body may be absent, but not null.
    if let Some(body) = operation.pointer_mut("/requestBody/content/application~1json/schema")
        && body["oneOf"][1] == json!({ "type": "null" })
    {
        *body = body["oneOf"][0].take();
    }
    let mut refusals: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    let mut refuse = |kind: Kind| {
        let kinds = refusals.entry(kind.row().0).or_default();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    };
    implied(operation).into_iter().for_each(&mut refuse);
    let responses = operation["responses"].as_object_mut().expect("a call has answers");
    responses.values().flat_map(refused::kinds_of).for_each(refuse);
    for (status, kinds) in refusals {
        let name = refused::name_of(&kinds);
        responses.insert(status.to_string(), reference("responses", &name));
        answers.insert(name, kinds);
    }
    responses.values_mut().filter(|response| response["$ref"].is_null()).for_each(headers::add_everywhere);
    let parameters = operation["parameters"].as_array_mut().expect("parameters are a list");
    parameters.push(reference("parameters", "X-Request-Id"));
}

/// Returns the problems that follow from a call's body and token.
fn implied(operation: &Value) -> Vec<Kind> {
    // Any request may have a header that cannot be read, or a large body.
    let mut kinds = vec![Kind::Internal, Kind::Forbidden, Kind::MisdirectedHost, Kind::BadInput, Kind::TooLarge];
    if !operation["requestBody"].is_null() {
        kinds.extend([Kind::Timeout, Kind::NotJson]);
    }
    let takes_token = |scheme: &str| match operation["security"].as_array() {
        Some(schemes) => schemes.iter().any(|schemes| !schemes[scheme].is_null()),
        None => scheme == "token",
    };
    if takes_token("token") {
        kinds.extend([Kind::Unauthorized, Kind::Unavailable]);
    } else if takes_token("metrics_token") {
        kinds.push(Kind::Unauthorized);
    }
    kinds
}
