//! linger's HTTP calls, one blocking function each. Only this folder names ureq. It never retries, and knows nothing of
//! its callers.

mod agent;
mod backoff;
mod identity;
mod lists;
mod reading;
mod rooms;
mod server;
mod token;

use std::path::Path;
use std::sync::RwLock;
use std::time::Duration;

use linger_api::{Connected, IDEMPOTENCY_KEY, Message, Problem, Send, SendPrivate};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use ureq::http::Response;
use ureq::typestate::{WithBody, WithoutBody};
use ureq::{Agent, Body, RequestBuilder};

use crate::domain::{Conversation, Failure};

use self::agent::Network;
pub(crate) use self::backoff::Backoff;
pub(crate) use self::identity::Identity;
pub(crate) use self::reading::{PAGE_LIMIT, Stream};
pub(crate) use self::server::Server;
pub(crate) use self::token::Token;

/// How long the server is asked to hold a poll: short enough for middleboxes that forget idle connections.
pub(crate) const POLL_WAIT: Duration = Duration::from_secs(25);
/// How much longer a poll may take before the connection counts as dead.
const POLL_GRACE: Duration = Duration::from_secs(10);
const CALL_TIMEOUT: Duration = Duration::from_secs(15);
/// Signing out must not delay leaving.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The server's page size limit for lists.
const LIST_LIMIT: usize = 500;

/// A session on a server.
pub(crate) struct Http {
    server: Server,
    calls: Agent,
    /// A separate agent: a held poll outlasts the time limit of calls, and no call queues behind it.
    polls: Agent,
    token: RwLock<Token>,
}

impl Http {
    /// Prepares a connection without a session. `ca_file` holds certificates to trust instead of the system's;
    /// `is_traced` logs each call to standard error.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] if that file is unusable.
    pub(crate) fn new(server: &Server, ca_file: Option<&Path>, is_traced: bool) -> Result<Self, Failure> {
        let network = Network::new(server, ca_file, is_traced)?;
        Ok(Self {
            server: server.clone(),
            calls: network.agent(CALL_TIMEOUT),
            polls: network.agent(POLL_WAIT + POLL_GRACE),
            token: RwLock::default(),
        })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Continues an existing session.
    pub(crate) fn set_token(&self, token: Token) {
        *self.token.write().expect("no thread panics with the token") = token;
    }

    fn token(&self) -> Token {
        self.token.read().expect("no thread panics with the token").clone()
    }

    /// Connects, and takes over the new session.
    pub(crate) fn connect(&self, identity: &Identity) -> Result<Connected, Failure> {
        let url = self.url("/connect");
        let connected: Connected =
            json_of(self.calls.post(url).send_json(identity.body())).map_err(|failure| self.not_reached(failure))?;
        self.set_token(connected.token.clone().into());
        Ok(connected)
    }

    /// Connects the same user again, for a new session and a valid cursor.
    pub(crate) fn connect_again(&self) -> Result<Connected, Failure> {
        let connected: Connected = json_of(self.post("/connect").send_json(json!({})))?;
        self.set_token(connected.token.clone().into());
        Ok(connected)
    }

    /// Signs the session out.
    pub(crate) fn disconnect(&self) -> Result<(), Failure> {
        let request = self.post("/disconnect").config().timeout_global(Some(DISCONNECT_TIMEOUT));
        accepted(request.build().send_empty()).map(drop)
    }

    /// Sends a message. Retries with the same key store it once.
    pub(crate) fn send(&self, to: &Conversation, text: &str, key: &str) -> Result<Message, Failure> {
        let text = text.to_owned();
        match to {
            Conversation::Room(name) => {
                self.send_with_key("/send", key, Send { text, room: Some(name.clone()), room_id: None })
            }
            Conversation::Direct(name) => {
                let (to, recipient_id) = (Some(name.clone()), None);
                self.send_with_key("/send-private", key, SendPrivate { to, recipient_id, text })
            }
        }
    }

    fn send_with_key(&self, path: &str, key: &str, body: impl Serialize) -> Result<Message, Failure> {
        json_of(self.post(path).header(IDEMPOTENCY_KEY, key).send_json(body))
    }

    fn get(&self, path: &str) -> RequestBuilder<WithoutBody> {
        self.calls.get(self.url(path)).header("Authorization", self.bearer())
    }

    fn post(&self, path: &str) -> RequestBuilder<WithBody> {
        self.calls.post(self.url(path)).header("Authorization", self.bearer())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token().reveal())
    }

    /// Adds the server's address to a failure of the first call.
    fn not_reached(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Network(reason) => Failure::Network(format!("no connection to {}: {reason}", self.server)),
            other => other,
        }
    }
}

fn json_of<T: DeserializeOwned>(answer: Result<Response<Body>, ureq::Error>) -> Result<T, Failure> {
    let body = accepted(answer)?;
    serde_json::from_slice(&body).map_err(|error| Failure::Foreign(error.to_string()))
}

/// Returns the body of a successful answer.
fn accepted(answer: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, Failure> {
    let mut answer = answer.map_err(unreachable)?;
    let body = answer.body_mut().read_to_vec().map_err(unreachable)?;
    if answer.status().is_success() {
        return Ok(body);
    }
    let retry_after = answer.headers().get("Retry-After");
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let status = answer.status();
    // Errors of a proxy are no problem documents.
    let problem = serde_json::from_slice(&body).unwrap_or_else(|_| Problem {
        kind: "about:blank".into(),
        title: String::new(),
        status: status.as_u16(),
        detail: format!("the server answered {status}"),
        errors: Vec::new(),
    });
    Err(Failure::Refused { problem, retry_after: retry_after.map(Duration::from_secs) })
}

fn unreachable(error: ureq::Error) -> Failure {
    Failure::Network(match error {
        // Without the error number, which means nothing to users.
        ureq::Error::Io(error) => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
        ureq::Error::Timeout(_) => "timed out".to_owned(),
        error => error.to_string(),
    })
}

/// Returns an idempotency key: the server stores one message per key, however often it is sent.
pub(crate) fn new_key() -> Result<String, Failure> {
    let random = || getrandom::u64().map_err(|error| Failure::Terminal(format!("no random numbers: {error}")));
    Ok(format!("{:016x}{:016x}", random()?, random()?))
}
