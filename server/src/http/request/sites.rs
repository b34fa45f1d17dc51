//! Which sites' pages may call the server. A page of another site must not act through the browser of a user who can
//! reach this server: not by its address, and not by a name of its own that suddenly means this machine (DNS
//! rebinding). Programs other than browsers send none of these headers and are not concerned.

use rocket::Request;
use rocket::http::Method;

use super::{named, unreadable};
use crate::config::{Host, Settings, default_port};
use crate::domain::problem::{Kind, Problem};

/// The headers that say where a request comes from, and how it got here.
const HEADERS: [&str; 6] =
    ["Host", "Origin", "X-Forwarded-Host", "X-Forwarded-Proto", "Sec-Fetch-Site", "Sec-Fetch-Mode"];

/// Checks by which name the server is called, and from which site.
///
/// # Errors
/// 421 for the name of another server, 403 for another site, 400 if a header that says so is not UTF-8.
pub(crate) fn check(request: &Request<'_>, settings: &Settings) -> Result<(), Problem> {
    unreadable::check_all(request, &HEADERS)?;
    for host in named::values(request, "Host") {
        check_host(request, host, settings)?;
    }
    if is_from_elsewhere(request, settings) { Err(Problem::usual(Kind::Forbidden)) } else { Ok(()) }
}

/// Bound to loopback and without a proxy, the server is called by names of this machine only. An operator may list
/// others. Addresses cannot be rebound, but on a loopback address no other can be meant.
fn check_host(request: &Request<'_>, host: &str, settings: &Settings) -> Result<(), Problem> {
    let allowed = &settings.allowed_hosts;
    let config = request.rocket().config();
    let is_local = config.address.to_canonical().is_loopback();
    if host.is_empty() || allowed.is_empty() && (!is_local || config.ip_header.is_some()) {
        return Ok(());
    }
    let is_allowed = Host::parse(host).is_ok_and(|host| {
        host.is_loopback() || allowed.allows(&host) || !allowed.is_empty() && !is_local && host.is_address()
    });
    if is_allowed {
        return Ok(());
    }
    let host: String = host.chars().take(100).collect();
    let detail = format!(
        "This server does not answer to the name {host:?}. If it is its name, add it to the setting chat.allowed_hosts; \
         behind a reverse proxy, set ip_header."
    );
    Err(Problem { detail: detail.into(), ..Problem::usual(Kind::MisdirectedHost) })
}

/// Returns whether a page of another site makes this request. Following a link from there is not that.
fn is_from_elsewhere(request: &Request<'_>, settings: &Settings) -> bool {
    let header = |name| named::first(request, name);
    let site = header("Sec-Fetch-Site");
    // The browser compares with the address that it knows, which a proxy may have rewritten. A user who types the
    // address or opens a bookmark is of no site.
    if matches!(site, Some("same-origin" | "none")) {
        return false;
    }
    let is_elsewhere = match header("Origin") {
        Some(origin) => !is_allowed_origin(request, origin, settings),
        None => site == Some("cross-site"),
    };
    let is_link =
        || header("Sec-Fetch-Mode") == Some("navigate") && matches!(request.method(), Method::Get | Method::Head);
    is_elsewhere && !is_link()
}

fn is_allowed_origin(request: &Request<'_>, origin: &str, settings: &Settings) -> bool {
    if settings.allowed_origins.contain(origin) {
        return true;
    }
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    let Ok(origin) = Host::parse(host) else { return false };
    let origin = Host { port: origin.port.or_else(|| default_port(scheme)), ..origin };
    if settings.allowed_hosts.list(&origin) {
        return true;
    }
    // No page of another site can send the second header without asking first (CORS).
    let called = ["Host", "X-Forwarded-Host"].into_iter().flat_map(|name| named::values(request, name));
    called.flat_map(|hosts| hosts.split(',')).filter_map(|host| Host::parse(host.trim()).ok()).any(|called| {
        // A proxy may drop the port.
        called.covers(&origin) || called.is_loopback() && origin.is_loopback()
    })
}

/// Returns the request's `Origin` if the settings let that site call the server.
pub(crate) fn allowed_origin<'r>(request: &'r Request<'_>, settings: &Settings) -> Option<&'r str> {
    named::first(request, "Origin").filter(|origin| settings.allowed_origins.contain(origin))
}
