//! What happens to every request, whichever route handles it.

mod method;
mod pausing;
mod request_log;
mod security;
mod sites;

pub(crate) use method::KeepMethod;
pub(crate) use pausing::Pausing;
pub(crate) use request_log::RequestLog;
pub(crate) use security::Guarding;
pub(crate) use sites::Sites;
