//! The web page: `index.html`, and the modules and the stylesheet that it loads from `page/<hash>/`. It needs no token.

use rocket::http::uri::{Segments, fmt};
use rocket::{Route, get, routes};
use utoipa::OpenApi;

use crate::domain::problem::Problem;
use crate::http::description::{file as described, refused};
use crate::http::response::{Site, StaticFile};

pub(super) fn routes() -> Vec<Route> {
    routes![index, file]
}

#[derive(OpenApi)]
#[openapi(
    paths(index, file),
    tags((name = "Files", description = "The page, and this description. They need no token, and browsers keep them.")),
)]
pub(super) struct Described;

/// The page itself.
#[utoipa::path(operation_id = "page", security(()), params(StaticFile), responses(described::Html))]
#[get("/")]
async fn index() -> Result<StaticFile, Problem> {
    Ok(Site::current()?.index())
}

/// A module of the page, or its stylesheet.
///
/// `hash` names one version of all these files: `GET /` links to the current one. Under any other hash, only the files
/// that work with every version are answered, and browsers do not keep them.
#[utoipa::path(
    operation_id = "page_file",
    security(()),
    params(
        ("hash" = String, Path, description = "The version.", example = "5d0b2c61f6f1a3c09d4e7b8a90c1f2e3"),
        ("file" = String, Path, description = "The file's path.", example = "style.css"),
    ),
    responses(described::PageFile, refused::NotFound),
)]
#[get("/page/<hash>/<file..>")]
async fn file(hash: &str, file: Segments<'_, fmt::Path>) -> Result<StaticFile, Problem> {
    let name = file.collect::<Vec<_>>().join("/");
    Site::current()?.find(hash, &name).ok_or_else(Problem::not_found)
}
