//! The running server, called over HTTP with a token that the signing key vouches for. HTTP 1.0, in which an answer
//! ends with its connection, is all that this needs.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use figment::Figment;
use serde_json::Value;

use super::{Calls, ShellError, read_answer};
use crate::accounts::Tokens;
use crate::commands::healthcheck::reachable;
use crate::config::{self, Settings};

/// How long the server may take. A write that finds the database away takes some seconds.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A server that listens at the address of the settings.
pub struct Remote {
    address: SocketAddr,
    tokens: Tokens,
}

impl Remote {
    /// Looks for the server that these settings are of. Returns `None` if nothing listens there.
    ///
    /// # Errors
    /// If the settings or the signing key cannot be read, or if the address cannot be reached.
    pub fn find(figment: &Figment) -> Result<Option<Self>, ShellError> {
        let (address, port) = config::listen_address(figment)?;
        let settings = Settings::extract(figment)?;
        let address = SocketAddr::new(reachable(address), port);
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(None),
            Err(error) => Err(io::Error::new(error.kind(), format!("cannot reach {address}: {error}")).into()),
            Ok(_) => {
                let tokens = Tokens::open(&settings.signing_key_file, settings.token_days)?;
                Ok(Some(Self { address, tokens }))
            }
        }
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<(u16, String)> {
        let (address, token) = (self.address, self.tokens.sign_shell());
        let body = body.map(Value::to_string);
        let mut request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {address}\r\nUser-Agent: lingerd\r\nAuthorization: Bearer {token}\r\n"
        );
        if let Some(body) = &body {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        write!(stream, "{request}\r\n{}", body.as_deref().unwrap_or_default())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, "?"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok((status, body.to_owned()))
    }
}

impl Calls for Remote {
    fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ShellError> {
        let why = |error: io::Error| {
            io::Error::new(error.kind(), format!("the server at {} does not answer: {error}", self.address))
        };
        let (status, body) = self.ask(method, path, body).map_err(why)?;
        read_answer(status, &body)
    }
}
