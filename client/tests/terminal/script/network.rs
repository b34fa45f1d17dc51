//! Between client and server: lost answers, proxies, TLS.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::harness::{Home, Server};

/// Where nothing else listens, so that a port that was closed stays closed.
const ASIDE: &str = "127.3.5.7:0";

#[test]
fn a_send_whose_answer_is_lost_is_stored_once() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let lossy = listen(&server, |number, stream, server| {
        let request = read_request(&stream);
        (&server).write_all(&request).unwrap();
        let mut answer = [0; 12];
        (&server).read_exact(&mut answer).unwrap();
        // The message is stored by now; the first two answers are lost.
        if number > 2 {
            (&stream).write_all(&answer).unwrap();
            let _ = io::copy(&mut &server, &mut &stream);
        }
    });
    let token = alice.token("alice");
    let through = Home::new().with("LINGER_SERVER", &lossy).with("LINGER_TOKEN", &token);
    let sent = through.run(&["send", "--json", "once"]).json();
    let texts = alice.run(&["read", "--last", "9", "--json"]).json();
    assert_eq!(texts, sent);
}

#[test]
fn a_proxy_is_used_but_not_for_loopback_addresses() {
    let server = Server::start_with(&[("ROCKET_CHAT__ALLOWED_HOSTS", r#"["chat.example"]"#)]);
    let alice = Home::of_account(&server, "alice");
    let proxy = listen(&server, |_, stream, server| {
        let request = String::from_utf8(read_request(&stream)).unwrap();
        assert!(request.starts_with("CONNECT chat.example:8000 "), "{request}");
        (&stream).write_all(b"HTTP/1.1 200 Go ahead\r\n\r\n").unwrap();
        join(&stream, &server);
    });
    let token = alice.token("alice");
    let mut away = Home::new().with("LINGER_SERVER", "http://chat.example:8000").with("LINGER_TOKEN", &token);
    away.set("HTTP_PROXY", &proxy);
    assert_eq!(away.run(&["whoami"]).ok(), "alice\n");
    away.set("NO_PROXY", "chat.example");
    away.run(&["whoami"]).fails(3);

    for port in ["80000", "0", ""] {
        away.set("HTTP_PROXY", &format!("http://bob:secret@127.0.0.1:{port}"));
        assert!(away.run(&["whoami"]).fails(2).contains("HTTP_PROXY"), "{port}");
    }

    let dead = Home::at(&server).with("LINGER_TOKEN", &token).with("HTTP_PROXY", "http://127.0.0.1:1");
    assert_eq!(dead.run(&["whoami"]).ok(), "alice\n");
}

#[test]
fn tls_needs_a_trusted_certificate() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    let url = listen_with_tls(&server, certificate.der(), &key);

    let mut home = Home::new().with("LINGER_SERVER", &url).with("LINGER_TOKEN", &alice.token("alice"));
    assert!(home.run(&["whoami"]).fails(3).contains("certificate"), "the system does not trust this authority");
    let ca_file = home.configure("").with_file_name("ca.pem");
    std::fs::write(&ca_file, authority.pem()).unwrap();
    assert_eq!(home.run(&["whoami", "--ca-file", ca_file.to_str().unwrap()]).ok(), "alice\n");
    home.configure("ca_file = 'ca.pem'\n");
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n", "a path in the file is relative to the file");
    home.configure("");
    home.set("SSL_CERT_FILE", ca_file.to_str().unwrap());
    assert_eq!(home.run(&["whoami"]).ok(), "alice\n");
    home.set("LINGER_SERVER", &url.replace("localhost", "127.0.0.1"));
    home.run(&["whoami"]).fails(3);

    home.configure("ca_file = 'config.toml'\n");
    assert!(home.run(&["whoami"]).fails(2).contains("no certificate"));
}

#[test]
fn a_certificate_that_openssl_req_x509_makes_can_be_trusted() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    // An authority, as a leaf, and without a name of the host.
    let mut own = CertificateParams::new(Vec::new()).unwrap();
    own.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = own.self_signed(&key).unwrap();
    let url = listen_with_tls(&server, certificate.der(), &key);

    let home = Home::new().with("LINGER_SERVER", &url).with("LINGER_TOKEN", &alice.token("alice"));
    let said = home.run(&["whoami"]).fails(3);
    let (place, advice) = (format!("linger: Cannot reach {url}: "), "pass it with --ca-file FILE.\n");
    assert!(said.starts_with(&place) && said.contains("certificate") && said.ends_with(advice), "{said}");
    let file = home.path().join("own.pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    assert_eq!(home.run(&["whoami", "--ca-file", file.to_str().unwrap()]).ok(), "alice\n");

    // Another one is not trusted, whatever it says of itself.
    let other = KeyPair::generate().unwrap();
    std::fs::write(&file, own.self_signed(&other).unwrap().pem()).unwrap();
    let said = home.run(&["whoami", "--ca-file", file.to_str().unwrap()]).fails(3);
    assert!(said.contains(&format!("is not in {}", file.display())), "{said}");
}

#[test]
fn a_failure_says_what_failed_and_where_and_why_and_what_to_do() {
    let free = TcpListener::bind(ASIDE).unwrap().local_addr().unwrap();
    let mut home = Home::new().with("LINGER_TOKEN", "x").with("LINGER_SERVER", &format!("http://{free}"));
    let said = home.run(&["whoami"]).fails(3);
    let expected = format!(
        "linger: Cannot reach http://{free}: the connection was refused. Check the address and its port; --server URL \
         names another one.\n"
    );
    assert_eq!(said, expected);
    home.set("LINGER_SERVER", "http://nowhere.invalid");
    let said = home.run(&["whoami"]).fails(3);
    assert!(said.contains("Cannot reach http://nowhere.invalid: ") && said.contains(". Check the address, "), "{said}");
    home.set("LINGER_SERVER", "https://chat.example");
    home.set("HTTPS_PROXY", &format!("http://bob:secret@{free}"));
    let said = home.run(&["whoami"]).fails(3);
    let place = format!("https://chat.example through the proxy {free} (HTTPS_PROXY): the connection was refused.");
    assert!(said.contains(&place) && said.contains("NO_PROXY") && !said.contains("secret"), "{said}");
    let said = home.run(&["whoami", "--ca-file", "missing.pem"]).fails(2);
    assert!(said.contains("No such file or directory\n") && !said.contains("os error"), "{said}");
}

#[test]
fn a_failed_send_says_whether_the_message_may_be_there() {
    let server = Server::start();
    let free = TcpListener::bind(ASIDE).unwrap().local_addr().unwrap();
    let plain = listen(&server, |_, stream, _| drop((&stream).write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")));
    let mute = listen(&server, |_, _, _| {});
    let closed = listen(&server, |_, stream, _| {
        read_request(&stream);
        (&stream).write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let home = |url: &str| Home::new().with("LINGER_SERVER", url).with("LINGER_TOKEN", "x");
    let send = |home: &Home, retry: &str| home.run(&["send", "--retry", retry, "hi"]).fails(3);
    for never in [
        home(&format!("http://{free}")),
        home("http://nowhere.invalid"),
        home(&plain.replace("http:", "https:")),
        home(&mute.replace("http:", "https:")),
        home("https://chat.example").with("HTTPS_PROXY", &closed),
        home("http://chat.example").with("HTTP_PROXY", &format!("http://{free}")),
    ] {
        let said = send(&never, "0");
        assert!(said.contains("; the message was not sent. "), "{said}");
    }

    let lossy = listen(&server, |_, stream, _| drop(read_request(&stream)));
    let said = send(&home(&lossy), "0");
    assert!(said.contains("; the message may not have been sent. "), "{said}");
    // The last try alone does not tell.
    for answer in ["", UNAVAILABLE] {
        let said = send(&home(&closing_after(answer)), "5");
        assert!(said.contains("the connection was refused; the message may not have been sent. "), "{said}");
    }
    // Nor does the server, if it could not confirm in time.
    let said = send(&home(&closing_after(UNAVAILABLE)), "0");
    assert_eq!(said, "linger: Not confirmed. The message may not have been sent. Try again in 1 second.\n");
}

const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\
    \r\nConnection: close\r\nContent-Length: 82\r\n\r\n\
    {\"type\":\"/problems/unavailable\",\"title\":\"\",\"status\":503,\"detail\":\"Not confirmed.\"}";

/// Gives one answer, and refuses connections afterwards. Returns the URL.
fn closing_after(answer: &'static str) -> String {
    let listener = TcpListener::bind(ASIDE).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read_request(&stream);
        stream.write_all(answer.as_bytes()).unwrap();
    });
    url
}

#[test]
fn a_rate_limit_is_told_in_seconds() {
    let server = Server::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "1")]);
    let alice = Home::of_account(&server, "alice");
    let mut said = String::new();
    for _ in 0..100 {
        let ran = alice.run(&["send", "--retry", "0", "again"]);
        if ran.status != 0 {
            said = ran.fails(6);
            break;
        }
    }
    assert!(said.contains("Try again in ") && said.contains(" second") && !said.contains("Retry-After"), "{said}");
}

/// Listens until the test ends, and passes on what is sent encrypted. Returns the URL.
fn listen_with_tls(server: &Server, certificate: &CertificateDer<'static>, key: &KeyPair) -> String {
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![certificate.clone()], secret).unwrap());
    let url = listen(server, move |_, stream, server| {
        let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") {
            match tls.read(&mut byte) {
                Ok(1) => request.push(byte[0]),
                _ => return,
            }
        }
        let request = String::from_utf8(request).unwrap().replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        (&server).write_all(request.as_bytes()).unwrap();
        let _ = io::copy(&mut &server, &mut tls);
        tls.conn.send_close_notify();
        let _ = tls.flush();
    });
    url.replace("http://127.0.0.1", "https://localhost")
}

/// Listens until the test ends, and passes each connection to `serve`, with its number and a connection to the server.
/// Returns the URL.
fn listen(server: &Server, serve: impl Fn(usize, TcpStream, TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let address = server.url().trim_start_matches("http://").to_owned();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let (serve, server) = (Arc::clone(&serve), TcpStream::connect(&address).unwrap());
            thread::spawn(move || serve(number + 1, stream, server));
        }
    });
    url
}

/// Reads the head of a request, and its body if it gives a length.
fn read_request(mut stream: &TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).unwrap();
    request.extend(body);
    request
}

/// Forwards all bytes in both directions.
fn join(one: &TcpStream, other: &TcpStream) {
    thread::scope(|scope| {
        for (mut from, mut to) in [(one, other), (other, one)] {
            scope.spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
            });
        }
    });
}

#[test]
fn the_longest_patience_is_no_panic() {
    let server = Server::start();
    let alice = Home::of_account(&server, "alice");
    alice.run(&["send", "--retry", "18446744073709551615", "hi"]).ok();
}
