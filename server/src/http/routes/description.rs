//! The API description, the page that shows it, and the way to a problem's paragraph on that page. Needs no token.

use rocket::{Route, State, get, routes};
use utoipa::OpenApi;

use crate::domain::problem::{Kind, Problem};
use crate::http::description::{Description, file, refused};
use crate::http::response::{Elsewhere, StaticFile};

pub(super) fn routes() -> Vec<Route> {
    routes![document, page, style, problem]
}

#[derive(OpenApi)]
#[openapi(paths(document, page, style, problem), tags((name = "Files")))]
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

/// Leads to the description of a problem, by the `type` of an error.
#[utoipa::path(
    operation_id = "problem",
    security(()),
    params(("kind" = String, Path, description = "The last part of the `type`.", example = "not-found")),
    responses(Elsewhere, refused::NotFound),
)]
#[get("/problems/<kind>")]
async fn problem(kind: &str) -> Result<Elsewhere, Problem> {
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(Problem::not_found)?;
    // Relative, so that it also leads there below a path of a proxy's.
    Ok(Elsewhere(format!("../docs#object-{kind:?}")))
}
