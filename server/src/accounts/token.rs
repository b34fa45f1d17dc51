//! Bearer tokens: JWT (RFC 7519) signed with HS256 (RFC 7515). Knows the key and the claims, not whether
//! the session that a token names is still signed in.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::ids::UserId;

/// Who issues the tokens, and for whom they are.
const ISSUER: &str = "linger";
const AUDIENCE: &str = "linger";

/// HS256 wants a key at least as long as its hash (RFC 7518, 3.2).
const KEY_BYTES: usize = 32;

/// Signs tokens and checks them.
pub(crate) struct Tokens {
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    lifetime_seconds: i64,
}

/// All of them are required and checked.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user's id.
    sub: String,
    /// The session's id.
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// What a token that counts says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) user_id: UserId,
    pub(crate) session_id: String,
}

/// Why there is no key to sign with: one line for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none yet, and its file cannot be written.
    #[error("the signing key {} cannot be made: {cause}", path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Its file is there and cannot be read.
    #[error("the signing key {} cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Its file holds something else.
    #[error("the signing key {} is not {KEY_BYTES} bytes as hexadecimal digits", .0.display())]
    Malformed(PathBuf),
}

impl Tokens {
    /// Reads the signing key, or draws one at the first start.
    pub(crate) fn open(key_file: &Path, token_days: u32) -> Result<Self, KeyError> {
        let key = read_or_make_key(key_file)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        Ok(Self {
            signing: EncodingKey::from_secret(&key),
            checking: DecodingKey::from_secret(&key),
            validation,
            lifetime_seconds: i64::from(token_days) * 24 * 60 * 60,
        })
    }

    /// When a token issued now expires; both in milliseconds since 1970.
    pub(crate) fn expires_ms(&self, issued_ms: i64) -> i64 {
        (issued_ms / 1000 + self.lifetime_seconds) * 1000
    }

    /// A token for a session.
    pub(crate) fn sign(&self, user: UserId, session_id: &str, issued_ms: i64) -> String {
        let now = issued_ms / 1000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.to_string(),
            jti: session_id.to_owned(),
            iat: now,
            nbf: now,
            exp: self.expires_ms(issued_ms) / 1000,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .expect("claims of strings and integers are JSON, and the key fits the algorithm")
    }

    /// Nothing for whatever is not a token of ours that is valid now; the caller learns no reason.
    pub(crate) fn check(&self, token: &str) -> Option<Bearer> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.checking, &self.validation).ok()?.claims;
        let issued_in_the_future = claims.iat * 1000 > crate::clock::now_ms();
        let user_id = claims.sub.parse().ok().filter(|_| !issued_in_the_future)?;
        Some(Bearer { user_id, session_id: claims.jti })
    }
}

fn read_or_make_key(path: &Path) -> Result<Vec<u8>, KeyError> {
    let text = match fs::read_to_string(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return make_key(path).map_err(|cause| KeyError::Make { path: path.to_owned(), cause });
        }
        read => read.map_err(|cause| KeyError::Read { path: path.to_owned(), cause })?,
    };
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{mode:o}"), "others can read the signing key: chmod 600");
    }
    let digits = text.trim().as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let key: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    key.filter(|key| key.len() == KEY_BYTES && digits.len() == 2 * KEY_BYTES)
        .ok_or_else(|| KeyError::Malformed(path.to_owned()))
}

/// Writes the key beside its place and moves it there, so that a crash leaves no half of one.
fn make_key(path: &Path) -> io::Result<Vec<u8>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut key = vec![0; KEY_BYTES];
    getrandom::fill(&mut key)?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let unfinished = path.with_extension("new");
    // One that a crash has left may have another mode.
    let _ = fs::remove_file(&unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(digits.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now_ms;

    fn tokens() -> (tempfile::TempDir, Tokens) {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(&folder.path().join("key"), 1).unwrap();
        (folder, tokens)
    }

    fn claims() -> serde_json::Value {
        let now = now_ms() / 1000;
        serde_json::json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "7", "jti": "s", "iat": now, "nbf": now, "exp": now + 60,
        })
    }

    fn sign(tokens: &Tokens, claims: &serde_json::Value) -> String {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &tokens.signing).unwrap()
    }

    #[test]
    fn a_token_says_whose_session_it_is_across_a_restart() {
        let (folder, tokens) = tokens();
        let token = tokens.sign(7, "s", now_ms());
        let again = Tokens::open(&folder.path().join("key"), 1).unwrap();
        assert_eq!(again.check(&token), Some(Bearer { user_id: 7, session_id: "s".into() }));
    }

    #[test]
    fn every_claim_is_required() {
        let (_folder, tokens) = tokens();
        assert!(tokens.check(&sign(&tokens, &claims())).is_some());
        for claim in ["iss", "aud", "sub", "jti", "iat", "nbf", "exp"] {
            let mut without = claims();
            without.as_object_mut().unwrap().remove(claim);
            assert_eq!(tokens.check(&sign(&tokens, &without)), None, "{claim}");
        }
    }

    #[test]
    fn every_claim_is_checked_to_the_second() {
        let (_folder, tokens) = tokens();
        let now = now_ms() / 1000;
        let wrong = [
            ("iss", serde_json::json!("other")),
            ("aud", serde_json::json!("other")),
            ("sub", serde_json::json!("alice")),
            ("exp", serde_json::json!(now - 1)),
            ("nbf", serde_json::json!(now + 10)),
            ("iat", serde_json::json!(now + 10)),
        ];
        for (claim, value) in wrong {
            let mut wrong = claims();
            wrong[claim] = value;
            assert_eq!(tokens.check(&sign(&tokens, &wrong)), None, "{claim}");
        }
    }

    #[test]
    fn another_key_and_another_algorithm_are_refused() {
        let (_folder, ours) = tokens();
        let (_other_folder, theirs) = tokens();
        assert_eq!(ours.check(&sign(&theirs, &claims())), None);
        let hs512 = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(), &ours.signing).unwrap();
        assert_eq!(ours.check(&hs512), None);
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.";
        assert_eq!(ours.check(none), None);
    }

    #[test]
    fn the_key_is_its_owners_alone() {
        let (folder, _tokens) = tokens();
        let mode = fs::metadata(folder.path().join("key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
