//! Calls without an answer, explained: where to, why, and what to do. Knows no calls.

use std::io::ErrorKind;
use std::path::Path;

use jiff::Timestamp;
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use ureq::Error;

use crate::domain::{Unreached, plain};

/// Why a call was given up.
pub(crate) const NO_ANSWER: &str = "no answer came in time";

/// The server and the proxy of a call, and how far it came, to explain its failure.
pub(super) struct Called<'a> {
    pub(super) server: &'a str,
    /// The proxy in use, and the variable that names it.
    pub(super) proxy: Option<&'a (String, &'static str)>,
    pub(super) ca_file: Option<&'a Path>,
    /// Whether any part of the request was sent.
    pub(super) is_sent: bool,
}

/// Explains why a call got no answer.
pub(super) fn explain(error: &Error, called: &Called<'_>) -> Unreached {
    let place = match called.proxy {
        Some((proxy, variable)) => format!("{} through the proxy {proxy} ({variable})", called.server),
        None => called.server.to_owned(),
    };
    let (why, advice) = match tls_error(error) {
        Some(error) => untrusted(error, called),
        None => broken(error, called),
    };
    Unreached { place, why, advice, is_sent: called.is_sent }
}

/// Explains an error in the middle of an answer, without knowing what was called.
pub(super) fn explain_alone(error: &Error) -> Unreached {
    let called = Called { server: "", proxy: None, ca_file: None, is_sent: true };
    Unreached { why: broken(error, &called).0, is_sent: true, ..Unreached::default() }
}

fn tls_error(error: &Error) -> Option<&rustls::Error> {
    match error {
        Error::Rustls(error) => Some(error),
        Error::Io(error) => error.get_ref()?.downcast_ref(),
        _ => None,
    }
}

fn broken(error: &Error, called: &Called<'_>) -> (String, String) {
    let address = match called.proxy {
        Some((_, variable)) => format!("Check the address in {variable}, or leave the proxy out with NO_PROXY."),
        None => "Check the address and its port; --server URL names another one.".to_owned(),
    };
    let online = "Check the address, and that you are online.".to_owned();
    let again = match called.server.starts_with("http:") {
        true => "Try again; a server that speaks https only does this, too.",
        false => "Try again.",
    };
    let kind = if let Error::Io(error) = error { Some(error.kind()) } else { None };
    match (error, kind) {
        (Error::HostNotFound, _) => ("there is no host of that name".to_owned(), online),
        (_, Some(ErrorKind::ConnectionRefused)) => ("the connection was refused".to_owned(), address),
        (_, Some(ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable)) => {
            ("the network does not lead there".to_owned(), online)
        }
        (Error::Timeout(_), _) | (_, Some(ErrorKind::TimedOut)) if !called.is_sent => {
            ("it could not be connected to in time".to_owned(), online)
        }
        (Error::Timeout(_), _) | (_, Some(ErrorKind::TimedOut)) => {
            (NO_ANSWER.to_owned(), "Try again; the server or the network may be overloaded.".to_owned())
        }
        (
            _,
            Some(
                ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe,
            ),
        ) => match called.is_sent {
            true => ("the connection broke before the answer was complete".to_owned(), again.to_owned()),
            false => ("the connection broke before anything was asked".to_owned(), again.to_owned()),
        },
        (Error::ConnectProxyFailed(_), _) => ("the proxy did not let the connection through".to_owned(), address),
        (Error::Protocol(_) | Error::Http(_), _) => ("the answer is not HTTP".to_owned(), address),
        // The standard library has no kind for it.
        (Error::Io(error), _) if error.to_string().contains("lookup address") => {
            ("there is no host of that name".to_owned(), online)
        }
        (Error::Io(error), _) => (plain(error), online),
        (other, _) => (plain(other), address),
    }
}

