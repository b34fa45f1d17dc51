//! The HTTP surface: one file per resource, thin handlers. A handler takes what it needs as parameters,
//! calls one thing and answers. No route knows another.

mod connect;
mod description;
mod direct;
mod health;
mod metrics;
mod page;
mod poll;
mod rooms;
mod send;
mod status;
mod users;

use rocket::Route;
use utoipa::OpenApi;

/// Every route there is.
pub(crate) fn all() -> Vec<Route> {
    [
        connect::routes(),
        poll::routes(),
        send::routes(),
        rooms::routes(),
        direct::routes(),
        status::routes(),
        users::routes(),
        health::routes(),
        metrics::routes(),
        page::routes(),
        description::routes(),
    ]
    .concat()
}

/// What all of them say of themselves, in the order in which one reads it.
pub(crate) fn describe() -> utoipa::openapi::OpenApi {
    crate::http::description::join([
        connect::Described::openapi(),
        poll::Described::openapi(),
        send::Described::openapi(),
        rooms::Described::openapi(),
        direct::Described::openapi(),
        status::Described::openapi(),
        users::Described::openapi(),
        health::Described::openapi(),
        metrics::Described::openapi(),
        page::Described::openapi(),
        description::Described::openapi(),
    ])
}
