//! Keeps the method of a request's first line.

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Method;
use rocket::{Data, Request};

use crate::http::request::{named, peek};

/// Undoes Rocket's change of method for a POSTed form that begins with the field `_method`. No call takes a form, and a
/// POST stays a POST.
pub(crate) struct KeepMethod;

impl KeepMethod {
    const FIELD: &[u8] = b"_method=";
}

#[rocket::async_trait]
impl Fairing for KeepMethod {
    fn info(&self) -> Info {
        Info { name: "keep method", kind: Kind::Request }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        // Most requests have none.
        if named::has(request.headers(), "Content-Type") && request.content_type().is_some_and(|kind| kind.is_form()) {
            let begin = peek(request, data).await;
            if begin.windows(Self::FIELD.len()).any(|bytes| bytes == Self::FIELD) {
                request.set_method(Method::Post);
            }
        }
    }
}
