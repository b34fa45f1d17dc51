//! Callers that may be the server's shell, which shows a token of its own instead of a session's.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::ClientOrigin;
use super::caller::{authenticate, bearer_token};
use crate::accounts::Actor;
use crate::app::App;
use crate::domain::problem::{Kind, Problem};

/// A signed-in caller, or the shell. A handler with this parameter answers 401 to all others.
pub(crate) struct Signed(pub(crate) Actor);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Signed {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let ClientOrigin(from) = match ClientOrigin::from_request(request).await {
            Outcome::Success(from) => from,
            Outcome::Error(error) => return Outcome::Error(error),
            Outcome::Forward(status) => return Outcome::Forward(status),
        };
        let app = request.rocket().state::<App>();
        let is_shell = || {
            let token = bearer_token(request).unwrap_or_default();
            app.is_some_and(|app| app.accounts.tokens.is_shell(token))
        };
        match authenticate(request).await {
            Ok(caller) => Outcome::Success(Self(Actor { user: Some(caller.user.clone()), from })),
            Err(problem) if problem.kind == Kind::Unauthorized && is_shell() => {
                Outcome::Success(Self(Actor { user: None, from }))
            }
            Err(problem) => problem.refuse(request),
        }
    }
}

/// An administrator, or the shell. A handler with this parameter answers 403 to other callers.
pub(crate) struct Authority(pub(crate) Actor);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Authority {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let Signed(actor) = match Signed::from_request(request).await {
            Outcome::Success(signed) => signed,
            Outcome::Error(error) => return Outcome::Error(error),
            Outcome::Forward(status) => return Outcome::Forward(status),
        };
        let checked = match request.rocket().state::<App>() {
            Some(app) => app.accounts.check_authority(&actor).await,
            None => Err(Problem::internal()),
        };
        match checked {
            Ok(()) => Outcome::Success(Self(actor)),
            Err(problem) => problem.refuse(request),
        }
    }
}
