//! The routes, one file per resource. A handler takes what it needs as parameters, makes one call and answers. No route
//! uses another.

mod connect;
mod description;
mod direct;
mod health;
mod invites;
mod me;
mod members;
mod messages;
mod metrics;
mod page;
mod poll;
mod rooms;
mod send;
mod server;
mod status;
mod users;

use rocket::Route;
use utoipa::OpenApi;

use crate::http::request::limited;

/// Returns every route. Rocket compares a request with one after the other, so the most frequent call comes first.
pub(crate) fn all() -> Vec<Route> {
    [
        poll::routes(),
        server::routes(),
        invites::routes(),
        connect::routes(),
        me::routes(),
        send::routes(),
        messages::routes(),
        rooms::routes(),
        members::routes(),
        direct::routes(),
        status::routes(),
        users::routes(),
        health::routes(),
        metrics::routes(),
        page::routes(),
        description::routes(),
    ]
    .concat()
    .into_iter()
    .map(limited)
    .collect()
}

/// Returns the description of every route, in reading order.
pub(crate) fn describe() -> utoipa::openapi::OpenApi {
    crate::http::description::join([
        connect::Described::openapi(),
        me::Described::openapi(),
        server::Described::openapi(),
        invites::Described::openapi(),
        poll::Described::openapi(),
        send::Described::openapi(),
        messages::Described::openapi(),
        rooms::Described::openapi(),
        members::Described::openapi(),
        direct::Described::openapi(),
        status::Described::openapi(),
        users::Described::openapi(),
        health::Described::openapi(),
        metrics::Described::openapi(),
        page::Described::openapi(),
        description::Described::openapi(),
    ])
}
