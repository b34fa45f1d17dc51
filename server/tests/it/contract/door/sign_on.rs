//! Single sign-on: a proxy names the user.

use std::fs;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use reqwest::Response;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::admin;
use crate::harness::{Client, TestServer, assert_problem, assert_refused, database, lingerd, until};

/// This test itself is the trusted proxy.
const SIGN_ON: [(&str, &str); 4] = [
    ("ROCKET_CHAT__IDENTITY_HEADER", "Remote-User"),
    ("ROCKET_CHAT__TRUSTED_PROXIES", "127.0.0.1"),
    ("ROCKET_CHAT__REGISTRATION", "closed"),
    ("ROCKET_CHAT__GUESTS", "off"),
];

async fn connect_as(server: &TestServer, user: &str, body: &Value) -> Response {
    Client::new().post(server.url("/connect")).header("Remote-User", user).json(body).send().await.unwrap()
}

#[tokio::test]
async fn a_user_whom_a_trusted_proxy_names_signs_in_without_a_password_and_is_no_guest() {
    let server = TestServer::start_with(&SIGN_ON).await;
    let about: Value = Client::new().get(server.url("/server")).send().await.unwrap().json().await.unwrap();
    assert_eq!(about["sign_on"], true);
    let mut ids = Vec::new();
    let signs_in_only = json!({ "create": false });
    assert_problem(connect_as(&server, "alice", &signs_in_only).await, 401, "wrong-credentials").await;
    for (name, status) in [("alice", 201), ("Alice", 200), ("alice", 200)] {
        let response = connect_as(&server, name, &json!({})).await;
        assert_eq!(response.status(), status);
        let answer: Value = response.json().await.unwrap();
        assert_eq!((&answer["user"]["name"], &answer["user"]["guest"]), (&json!("alice"), &json!(false)));
        ids.push(answer["user"]["id"].clone());
    }
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(connect_as(&server, "alice", &signs_in_only).await.status(), 200);
    // No password is the right one.
    for password in ["!!!!!!!!", "some password"] {
        let body = json!({ "username": "alice", "password": password });
        assert_problem(server.connect(&body).await, 401, "wrong-credentials").await;
        assert_problem(connect_as(&server, "alice", &body).await, 401, "wrong-credentials").await;
    }
    // Elsewhere the header says nothing.
    let other = Client::new().get(server.url("/rooms")).header("Remote-User", "alice").send().await.unwrap();
    assert_problem(other, 401, "unauthorized").await;
}

#[tokio::test]
async fn the_header_names_accounts_too_but_nobody_else_and_only_by_a_name() {
    let mut server = TestServer::start().await;
    let bob = server.account("bob", "bob's password").await;
    server.guest("guest").await;
    let alice = admin(&server, "alice").await;
    for (name, value) in SIGN_ON {
        server.set(name, value);
    }
    server.restart().await;
    let signed_in: Value = connect_as(&server, "bob", &json!({})).await.json().await.unwrap();
    assert_eq!((&signed_in["user"]["id"], &signed_in["returning"]), (&json!(bob.id), &json!(true)));
    assert_problem(connect_as(&server, "guest", &json!({})).await, 409, "name-taken").await;
    for bad in ["bob@example.org", "a b", "-"] {
        assert_problem(connect_as(&server, bad, &json!({})).await, 400, "bad-input").await;
    }
    let twice = Client::new().post(server.url("/connect")).header("Remote-User", "bob").header("Remote-User", "alice");
    assert_problem(twice.send().await.unwrap(), 400, "bad-input").await;
    assert_problem(connect_as(&server, "", &json!({})).await, 403, "guests-not-allowed").await;
    // What the caller says itself comes first.
    let by_password = json!({ "username": "alice", "password": "alice's password" });
    let by_password: Value = connect_as(&server, "bob", &by_password).await.json().await.unwrap();
    assert_eq!(by_password["user"]["id"], alice.id);
    let with_token =
        alice.request(reqwest::Method::POST, "/connect").header("Remote-User", "bob").send().await.unwrap();
    assert_eq!(with_token.json::<Value>().await.unwrap()["user"]["id"], alice.id);
    let repeated = async || {
        let request = Client::new().post(server.url("/connect")).header("Remote-User", "new");
        request.header("Idempotency-Key", "k").json(&json!({})).send().await.unwrap()
    };
    assert_eq!([repeated().await.status(), repeated().await.status()], [201, 201], "a repetition is answered alike");
}

