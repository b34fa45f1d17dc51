//! The API description: an OpenAPI 3.1 document, built from the handlers' attributes and from what all calls have in
//! common, and a page that shows it. Knows no route; `routes` hands over the descriptions.

mod answers;
mod document;
mod examples;
pub(crate) mod file;
mod headers;
pub(crate) mod held;
mod page;
pub(crate) mod parameters;
pub(crate) mod refused;

use std::sync::OnceLock;

use rocket::http::ContentType;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use crate::http::response::StaticFile;

/// Schemas that no handler's attributes name, because the types of the answers do.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    linger_api::Direct,
    linger_api::Member,
    linger_api::Message,
    linger_api::Page,
    linger_api::Polled,
    linger_api::Problem,
    linger_api::FieldError,
    linger_api::UserPresence
)))]
struct Shared;

/// Returns the document as JSON.
pub(crate) fn document_of(collected: OpenApi) -> String {
    document::complete(collected).to_string()
}

/// The description in the forms in which it is sent, built on the first request for any of them.
pub(crate) struct Description {
    /// Collects the handlers' descriptions.
    collect: fn() -> OpenApi,
    made: OnceLock<Forms>,
}

struct Forms {
    document: StaticFile,
    page: StaticFile,
    style: StaticFile,
}

/// Merges the descriptions of several files of routes, in this order. The first tag of a file is the tag of its calls.
pub(crate) fn join(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut whole = Shared::openapi();
    for mut part in parts {
        let tag = part.tags.iter().flatten().next().map(|tag| tag.name.clone());
        for operation in part.paths.paths.values_mut().flat_map(operations) {
            operation.tags = tag.clone().map(|tag| vec![tag]);
        }
        let said = whole.tags.get_or_insert_default();
        part.tags =
            part.tags.map(|tags| tags.into_iter().filter(|tag| said.iter().all(|s| s.name != tag.name)).collect());
        whole.merge(part);
    }
    whole
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = path;
    [get, put, post, delete, patch].into_iter().flatten()
}

impl Description {
    pub(crate) fn new(collect: fn() -> OpenApi) -> Self {
        Self { collect, made: OnceLock::new() }
    }

    /// Returns the OpenAPI document.
    pub(crate) fn document(&self) -> StaticFile {
        self.forms().document.clone()
    }

    /// Returns the page that shows the document.
    pub(crate) fn page(&self) -> StaticFile {
        self.forms().page.clone()
    }

    /// Returns the page's style sheet.
    pub(crate) fn style(&self) -> StaticFile {
        self.forms().style.clone()
    }

    fn forms(&self) -> &Forms {
        self.made.get_or_init(|| {
            let document = document::complete((self.collect)());
            Forms {
                document: StaticFile::new(ContentType::JSON, document.to_string().as_bytes()),
                page: StaticFile::new(ContentType::HTML, page::render(&document).as_bytes()),
                style: StaticFile::new(ContentType::CSS, page::STYLE.as_bytes()),
            }
        })
    }
}
