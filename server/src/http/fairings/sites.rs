//! Refuses what other sites' pages ask for, and lets those that the settings allow read the answers (CORS).

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::uri::Origin;
use rocket::{Data, Request, Response};

use crate::app::App;
use crate::http::request::sites;

/// The headers of answers that scripts of other sites may read.
const READABLE: &str = "ETag, Link, Location, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id";

/// Checks each request, and adds the CORS headers to answers.
pub(crate) struct Sites;

#[rocket::async_trait]
impl Fairing for Sites {
    fn info(&self) -> Info {
        Info { name: "sites", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        let Some(app) = request.rocket().state::<App>() else { return };
        if let Err(problem) = sites::check(request, &app.settings) {
            problem.leave(request);
            // A fairing cannot answer. No route takes this path, so the catcher answers with the problem.
            request.set_uri(Origin::parse("/-").expect("it is a path"));
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Some(app) = request.rocket().state::<App>() else { return };
        if let Some(origin) = sites::allowed_origin(request, &app.settings) {
            response.set_raw_header("Access-Control-Allow-Origin", origin.to_owned());
            response.set_raw_header("Access-Control-Expose-Headers", READABLE);
            response.adjoin_raw_header("Vary", "Origin");
        }
    }
}