fn untrusted(error: &rustls::Error, called: &Called<'_>) -> (String, String) {
    let Some(error) = certificate_error(error) else {
        let advice = "Check the address: a server that speaks http and not https does this, too.";
        return ("a secure connection could not be agreed on".to_owned(), advice.to_owned());
    };
    let administrator = "Tell its administrator".to_owned();
    match error {
        CertificateError::NotValidForName => (
            "its certificate is for another name".to_owned(),
            "Use the name that the certificate is for, or trust this very certificate with --ca-file FILE.".to_owned(),
        ),
        CertificateError::NotValidForNameContext { presented, .. } => (
            match presented.as_slice() {
                [] => "its certificate names no host".to_owned(),
                names => format!("its certificate is for {}", names.join(", ")),
            },
            "Use a name that the certificate is for, or trust this very certificate with --ca-file FILE.".to_owned(),
        ),
        CertificateError::ExpiredContext { not_after, .. } => (
            format!("its certificate expired on {}", date(*not_after)),
            format!("{administrator}, and check the clock here."),
        ),
        CertificateError::Expired => {
            ("its certificate has expired".to_owned(), format!("{administrator}, and check the clock here."))
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            ("its certificate is not valid yet".to_owned(), "Check the clock of this machine.".to_owned())
        }
        CertificateError::Revoked => ("its certificate was revoked".to_owned(), format!("{administrator}.")),
        CertificateError::UnknownIssuer | CertificateError::Other(_) => match called.ca_file {
            Some(file) => (
                format!("its certificate is not in {}, nor signed by one that is", file.display()),
                "The server may have a new certificate: get it from its administrator.".to_owned(),
            ),
            None => (
                "no authority that this system trusts has signed its certificate".to_owned(),
                "If the server made its own, with `openssl req -x509` for example, get the certificate from its \
                 administrator and pass it with --ca-file FILE."
                    .to_owned(),
            ),
        },
        _ => ("its certificate cannot be verified".to_owned(), format!("{administrator}.")),
    }
}

fn certificate_error(error: &rustls::Error) -> Option<&CertificateError> {
    match error {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds)
        .map_or_else(|_| "an unknown day".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use ureq::Timeout;

    use super::*;

    const PLAIN: Called<'_> = Called { server: "https://chat.example", proxy: None, ca_file: None, is_sent: false };

    fn io(kind: ErrorKind) -> Error {
        Error::Io(kind.into())
    }

    #[test]
    fn every_explanation_has_three_parts() {
        for error in [
            Error::HostNotFound,
            io(ErrorKind::ConnectionRefused),
            io(ErrorKind::ConnectionReset),
            io(ErrorKind::NetworkUnreachable),
            io(ErrorKind::Other),
            Error::Timeout(Timeout::Connect),
            Error::Timeout(Timeout::Global),
            Error::ConnectionFailed,
            Error::ConnectProxyFailed("no".into()),
            Error::Rustls(rustls::Error::HandshakeNotComplete),
            Error::Rustls(CertificateError::Expired.into()),
            Error::Rustls(CertificateError::UnknownIssuer.into()),
            Error::Rustls(CertificateError::BadSignature.into()),
        ] {
            let said = explain(&error, &PLAIN).to_string();
            let rest = said.strip_prefix("Cannot reach https://chat.example: ").unwrap();
            assert!(rest.contains(". ") && rest.ends_with('.') && !rest.contains(".."), "{said}");
        }
    }

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = ("http://proxy.example:3128".to_owned(), "HTTPS_PROXY");
        let called = Called { proxy: Some(&proxy), ..PLAIN };
        let said = explain(&io(ErrorKind::ConnectionRefused), &called).to_string();
        let place = "https://chat.example through the proxy http://proxy.example:3128 (HTTPS_PROXY): ";
        assert!(said.contains(place) && said.contains("NO_PROXY"), "{said}");
    }

    #[test]
    fn a_certificate_of_its_own_can_be_trusted_and_the_words_say_so() {
        let unknown = Error::Rustls(CertificateError::UnknownIssuer.into());
        assert!(explain(&unknown, &PLAIN).advice.contains("--ca-file FILE"));
        // As a connection reports it.
        let error = std::io::Error::other(rustls::Error::from(CertificateError::UnknownIssuer));
        let called = Called { ca_file: Some(Path::new("/tmp/ca.pem")), ..PLAIN };
        let said = explain(&Error::Io(error), &called).to_string();
        assert!(said.contains("is not in /tmp/ca.pem, nor signed by one that is"), "{said}");
    }
}
