//! OpenAPI responses of the answers in `http::response`.

use std::collections::BTreeMap;

use linger_api::{Message, Page, Room};
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Response};
use utoipa::{IntoResponses, ToSchema};

use super::refused::{self, reference};
use crate::http::response::{Created, Elsewhere, HistoryPage, Listed, Posted, Revised, Shown};

/// Returns a response from its JSON, which is easier to read than builders.
pub(super) fn response(json: Value) -> RefOr<Response> {
    serde_json::from_value(json).expect("it is a response object")
}

impl IntoResponses for Posted {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let posted = response(json!({
            "description": "The message, now on disk. A repeated request with the same key returns the same message.",
            "content": { "application/json": { "schema": reference("schemas", &Message::name()) } },
        }));
        let mut responses = BTreeMap::from([("201".to_owned(), posted)]);
        responses.extend(refused::KeyReused::responses());
        responses.extend(refused::TooManyRequests::responses());
        responses
    }
}

impl IntoResponses for Revised {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let message = response(json!({
            "description": "The message as it is now.",
            "headers": { "ETag": reference("headers", "Message-ETag") },
            "content": { "application/json": { "schema": reference("schemas", &Message::name()) } },
        }));
        BTreeMap::from([("200".to_owned(), message)])
    }
}

impl IntoResponses for Shown {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let unchanged = response(json!({
            "description": "The message is at a revision that `If-None-Match` names.",
            "headers": { "ETag": reference("headers", "Message-ETag") },
        }));
        let mut responses = Revised::responses();
        responses.insert("304".to_owned(), unchanged);
        responses
    }
}

impl IntoResponses for HistoryPage {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let page = response(json!({
            "description": "A page of history, oldest first: at most 500 messages and 256 KiB.",
            "headers": { "Link": reference("headers", "Link") },
            "content": { "application/json": { "schema": reference("schemas", &Page::<Message>::name()) } },
        }));
        BTreeMap::from([("200".to_owned(), page)])
    }
}

impl<T: ToSchema> IntoResponses for Listed<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let page = response(json!({
            "description": "A page of the list.",
            "headers": { "Link": reference("headers", "Link") },
            "content": {
                "application/json": { "schema": { "type": "array", "items": reference("schemas", &T::name()) } },
            },
        }));
        BTreeMap::from([("200".to_owned(), page)])
    }
}

impl IntoResponses for Created<Room> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let created = response(json!({
            "description": "The new room.",
            "headers": { "Location": reference("headers", "Location") },
            "content": { "application/json": { "schema": reference("schemas", &Room::name()) } },
        }));
        BTreeMap::from([("201".to_owned(), created)])
    }
}

impl IntoResponses for Elsewhere {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let elsewhere = response(json!({
            "description": "The description is at `Location`.",
            "headers": { "Location": reference("headers", "Relative-Location") },
        }));
        BTreeMap::from([("303".to_owned(), elsewhere)])
    }
}