#[tokio::test]
async fn the_header_of_anybody_but_a_trusted_proxy_is_ignored() {
    let mut server = TestServer::start_with(&SIGN_ON).await;
    server.set("ROCKET_CHAT__TRUSTED_PROXIES", "127.0.0.2, 192.0.2.0/24");
    server.set("ROCKET_IP_HEADER", "X-Real-IP");
    server.restart().await;
    let forged =
        Client::new().post(server.url("/connect")).header("X-Real-IP", "127.0.0.2").header("Remote-User", "alice");
    assert_problem(forged.send().await.unwrap(), 403, "guests-not-allowed").await;
    let bad = connect_as(&server, "no name at all", &json!({})).await;
    assert_problem(bad, 403, "guests-not-allowed").await;
    assert_eq!(database::count(&server.database_url(), "select count(*) from users").await, 0);
}

#[tokio::test]
async fn single_sign_on_without_a_trusted_proxy_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let header = ("ROCKET_CHAT__IDENTITY_HEADER", "Remote-User");
    assert_refused(&lingerd(folder.path(), &["--port", "0"], &[header]).await, "trusted_proxies");
    let no_header = ("ROCKET_CHAT__IDENTITY_HEADER", "Remote User");
    assert_refused(&lingerd(folder.path(), &["--port", "0"], &[no_header]).await, "identity_header");
}

/// Returns the example for a proxy from docs/operations.md, with these ports.
fn example(heading: &str, server: &TestServer, provider: u16, port: u16) -> String {
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).unwrap();
    let section = document.split("### Single sign-on\n").nth(1).expect("the section").split("\n### ").next().unwrap();
    let example =
        section.split(&format!("{heading}:\n\n```\n")).nth(1).expect("the example").split("```").next().unwrap();
    let example = example.replace("127.0.0.1:9091", &format!("127.0.0.1:{provider}"));
    let example = example.replace("chat.example {", &format!("http://127.0.0.1:{port} {{"));
    example
        .replace("127.0.0.1:8000", &format!("127.0.0.1:{}", server.port()))
        .replace("listen 80;", &format!("listen 127.0.0.1:{port};"))
}

/// Starts a provider that knows alice by a cookie. Returns its port.
async fn start_provider() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = connection.read_u8().await else { return };
                    head.push(byte);
                }
                let knows = String::from_utf8_lossy(&head).to_lowercase().contains("cookie: session=alice");
                let answer = match knows {
                    true => "HTTP/1.1 200 OK\r\nRemote-User: alice\r\n",
                    false => "HTTP/1.1 401 Unauthorized\r\n",
                };
                let answer = format!("{answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = connection.write_all(answer.as_bytes()).await;
            });
        }
    });
    port
}

/// Signs in through a proxy.
async fn assert_signs_on(server: &TestServer, port: u16) {
    // Not the client that checks every header: the proxy adds some.
    let http = reqwest::Client::new();
    let call = |path: &str| http.post(format!("http://127.0.0.1:{port}{path}")).header("Remote-User", "mallory");
    until("the proxy answers", async || call("/connect").send().await.is_ok()).await;
    assert_eq!(call("/connect").send().await.unwrap().status(), 401);
    let answer = call("/connect").header("Cookie", "session=alice").send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!((&answer["user"]["name"], &answer["user"]["guest"]), (&json!("alice"), &json!(false)));
    let sent = call("/send").header("Cookie", "session=alice").bearer_auth(answer["token"].as_str().unwrap());
    let sent = sent.json(&json!({ "text": "through the proxy" })).send().await.unwrap();
    assert_eq!(sent.status(), 201, "the token goes through, too");
    assert_eq!(database::count(&server.database_url(), "select count(*) from users").await, 1, "mallory is nobody");
}

/// Returns whether a program is installed, and prints a note if not.
fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    let found = found.unwrap().success();
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A process that is killed at the end.
struct Proxy(std::process::Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn nginx_signs_users_on_as_documented() {
    if !has("nginx") {
        return;
    }
    let server = TestServer::start_with(&SIGN_ON).await;
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let example = example("nginx", &server, start_provider().await, port);
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {};\n", path(kind)))
        .collect();
    let config = format!(
        "daemon off; master_process off; pid {}; error_log stderr;\nevents {{}}\nhttp {{ access_log off;\n{temporary}{example}}}",
        path("pid")
    );
    fs::write(path("nginx.conf"), config).unwrap();
    let mut nginx = Command::new("nginx");
    let _nginx = Proxy(nginx.args(["-e", "stderr", "-c", &path("nginx.conf")]).spawn().unwrap());
    assert_signs_on(&server, port).await;
}

#[tokio::test]
async fn caddy_signs_users_on_as_documented() {
    if !has("caddy") {
        return;
    }
    let server = TestServer::start_with(&SIGN_ON).await;
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let example = example("Caddy", &server, start_provider().await, port);
    let config = folder.path().join("Caddyfile");
    fs::write(&config, format!("{{\n\tadmin off\n\tauto_https off\n}}\n{example}")).unwrap();
    let mut caddy = Command::new("caddy");
    caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(&config).env("HOME", folder.path());
    let _caddy = Proxy(caddy.spawn().unwrap());
    assert_signs_on(&server, port).await;
}
