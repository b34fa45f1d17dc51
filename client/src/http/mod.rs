//! linger's HTTP calls, one blocking function each. Only this folder names ureq. It never retries, and knows nothing of
//! its callers.

mod account;
mod agent;
mod answer;
mod attended;
mod backoff;
mod changes;
mod code;
mod door;
mod identity;
mod key;
mod lists;
mod membership;
mod probe;
mod reading;
mod retry;
mod rooms;
mod sent;
mod server;
mod tls;
mod token;
mod trouble;

use std::path::Path;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use linger_api::{Connected, IDEMPOTENCY_KEY, Message, Send, SendPrivate};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use ureq::typestate::{WithBody, WithoutBody};
use ureq::{Agent, RequestBuilder};

use crate::domain::{Conversation, Failure};

pub(crate) use self::account::Me;
use self::agent::Network;
pub(crate) use self::agent::refuse_untrusted;
use self::answer::{dated_json_of, done, json_of};
pub(crate) use self::attended::{Clock, TICK, attended};
pub(crate) use self::backoff::Backoff;
pub(crate) use self::changes::Place;
pub(crate) use self::code::{Code, CodeKind};
pub(crate) use self::door::Door;
pub(crate) use self::identity::Identity;
pub(crate) use self::key::{KEPT, is_forgotten, new_key};
pub(crate) use self::probe::Probe;
pub(crate) use self::reading::{PAGE_LIMIT, Stream};
pub(crate) use self::retry::with_key;
pub(crate) use self::server::Server;
pub(crate) use self::token::Token;
pub(crate) use self::trouble::NO_ANSWER;

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
    network: Network,
    /// The connections in use, until [`Http::reconnect`].
    agent: RwLock<Agent>,
    token: RwLock<Token>,
    /// Whether the latest poll that asked for changes was answered with them.
    tells_changes: AtomicBool,
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
        let agent = RwLock::new(network.agent(CALL_TIMEOUT));
        Ok(Self {
            server: server.clone(),
            network,
            agent,
            token: RwLock::default(),
            tells_changes: AtomicBool::default(),
        })
    }

    /// Opens new connections from now on. Those from before may carry nothing any more, after a sleep or in another
    /// network, and tell only once a call has timed out.
    pub(crate) fn reconnect(&self) {
        *self.agent.write().expect(NO_PANIC) = self.network.agent(CALL_TIMEOUT);
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Continues an existing session.
    pub(crate) fn set_token(&self, token: Token) {
        *self.token.write().expect(NO_PANIC) = token;
    }

    /// Returns the current token of the session.
    pub(crate) fn token(&self) -> Token {
        self.token.read().expect(NO_PANIC).clone()
    }

    /// Connects, and takes over the new session. Retries with the same key make one account, or one guest. Unless
    /// `may_create`, a free name is refused like a wrong password. Servers before 0.2 ignore a code.
    pub(crate) fn connect(
        &self,
        identity: &Identity,
        may_create: bool,
        code: Option<&Code>,
        key: &str,
    ) -> Result<Connected, Failure> {
        let request = self.agent().post(self.url("/connect")).header(IDEMPOTENCY_KEY, key);
        let connected = dated_json_of(request.send_json(identity.body(may_create, code)));
        self.take_over(connected?)
    }

    /// Connects the same user again, for a new session and a valid cursor.
    pub(crate) fn connect_again(&self) -> Result<Connected, Failure> {
        self.take_over(dated_json_of(self.post("/connect").header(IDEMPOTENCY_KEY, new_key()?).send_json(json!({})))?)
    }

    fn take_over(&self, (signed, at): (Signed, Option<SystemTime>)) -> Result<Connected, Failure> {
        let Signed { connected, expires_at } = signed;
        self.set_token(Token::issued_now(connected.token.clone(), expires_at, at));
        Ok(connected)
    }

    /// Renews the token of the session. The earlier one runs out within a minute.
    ///
    /// # Errors
    ///
    /// A failure for which [`Failure::is_not_found`] holds if the server cannot renew tokens, as before 0.2.
    pub(crate) fn renew(&self) -> Result<(), Failure> {
        let (Renewed { token, expires_at }, at) = dated_json_of(self.post("/me/token").send_empty())?;
        self.set_token(Token::issued_now(token, expires_at, at));
        Ok(())
    }

    /// Signs the session out.
    pub(crate) fn disconnect(&self) -> Result<(), Failure> {
        let request = self.post("/disconnect").config().timeout_global(Some(DISCONNECT_TIMEOUT));
        done(request.build().send_empty())
    }

    /// Sends a message. Retries with the same key store it once.
    pub(crate) fn send(&self, to: &Conversation, text: &str, key: &str) -> Result<Message, Failure> {
        self.send_in_reply(to, None, text, key)
    }

    /// Sends a message, as a reply to message number `reply_to` if that is given.
    pub(crate) fn send_in_reply(
        &self,
        to: &Conversation,
        reply_to: Option<i64>,
        text: &str,
        key: &str,
    ) -> Result<Message, Failure> {
        if reply_to.is_some() {
            self.require_changes()?;
        }
        let text = text.to_owned();
        match to {
            Conversation::Room(name) => {
                self.send_with_key("/send", key, Send { text, room: Some(name.clone()), room_id: None, reply_to })
            }
            Conversation::Direct(name) => {
                let (to, recipient_id) = (Some(name.clone()), None);
                self.send_with_key("/send-private", key, SendPrivate { to, recipient_id, text, reply_to })
            }
        }
    }

    fn send_with_key(&self, path: &str, key: &str, body: impl Serialize) -> Result<Message, Failure> {
        json_of(self.post(path).header(IDEMPOTENCY_KEY, key).send_json(body))
    }

    fn agent(&self) -> Agent {
        self.agent.read().expect(NO_PANIC).clone()
    }

    fn get(&self, path: &str) -> RequestBuilder<WithoutBody> {
        self.agent().get(self.url(path)).header("Authorization", self.bearer())
    }

    fn post(&self, path: &str) -> RequestBuilder<WithBody> {
        self.agent().post(self.url(path)).header("Authorization", self.bearer())
    }

    /// Prepares a request about a name that was typed.
    fn get_of(&self, path: &str, parameter: &str, typed: &str) -> RequestBuilder<WithoutBody> {
        self.get(path).query(parameter, within(typed))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token().reveal())
    }
}

/// Returns what fits into the address of a request. The library panics if an address is too long. Whatever the server
/// knows is shorter, so it refuses the beginning as it would the whole.
fn within(typed: &str) -> &str {
    let is_plain = typed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    // Any other byte becomes three.
    &typed[..typed.floor_char_boundary(if is_plain { 60_000 } else { 20_000 })]
}

const NO_PANIC: &str = "no thread panics with the lock";

/// The answer to a sign-in, and when its token expires. Servers before 0.2 do not tell that.
struct Signed {
    connected: Connected,
    expires_at: Option<String>,
}

impl<'de> Deserialize<'de> for Signed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let answer = Value::deserialize(deserializer)?;
        let expires_at = answer["expires_at"].as_str().map(str::to_owned);
        Ok(Self { connected: Connected::deserialize(answer).map_err(D::Error::custom)?, expires_at })
    }
}

/// The answer to a renewal.
#[derive(Deserialize)]
struct Renewed {
    token: String,
    expires_at: Option<String>,
}
