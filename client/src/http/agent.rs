//! The connection: time limits, certificates, proxies, explained failures, and the trace for `--verbose`. Knows no
//! calls.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use ureq::http::Uri;
use ureq::http::{Request, Response};
use ureq::middleware::MiddlewareNext;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy, SendBody};

use super::sent::{self, Noticing};
use super::server::Server;
use super::tls::Trusted;
use super::trouble::{Called, explain};
use crate::domain::{Failure, plain};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The variables that may name a proxy, in the order in which ureq reads them.
const PROXIES: [&str; 6] = ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// How connections to a server are made.
pub(super) struct Network {
    server: String,
    /// The file of the certificates to trust instead of the system's, and they themselves.
    trusted: Option<(PathBuf, Trusted)>,
    has_proxy: bool,
    /// The proxy in use, and the variable that names it.
    proxy: Option<(String, &'static str)>,
    is_traced: bool,
}

impl Network {
    /// Reads the certificates to trust instead of the system's, if a file is given.
    ///
    /// The system's are found as OpenSSL finds them, including `SSL_CERT_FILE` and `SSL_CERT_DIR`. The first of
    /// `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY` names a proxy, which is not used for loopback addresses.
    pub(super) fn new(server: &Server, ca_file: Option<&Path>, is_traced: bool) -> Result<Self, Failure> {
        let has_proxy = !server.is_loopback();
        let server = server.to_string();
        let proxy = if has_proxy { proxy_of(&server)? } else { None };
        let trusted = ca_file.map(|path| match trusted_in(path) {
            Ok(trusted) => Ok((path.to_owned(), trusted)),
            Err(why) => Err(Failure::Usage(format!("ca_file {}: {why}", path.display()))),
        });
        let trusted = trusted.transpose()?;
        Ok(Self { server, trusted, has_proxy, proxy, is_traced })
    }

    /// Returns an agent with this time limit.
    pub(super) fn agent(&self, timeout: Duration) -> Agent {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A redirect would forward the token.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(timeout))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .user_agent(concat!("linger/", env!("CARGO_PKG_VERSION")));
        if !self.has_proxy {
            config = config.proxy(None);
        }
        if self.is_traced {
            config = config.middleware(trace);
        }
        let (server, proxy) = (self.server.clone(), self.proxy.clone());
        let ca_file = self.trusted.as_ref().map(|(path, _)| path.clone());
        let config = config.middleware(move |request: Request<SendBody<'_>>, next: MiddlewareNext<'_>| {
            sent::begin();
            next.handle(request).map_err(|error| {
                let (proxy, ca_file) = (proxy.as_ref(), ca_file.as_deref());
                let called = Called { server: &server, proxy, ca_file, is_sent: sent::has_begun() };
                ureq::Error::Other(Box::new(explain(&error, &called)))
            })
        });
        let resolver = DefaultResolver::default();
        match &self.trusted {
            Some((_, trusted)) => Agent::with_parts(config.build(), Noticing(trusted.connector()), resolver),
            None => Agent::with_parts(config.build(), Noticing(DefaultConnector::default()), resolver),
        }
    }
}

/// Returns the proxy that ureq will use for this server, without its password, and the variable that names it.
///
/// # Errors
///
/// [`Failure::Usage`] if its port cannot be read: ureq would send the proxy's password to the usual port instead.
fn proxy_of(server: &str) -> Result<Option<(String, &'static str)>, Failure> {
    for name in PROXIES {
        let Some(proxy) = env::var(name).ok().and_then(|url| Proxy::new(&url).ok()) else { continue };
        let Some(authority) = proxy.uri().authority() else { continue };
        let behind_host = authority.as_str().rsplit(['@', ']']).next().unwrap_or_default();
        if behind_host.contains(':') && authority.port_u16().is_none_or(|port| port == 0) {
            return Err(Failure::Usage(format!("{name}: the port of a proxy is a number from 1 to 65535")));
        }
        // The first that is set counts.
        let is_used = !Proxy::try_from_env()
            .is_some_and(|proxy| server.parse::<Uri>().is_ok_and(|server| proxy.is_no_proxy(&server)));
        return Ok(is_used.then(|| (format!("{}:{}", proxy.host(), proxy.port()), name)));
    }
    Ok(None)
}

/// Returns why a file holds no certificates to trust.
pub(crate) fn refuse_untrusted(path: &Path) -> Result<(), String> {
    trusted_in(path).map(|_| ())
}

fn trusted_in(path: &Path) -> Result<Trusted, String> {
    let pem = std::fs::read(path).map_err(plain)?;
    let mut certificates = Vec::new();
    for item in parse_pem(&pem) {
        let item = item.map_err(|_| "this is not a file of certificates in PEM format")?;
        if let PemItem::Certificate(certificate) = item {
            certificates.push(CertificateDer::from(certificate.der().to_vec()));
        }
    }
    if certificates.is_empty() {
        return Err("no certificate found".to_owned());
    }
    Trusted::new(certificates).ok_or_else(|| "its certificates cannot be read".to_owned())
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
        Err(error) => super::answer::unreached(error).why,
    };
    // Standard error may be closed.
    let _ = writeln!(io::stderr(), "linger: {asked}: {outcome}, {} ms", begun.elapsed().as_millis());
    answer
}
