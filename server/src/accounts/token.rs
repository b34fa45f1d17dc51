//! Bearer tokens: JWT (RFC 7519) signed with HS256 (RFC 7515). Knows the keys and the claims, but not whether a token's
//! session is still signed in.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::hs256;
use super::jump::Jumps;
use super::keys::{self, Key, KeyError};
use crate::domain::clock;
use crate::domain::ids::UserId;
use crate::sessions::Validity;

/// The issuer and the audience of all tokens.
const ISSUER: &str = "linger";
const AUDIENCE: &str = "linger";

/// The audience of the tokens that the server's shell signs for itself. They are no session's.
const SHELL_AUDIENCE: &str = "linger-shell";

/// How long such a token is valid.
const SHELL_SECONDS: i64 = 60;

/// How far apart the clocks of nodes may be. A new token is valid at once on a node whose clock is behind.
const CLOCK_SKEW_SECONDS: i64 = 5;

/// The text that is signed to name a key. It cannot be a token's, because the signed part of a token contains a dot.
const KEY_ID_OF: &[u8] = b"linger key id";

/// 48 bits, enough to distinguish a few keys.
const KEY_ID_CHARACTERS: usize = 8;

/// Signs tokens and checks them.
pub(crate) struct Tokens {
    signing: EncodingKey,
    /// Names the signing key.
    header: Header,
    /// Every accepted key; the signing key comes first.
    checking: Vec<CheckingKey>,
    validation: Validation,
    shell_validation: Validation,
    lifetime_seconds: i64,
    jumps: Jumps,
    /// The key file, if this is the start that has made it.
    made_key: Option<PathBuf>,
}

struct CheckingKey {
    id: String,
    key: DecodingKey,
}

/// The claims of a token. All of them are required and checked.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user's id.
    sub: String,
    /// The session's id.
    jti: String,
    /// How often the session's token had been renewed. The first token leaves it out, as all did before 0.2.
    #[serde(rename = "gen", default, skip_serializing_if = "is_zero")]
    generation: i64,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// The content of a valid token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) user_id: UserId,
    pub(crate) session_id: String,
    pub(crate) validity: Validity,
}

/// Why a token is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    Invalid,
    /// It is valid, but the clock is behind its time of issue, or has just jumped beyond its end. It is worth trying
    /// again after this time.
    Clock(Duration),
}

