//! Calls about accounts: the user's own, and those of others for administrators. Servers before 0.2 have none of them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Http;
use super::answer::{done, json_of};
use super::changes::encoded;
use crate::domain::Failure;

/// The user's own account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Me {
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) display_name: Option<String>,
    /// Whether the user has no password.
    pub(crate) guest: bool,
    /// `member` or `admin`.
    #[serde(default)]
    pub(crate) role: String,
    #[serde(default)]
    pub(crate) created_at: String,
    /// Whether a code of an administrator opened this session: it may set a password without the old one.
    #[serde(default)]
    pub(crate) may_set_password: bool,
}

impl Me {
    /// Returns whether a new password needs the old one.
    pub(crate) fn needs_old_password(&self) -> bool {
        !self.guest && !self.may_set_password
    }
}

/// A sign-in of the user's.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SignIn {
    pub(crate) id: String,
    /// The client's name; empty if it is not known.
    pub(crate) client: String,
    pub(crate) address: String,
    pub(crate) created_at: String,
    pub(crate) last_seen_at: String,
    /// Whether it is the present one.
    pub(crate) current: bool,
}

/// A code, and how long it works.
#[derive(Serialize, Deserialize)]
pub(crate) struct Issued {
    pub(crate) code: String,
    /// The link with the code.
    pub(crate) url: String,
    pub(crate) expires_at: String,
}

impl Http {
    pub(crate) fn me(&self) -> Result<Me, Failure> {
        json_of(self.get("/me").call()).map_err(or_older)
    }

    /// Sets the name that is shown beside the user's own, or removes it.
    pub(crate) fn set_display_name(&self, name: Option<&str>) -> Result<Me, Failure> {
        let request = self.agent().patch(self.url("/me")).header("Authorization", self.bearer());
        json_of(request.send_json(json!({ "display_name": name }))).map_err(or_older)
    }

    /// Sets the password. The user's other sessions end.
    pub(crate) fn set_password(&self, old: Option<&str>, new: &str) -> Result<(), Failure> {
        let body = match old {
            Some(old) => json!({ "old": old, "new": new }),
            None => json!({ "new": new }),
        };
        let request = self.agent().put(self.url("/me/password")).header("Authorization", self.bearer());
        done(request.send_json(body)).map_err(or_older)
    }

    /// Returns the user's sessions.
    pub(crate) fn sign_ins(&self) -> Result<Vec<SignIn>, Failure> {
        json_of(self.get("/me/sessions").call()).map_err(or_older)
    }

    /// Ends one of the user's sessions.
    pub(crate) fn end_sign_in(&self, id: &str) -> Result<(), Failure> {
        self.delete_at(&format!("/me/sessions/{}", encoded(id)))
    }

    /// Ends all of the user's sessions but the present one.
    pub(crate) fn end_other_sign_ins(&self) -> Result<(), Failure> {
        self.delete_at("/me/sessions").map_err(or_older)
    }

    /// Makes a code that signs in the user on another device.
    pub(crate) fn own_code(&self) -> Result<Issued, Failure> {
        json_of(self.post("/me/code").send_empty()).map_err(or_older)
    }

    /// Shuts a user out, or lets the user in again.
    pub(crate) fn disable(&self, name: &str, is_disabled: bool) -> Result<(), Failure> {
        let url = self.url(&format!("/users/{}", encoded(name)));
        let request = self.agent().patch(url).header("Authorization", self.bearer());
        json_of::<Value>(request.send_json(json!({ "disabled": is_disabled }))).map(drop)
    }

    pub(super) fn delete_at(&self, path: &str) -> Result<(), Failure> {
        done(self.agent().delete(self.url(path)).header("Authorization", self.bearer()).call())
    }
}

/// Says that the server is too old, if it has no such call.
fn or_older(failure: Failure) -> Failure {
    match failure.is_no_such_call() {
        true => Failure::Missing("This server is older than linger 0.2: it has no calls for that".to_owned()),
        false => failure,
    }
}
