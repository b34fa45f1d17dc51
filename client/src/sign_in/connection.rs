//! The call that signs in. Knows nothing of what is kept.

use linger_api::Connected;

use crate::domain::Failure;
use crate::http::{Code, Door, Http, Identity, new_key, with_key};

/// Connects. If the answer is lost, the retry makes neither another account nor another guest, nor uses a code twice.
pub(super) fn connect(
    http: &Http,
    identity: &Identity,
    may_create: bool,
    code: Option<&Code>,
) -> Result<Connected, Failure> {
    with_key(&new_key()?, |key| http.connect(identity, may_create, code, key))
}

/// Connects without asking. If the user wanted an account, a refusal says how to get one.
pub(super) fn connect_unasked(
    http: &Http,
    identity: &Identity,
    may_create: bool,
    code: Option<&Code>,
) -> Result<Connected, Failure> {
    connect(http, identity, may_create, code).map_err(|failure| {
        let is_in_vain = may_create && code.is_none() && failure.is_wrong_credentials();
        let door = if is_in_vain { http.door().unwrap_or_else(|_| Door::unknown()) } else { Door::unknown() };
        match door.refusal() {
            Some(advice) => failure.with_advice(advice),
            None => failure,
        }
    })
}
