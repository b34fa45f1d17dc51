//! The call that signs in. Knows nothing of what is kept.

use linger_api::Connected;

use crate::domain::Failure;
use crate::http::{Http, Identity, with_key};

/// Connects. If the answer is lost, the retry makes neither another account nor another guest.
pub(super) fn connect(http: &Http, identity: &Identity, may_create: bool) -> Result<Connected, Failure> {
    with_key(|key| http.connect(identity, may_create, key))
}
