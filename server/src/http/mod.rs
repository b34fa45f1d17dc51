//! HTTP, and nearly all use of Rocket: [`routes`] handle the calls, [`description`] describes them as an OpenAPI
//! document, [`request`] parses requests, [`response`] writes answers, and [`fairings`] see every request.

pub(crate) mod description;
pub(crate) mod fairings;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod routes;
