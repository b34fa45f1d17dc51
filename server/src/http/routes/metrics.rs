//! `/metrics`, for Prometheus. Answers 404 unless it is enabled by a token of its own, which the scraper then sends.

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
#[openapi(paths(metrics), tags((name = "Users and status")))]
pub(super) struct Described;

/// Returns the server's metrics in Prometheus' text format.
///
/// Enabled by the setting `metrics_token`, and answered 404 otherwise. The bearer token is the value of that setting;
/// a session's token is not accepted.
#[utoipa::path(
    security(("metrics_token" = [])),
    responses(
        (status = 200, description = "The metrics.", content_type = "text/plain; version=0.0.4; charset=utf-8", body = String),
        refused::NotFound,
    ),
)]
#[get("/metrics")]
async fn metrics(app: &State<App>, _scraper: Scraper) -> (ContentType, String) {
    let (top, sub, parameters) = MEDIA_TYPE;
    (ContentType::new(top, sub).with_params(parameters), app.metrics.expose(app.measure()))
}
