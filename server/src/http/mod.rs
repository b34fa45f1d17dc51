//! Everything that speaks HTTP, and so all that names Rocket but starting it: [`routes`] say what can be asked for,
//! [`description`] describes them as an OpenAPI document, [`request`] is how they are asked and [`response`] how they
//! answer; [`fairings`] see every request.

pub(crate) mod description;
pub(crate) mod fairings;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod routes;
