//! The description of this interface. Needs no token.

use rocket::{Route, State, get, routes};
use utoipa::OpenApi;

use crate::description::{Description, file};
use crate::http::StaticFile;

pub(super) fn routes() -> Vec<Route> {
    routes![document]
}

#[derive(OpenApi)]
#[openapi(paths(document), tags((name = "Files")))]
pub(super) struct Described;

/// This description, as an OpenAPI 3.1 document.
#[utoipa::path(operation_id = "openapi", security(()), params(StaticFile), responses(file::Json))]
#[get("/openapi.json")]
async fn document(description: &State<Description>) -> StaticFile {
    description.document()
}
