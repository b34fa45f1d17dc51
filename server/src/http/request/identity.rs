//! The user whom a proxy has signed in.

use std::net::Ipv4Addr;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::unreadable;
use crate::app::App;
use crate::domain::name::Name;
use crate::domain::problem::Problem;

/// The name in the setting `identity_header`, if a trusted proxy has sent the request. From anybody else, the header is
/// ignored.
pub(crate) struct Identity(pub(crate) Option<Name>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Identity {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        match identity(request) {
            Ok(name) => Outcome::Success(Self(name)),
            Err(problem) => problem.refuse(request),
        }
    }
}

fn identity(request: &Request<'_>) -> Result<Option<Name>, Problem> {
    let Some(settings) = request.rocket().state::<App>().map(|app| &app.settings) else { return Ok(None) };
    let header = settings.identity_header.as_str();
    // The other end of the connection, which no header can change.
    let peer = request.remote().map_or(Ipv4Addr::UNSPECIFIED.into(), |remote| remote.ip().to_canonical());
    if header.is_empty() || !settings.trusted_proxies.contains(peer) {
        return Ok(None);
    }
    unreadable::check(request, header)?;
    let mut values = request.headers().get(header);
    match (values.next().filter(|name| !name.is_empty()), values.next()) {
        (None, None) => Ok(None),
        (Some(name), None) => match Name::parse(name) {
            Ok(name) => Ok(Some(name)),
            Err(problem) => {
                let detail = format!("The proxy's header {header} must be a name. {}", problem.detail);
                Err(Problem::bad_input(detail))
            }
        },
        _ => Err(Problem::bad_input(format!("The proxy must send only one {header}."))),
    }
}
