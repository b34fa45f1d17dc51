//! `/metrics`: what the server counts, for Prometheus. Not there unless it is switched on, and then for who shows its
//! own token.

use rocket::http::ContentType;
use rocket::{Route, State, get, routes};
use utoipa::OpenApi;

use crate::app::App;
use crate::http::description::refused;
use crate::http::request::Scraper;
use crate::metrics::MEDIA_TYPE;

pub(super) fn routes() -> Vec<Route> {
    routes![metrics]
}

#[derive(OpenApi)]
#[openapi(paths(metrics), tags((name = "Around")))]
pub(super) struct Described;

/// Says what the server counts, in Prometheus' text format.
///
/// Not there unless the setting `metrics_token` switches it on; then it takes that token, and no session's.
#[utoipa::path(
    security(("metrics_token" = [])),
    responses(
        (status = 200, description = "Metrics.", content_type = "text/plain; version=0.0.4; charset=utf-8", body = String),
        refused::NotFound,
    ),
)]
#[get("/metrics")]
async fn metrics(app: &State<App>, _scraper: Scraper) -> (ContentType, String) {
    let (top, sub, parameters) = MEDIA_TYPE;
    (ContentType::new(top, sub).with_params(parameters), app.metrics.expose(app.measure()))
}
