//! The HTTP surface: one file per resource, thin handlers. A handler takes what it needs as parameters,
//! calls one thing and answers. No route knows another.

mod connect;
mod direct;
mod health;
mod page;
mod poll;
mod rooms;
mod send;
mod status;
mod users;

use rocket::Route;

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
        page::routes(),
    ]
    .concat()
}