impl Tokens {
    /// Reads the keys, or creates one at the first start.
    pub(crate) fn open(key_file: &Path, token_days: u32) -> Result<Self, KeyError> {
        hs256::install();
        let made_key = Some(key_file.to_owned()).filter(|file| !file.exists());
        let keys = keys::read_or_make(key_file)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        let mut shell_validation = validation.clone();
        shell_validation.set_audience(&[SHELL_AUDIENCE]);
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key_id(&keys[0]));
        let checking = keys.iter().map(|key| CheckingKey { id: key_id(key), key: DecodingKey::from_secret(key) });
        Ok(Self {
            signing: EncodingKey::from_secret(&keys[0]),
            header,
            checking: checking.collect(),
            validation,
            shell_validation,
            lifetime_seconds: i64::from(token_days) * 24 * 60 * 60,
            jumps: Jumps::new(clock::now_ms()),
            made_key,
        })
    }

    /// Tells when the clock was last seen, in milliseconds since 1970, by a server on the same database; `None` for a
    /// new database. If it is not new and this start made the signing key, logs a warning.
    #[must_use]
    pub(crate) fn seen_at(self, seen_ms: Option<i64>) -> Self {
        if let (Some(path), Some(_)) = (&self.made_key, seen_ms) {
            let path = path.display();
            tracing::warn!(%path, "the signing key is missing; created a new one: all users must sign in again unless you restore the old key");
        }
        let now_ms = clock::now_ms();
        Self { jumps: Jumps::since(seen_ms.unwrap_or(now_ms), now_ms), ..self }
    }

    /// Returns when a token issued at this time expires; both in milliseconds since 1970.
    pub(crate) fn expires_ms(&self, issued_ms: i64) -> i64 {
        (issued_ms / 1000 + self.lifetime_seconds) * 1000
    }

    /// Returns a token for a session. `generation` says how often the session's token was renewed.
    pub(crate) fn sign(&self, user: UserId, session_id: &str, generation: i64, issued_ms: i64) -> String {
        let now = issued_ms / 1000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.to_string(),
            jti: session_id.to_owned(),
            generation,
            iat: now,
            nbf: now - CLOCK_SKEW_SECONDS,
            exp: self.expires_ms(issued_ms) / 1000,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing)
            .expect("claims of strings and integers are JSON, and the key fits the algorithm")
    }

    /// Returns a token for the server's shell, valid for a minute.
    pub(crate) fn sign_shell(&self) -> String {
        let now = clock::now_ms() / 1000;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: SHELL_AUDIENCE.to_owned(),
            sub: "shell".to_owned(),
            jti: "shell".to_owned(),
            generation: 0,
            iat: now,
            nbf: now - CLOCK_SKEW_SECONDS,
            exp: now + SHELL_SECONDS,
        };
        jsonwebtoken::encode(&self.header, &claims, &self.signing)
            .expect("claims of strings and integers are JSON, and the key fits the algorithm")
    }

    /// Returns whether this is a valid token of the server's shell.
    pub(crate) fn is_shell(&self, token: &str) -> bool {
        let now = clock::now_ms() / 1000;
        self.decode(token, &self.shell_validation)
            .is_some_and(|claims| claims.nbf <= now && now < claims.exp && claims.exp - claims.nbf <= 2 * SHELL_SECONDS)
    }

    /// Returns a token's content.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] if the token is not valid; [`TokenError::Clock`] if it may be once the server's clock is
    /// right.
    pub(crate) fn check(&self, token: &str) -> Result<Bearer, TokenError> {
        let claims = self.decode(token, &self.validation).ok_or(TokenError::Invalid)?;
        let user_id = claims.sub.parse().map_err(|_| TokenError::Invalid)?;
        let now_ms = clock::now_ms();
        let now = now_ms / 1000;
        if claims.iat.saturating_sub(CLOCK_SKEW_SECONDS) > now {
            return Err(TokenError::Clock(Duration::from_secs(claims.iat.abs_diff(now))));
        }
        let expires_ms = claims.exp.saturating_mul(1000);
        if expires_ms <= now_ms {
            let would_have_expired = expires_ms <= self.jumps.undo(now_ms);
            return Err(if would_have_expired {
                TokenError::Invalid
            } else {
                TokenError::Clock(Duration::from_secs(30))
            });
        }
        // No token of linger's is valid later than it is issued.
        if claims.nbf > now {
            return Err(TokenError::Invalid);
        }
        let validity = Validity { generation: claims.generation, expires_ms };
        Ok(Bearer { user_id, session_id: claims.jti, validity })
    }

    /// Checks everything but the times.
    fn decode(&self, token: &str, validation: &Validation) -> Option<Claims> {
        let key_id = jsonwebtoken::decode_header(token).ok()?.kid;
        // Older tokens do not name their key, so every key is tried.
        let mut candidates = self.checking.iter().filter(|key| key_id.as_ref().is_none_or(|id| *id == key.id));
        let decode = |key: &CheckingKey| jsonwebtoken::decode::<Claims>(token, &key.key, validation).ok();
        Some(candidates.find_map(decode)?.claims)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(generation: &i64) -> bool {
    *generation == 0
}

/// Returns the name of a key in the tokens that it signs (RFC 7515, 4.1.4), so that checking a token takes one hash. It
/// is part of a keyed hash, which does not reveal the key.
fn key_id(key: &Key) -> String {
    let mut id = jsonwebtoken::crypto::sign(KEY_ID_OF, &EncodingKey::from_secret(key), Algorithm::HS256)
        .expect("the key fits the algorithm");
    id.truncate(KEY_ID_CHARACTERS);
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::now_ms;

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
    fn a_token_names_its_user_and_session_across_a_restart() {
        let (folder, tokens) = tokens();
        let token = tokens.sign(7, "s", 3, now_ms());
        let again = Tokens::open(&folder.path().join("key"), 1).unwrap();
        let bearer = again.check(&token).unwrap();
        assert_eq!((bearer.user_id, bearer.session_id.as_str(), bearer.validity.generation), (7, "s", 3));
    }

    #[test]
    fn every_claim_is_required() {
        let (_folder, tokens) = tokens();
        assert!(tokens.check(&sign(&tokens, &claims())).is_ok());
        for claim in ["iss", "aud", "sub", "jti", "iat", "nbf", "exp"] {
            let mut without = claims();
            without.as_object_mut().unwrap().remove(claim);
            assert_eq!(tokens.check(&sign(&tokens, &without)), Err(TokenError::Invalid), "{claim}");
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
        ];
        for (claim, value) in wrong {
            let mut wrong = claims();
            wrong[claim] = value;
            assert_eq!(tokens.check(&sign(&tokens, &wrong)), Err(TokenError::Invalid), "{claim}");
        }
        let mut early = claims();
        early["iat"] = serde_json::json!(now + 10);
        early["nbf"] = serde_json::json!(now + 5);
        let Err(TokenError::Clock(wait)) = tokens.check(&sign(&tokens, &early)) else { panic!("the clock is behind") };
        assert!((9..=10).contains(&wait.as_secs()), "{wait:?}");
    }

    /// Returns the tokens of a node that started before the first step, and of one that started after each step.
    fn tokens_at_each_step(steps: &[fn(&mut keys::KeyFile)]) -> Vec<Tokens> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let mut nodes = vec![Tokens::open(&path, 1).unwrap()];
        for step in steps {
            let mut file = keys::KeyFile::open(&path).unwrap();
            step(&mut file);
            file.write().unwrap();
            nodes.push(Tokens::open(&path, 1).unwrap());
        }
        nodes
    }

    fn accepts(checks: &Tokens, signs: &Tokens) -> bool {
        checks.check(&signs.sign(7, "s", 0, now_ms())).is_ok()
    }

    #[test]
    fn neighbouring_steps_of_a_prepared_rotation_accept_each_others_tokens() {
        let prepare: fn(&mut keys::KeyFile) = |file| file.add_next().unwrap();
        let rotate: fn(&mut keys::KeyFile) = |file| file.rotate(now_ms()).unwrap();
        let nodes = tokens_at_each_step(&[prepare, rotate, prepare, rotate]);
        for pair in nodes.windows(2) {
            assert!(accepts(&pair[0], &pair[1]) && accepts(&pair[1], &pair[0]));
        }
        assert!(accepts(&nodes[4], &nodes[0]), "tokens from before all steps are still accepted");
        let nodes = tokens_at_each_step(&[rotate]);
        assert!(!accepts(&nodes[0], &nodes[1]), "a key that was not prepared is refused");
    }

    #[test]
    fn another_key_and_another_algorithm_are_refused() {
        let (_folder, ours) = tokens();
        let (_other_folder, theirs) = tokens();
        assert_eq!(ours.check(&sign(&theirs, &claims())), Err(TokenError::Invalid));
        let hs512 = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(), &ours.signing);
        assert!(hs512.is_err(), "nothing here signs with it");
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI3In0.";
        assert_eq!(ours.check(none), Err(TokenError::Invalid));
    }
}
