//! The interface as it describes itself: an OpenAPI 3.1 document, made of what the handlers say of themselves and of
//! what is the same for all, and a page to read it. Knows no route; `routes` hands over what they say.

mod answers;
mod document;
mod examples;
pub(crate) mod file;
mod headers;
pub(crate) mod held;
mod page;
mod parameters;
pub(crate) mod refused;

use std::sync::OnceLock;

use rocket::http::ContentType;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;

use crate::http::response::StaticFile;

/// The shapes that no handler's attributes name, because the types of their answers do.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(linger_api::Message, linger_api::Page, linger_api::Polled, linger_api::Problem)))]
struct Shared;

/// The document as JSON.
pub(crate) fn document_of(collected: OpenApi) -> String {
    document::complete(collected).to_string()
}

/// The description in the forms in which it is sent. They are made when somebody asks for one of them first.
pub(crate) struct Description {
    /// What the handlers say.
    collect: fn() -> OpenApi,
    made: OnceLock<Forms>,
}

struct Forms {
    document: StaticFile,
    page: StaticFile,
    style: StaticFile,
}

/// What several files of routes say, one after the other; a file's first tag is the tag of its calls.
pub(crate) fn join(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut whole = Shared::openapi();
    for mut part in parts {
        let tag = part.tags.iter().flatten().next().map(|tag| tag.name.clone());
        for operation in part.paths.paths.values_mut().flat_map(|path| [&mut path.get, &mut path.post]).flatten() {
            operation.tags = tag.clone().map(|tag| vec![tag]);
        }
        let said = whole.tags.get_or_insert_default();
        part.tags =
            part.tags.map(|tags| tags.into_iter().filter(|tag| said.iter().all(|s| s.name != tag.name)).collect());
        whole.merge(part);
    }
    whole
}

impl Description {
    pub(crate) fn new(collect: fn() -> OpenApi) -> Self {
        Self { collect, made: OnceLock::new() }
    }

    /// The OpenAPI document.
    pub(crate) fn document(&self) -> StaticFile {
        self.forms().document.clone()
    }

    /// The page to read it on.
    pub(crate) fn page(&self) -> StaticFile {
        self.forms().page.clone()
    }

    /// What the page looks like.
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
