//! The API description and the page that shows it. Needs no token.

use rocket::{Route, State, get, routes};
use utoipa::OpenApi;

use crate::http::description::{Description, file};
use crate::http::response::StaticFile;

pub(super) fn routes() -> Vec<Route> {
    routes![document, page, style]
}

#[derive(OpenApi)]
#[openapi(paths(document, page, style), tags((name = "Files")))]
pub(super) struct Described;

/// Returns this API description as an OpenAPI 3.1 document.
#[utoipa::path(operation_id = "openapi", security(()), params(StaticFile), responses(file::Json))]
#[get("/openapi.json")]
async fn document(description: &State<Description>) -> StaticFile {
    description.document()
}

/// Returns the HTML page that shows this API description.
#[utoipa::path(operation_id = "docs", security(()), params(StaticFile), responses(file::Html))]
#[get("/docs")]
async fn page(description: &State<Description>) -> StaticFile {
    description.page()
}

/// Returns the style sheet of that page.
#[utoipa::path(operation_id = "docs_style", security(()), params(StaticFile), responses(file::Style))]
#[get("/docs.css")]
async fn style(description: &State<Description>) -> StaticFile {
    description.style()
}
