//! `/server`: what anyone may know about the server.

use linger_api::{About, AboutLimits};
use rocket::http::Status;
use rocket::{Route, State, get, routes};
use utoipa::OpenApi;

use crate::app::App;
use crate::domain::text::Text;
use crate::http::response::Answer;

pub(super) fn routes() -> Vec<Route> {
    routes![about]
}

#[derive(OpenApi)]
#[openapi(paths(about), tags((name = "The door", description = "Who may come in, and by which code.")))]
pub(super) struct Described;

/// Returns the server's name and version, who may come in, and how much the server takes. Needs no token.
///
/// `push_key` and `limits.file_bytes` will be here once the server has push notifications and files. Until then they
/// are absent, which tells a client that the server has neither.
#[utoipa::path(security(()), responses((status = 200, description = "The server.", body = About)))]
#[get("/server")]
async fn about(app: &State<App>) -> Answer<About> {
    let settings = &app.settings;
    let about = About {
        name: settings.name.as_str().to_owned(),
        welcome: settings.welcome.as_str().to_owned(),
        version: crate::domain::VERSION.to_owned(),
        registration: settings.registration,
        guests: settings.guests,
        invites: settings.invites,
        sign_on: !settings.identity_header.is_empty(),
        limits: AboutLimits { text_bytes: Text::MAX_BYTES as i64 },
    };
    Answer(Status::Ok, about)
}
