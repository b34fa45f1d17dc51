//! A pause before refusals that come in quick succession. A client that calls again at once after each 429 would take
//! the server's time from everybody else, and fill its log.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Request, Response, tokio};

use crate::accounts::limits::{RefusedCaller, network_of};
use crate::app::App;
use crate::http::request::ClientOrigin;
use crate::http::request::trace::recipient;

const PAUSE: Duration = Duration::from_millis(500);

/// Holds back each 429 to a caller that has had too many of them.
pub(crate) struct Pausing;

#[rocket::async_trait]
impl Fairing for Pausing {
    fn info(&self) -> Info {
        Info { name: "pausing", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if response.status().code != 429 {
            return;
        }
        let Some(app) = request.rocket().state::<App>() else { return };
        let refused = match recipient(request) {
            0 => RefusedCaller::Network(network(request).await),
            user => RefusedCaller::User(user),
        };
        if app.limits.prompt_refusals.take(&refused).is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn network(request: &Request<'_>) -> IpAddr {
    let origin = request.guard::<ClientOrigin>().await.succeeded();
    network_of(origin.map_or(Ipv4Addr::UNSPECIFIED.into(), |ClientOrigin(origin)| origin.address))
}
