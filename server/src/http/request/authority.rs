//! Callers that may be the server's shell, which shows a token of its own instead of a session's.

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::ClientOrigin;
use super::caller::{Caller, authenticate, bearer_token};
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
        match CallerOrShell::from_request(request).await {
            Outcome::Success(CallerOrShell(Some(caller))) => {
                Outcome::Success(Self(Actor { user: Some(caller.user.clone()), from }))
            }
            Outcome::Success(CallerOrShell(None)) => Outcome::Success(Self(Actor { user: None, from })),
            Outcome::Error(error) => Outcome::Error(error),
            Outcome::Forward(status) => Outcome::Forward(status),
        }
    }
}

/// A signed-in caller, or with `None` the shell, for calls that answer with what the caller sees.
pub(crate) struct CallerOrShell(pub(crate) Option<Caller>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for CallerOrShell {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let is_shell = || {
            let token = bearer_token(request).unwrap_or_default();
            request.rocket().state::<App>().is_some_and(|app| app.accounts.tokens.is_shell(token))
        };
        match authenticate(request).await {
            Ok(caller) => Outcome::Success(Self(Some(caller))),
            Err(problem) if problem.kind == Kind::Unauthorized && is_shell() => Outcome::Success(Self(None)),
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
