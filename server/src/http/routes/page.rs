//! The page: three files, needing no token. They are compiled into the program; a debug build reads them at each
//! request, so that who works on the page need not build anything.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use rocket::http::ContentType;
use rocket::{Route, get, routes};
use rust_embed::RustEmbed;
use utoipa::OpenApi;

use crate::domain::problem::Problem;
use crate::http::description::file as described;
use crate::http::response::StaticFile;

pub(super) fn routes() -> Vec<Route> {
    routes![index, script, style]
}

#[derive(OpenApi)]
#[openapi(
    paths(index, script, style),
    tags((name = "Files", description = "The page, and this description. They need no token, and browsers keep them.")),
)]
pub(super) struct Described;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// The files as they were last sent: each is compressed once for as long as it does not change.
static KEPT: Mutex<BTreeMap<&str, StaticFile>> = Mutex::new(BTreeMap::new());

/// The page itself.
#[utoipa::path(operation_id = "page", security(()), params(StaticFile), responses(described::Html))]
#[get("/")]
async fn index() -> Result<StaticFile, Problem> {
    file("index.html", ContentType::HTML)
}

/// What the page does.
#[utoipa::path(operation_id = "page_script", security(()), params(StaticFile), responses(described::Script))]
#[get("/app.js")]
async fn script() -> Result<StaticFile, Problem> {
    // Rocket's own constant has no charset, and writes none that is added to it.
    file("app.js", ContentType::new("text", "javascript").with_params(("charset", "utf-8")))
}

/// What the page looks like.
#[utoipa::path(operation_id = "page_style", security(()), params(StaticFile), responses(described::Style))]
#[get("/style.css")]
async fn style() -> Result<StaticFile, Problem> {
    file("style.css", ContentType::CSS)
}

fn file(name: &'static str, kind: ContentType) -> Result<StaticFile, Problem> {
    let file = Files::get(name).ok_or_else(Problem::internal)?;
    let mut kept = KEPT.lock();
    match kept.get(name) {
        Some(kept) if kept.consists_of(&file.data) => Ok(kept.clone()),
        _ => {
            let file = StaticFile::new(kind, &file.data);
            kept.insert(name, file.clone());
            Ok(file)
        }
    }
}
