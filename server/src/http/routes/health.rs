//! `/health`: whether this server can do its work. Needs no token.

use std::time::Duration;

use linger_api::Health;
use rocket::http::Status;
use rocket::{Route, State, get, routes};
use utoipa::OpenApi;

use crate::app::App;
use crate::domain::problem::Problem;
use crate::http::description::refused;
use crate::http::response::Answer;

pub(super) fn routes() -> Vec<Route> {
    routes![health]
}

#[derive(OpenApi)]
#[openapi(paths(health), tags((name = "Around", description = "Who is there, and how things are.")))]
pub(super) struct Described;

/// A database that takes longer does not answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Says whether the database can be read and written.
#[utoipa::path(
    security(()),
    responses((status = 200, description = "All is well.", body = Health), refused::Unavailable),
)]
#[get("/health")]
async fn health(app: &State<App>) -> Result<Answer<Health>, Problem> {
    // Reads something, and has the journal go through a transaction.
    let reading = tokio::time::timeout(TIMEOUT, app.store.find_identity());
    reading.await.map_err(|_| Problem::unavailable())??;
    app.journal.check().await?;
    let ok = || "ok".to_owned();
    Ok(Answer(Status::Ok, Health { status: ok(), version: crate::VERSION.to_owned(), database: ok() }))
}
