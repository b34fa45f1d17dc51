//! The connection: time limits, certificates, proxies, and the trace for `--verbose`. Knows no calls.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ureq::http::{Request, Response};
use ureq::middleware::MiddlewareNext;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, Proxy, SendBody};

use super::server::Server;
use crate::domain::Failure;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The variables that may name a proxy, in the order in which ureq reads them.
const PROXIES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// How connections to a server are made.
pub(super) struct Network {
    roots: RootCerts,
    has_proxy: bool,
    is_traced: bool,
}

impl Network {
    /// Reads the certificates to trust instead of the system's, if a file is given.
    ///
    /// The system's are found as OpenSSL finds them, including `SSL_CERT_FILE` and `SSL_CERT_DIR`. The first of
    /// `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY` names a proxy, which is not used for loopback addresses.
    pub(super) fn new(server: &Server, ca_file: Option<&Path>, is_traced: bool) -> Result<Self, Failure> {
        if !server.is_loopback() {
            check_proxy()?;
        }
        let roots = ca_file.map_or(Ok(RootCerts::PlatformVerifier), certificates_in)?;
        Ok(Self { roots, has_proxy: !server.is_loopback(), is_traced })
    }

    /// Returns an agent with this time limit.
    pub(super) fn agent(&self, timeout: Duration) -> Agent {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would forward the token.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(timeout))
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .user_agent(concat!("linger/", env!("CARGO_PKG_VERSION")));
        if !self.has_proxy {
            config = config.proxy(None);
        }
        if self.is_traced {
            config = config.middleware(trace);
        }
        config.build().into()
    }
}

/// Refuses a proxy whose port cannot be read: ureq would send the proxy's password to the usual port instead.
fn check_proxy() -> Result<(), Failure> {
    for name in PROXIES {
        let Some(proxy) = env::var(name).ok().and_then(|url| Proxy::new(&url).ok()) else { continue };
        let Some(authority) = proxy.uri().authority() else { continue };
        let behind_host = authority.as_str().rsplit(['@', ']']).next().unwrap_or_default();
        if behind_host.contains(':') && authority.port_u16().is_none_or(|port| port == 0) {
            return Err(Failure::Usage(format!("{name}: the port of a proxy is a number from 1 to 65535")));
        }
        // The first that is set counts.
        break;
    }
    Ok(())
}

fn certificates_in(path: &Path) -> Result<RootCerts, Failure> {
    let refused = |why: String| Failure::Usage(format!("ca_file {}: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let mut certificates: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| refused(error.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(refused("no certificate found".to_owned()));
    }
    Ok(certificates.into())
}

/// Logs each call on one line: request, outcome and duration. No headers, so no token, and no bodies.
fn trace(request: Request<SendBody>, next: MiddlewareNext) -> Result<Response<Body>, ureq::Error> {
    let asked = format!("{} {}", request.method(), request.uri());
    let begun = Instant::now();
    let answer = next.handle(request);
    let outcome = match &answer {
        Ok(answer) => {
            let id = answer.headers().get("X-Request-Id").and_then(|id| id.to_str().ok()).unwrap_or("-");
            format!("{} (request {id})", answer.status())
        }
        Err(error) => error.to_string(),
    };
    // Standard error may be closed.
    let _ = writeln!(io::stderr(), "linger: {asked}: {outcome}, {} ms", begun.elapsed().as_millis());
    answer
}
