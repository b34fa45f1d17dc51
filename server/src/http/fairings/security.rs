//! Security headers on every answer.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Request, Response};

use crate::http::response::guard;

/// Adds the security headers to every answer. A request that Rocket cannot parse never gets here; its problem adds them
/// itself.
pub(crate) struct Guarding;

#[rocket::async_trait]
impl Fairing for Guarding {
    fn info(&self) -> Info {
        Info { name: "guarding", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        guard::guard(response);
    }
}
