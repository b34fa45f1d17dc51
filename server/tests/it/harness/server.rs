//! A `lingerd` process on a folder of its own.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Client, DEADLINE, User, database};

/// What `/metrics` is asked for with.
pub const METRICS_TOKEN: &str = "for-scrapers-alone";

/// No limits, unless a test is about them; and everything that can be switched on.
const SETTINGS: [(&str, &str); 4] = [
    ("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0"),
    ("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "0"),
    ("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "0"),
    ("ROCKET_CHAT__METRICS_TOKEN", METRICS_TOKEN),
];

/// A running server; it is killed when this is dropped, and its folder removed.
pub struct TestServer {
    process: Child,
    port: u16,
    folder: Arc<TempDir>,
    environment: Vec<(String, String)>,
    log: Arc<Mutex<Vec<String>>>,
}

impl TestServer {
    /// A server on an empty database.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// A server on SQLite, whichever database the others are on: for what is about its file.
    pub async fn start_on_sqlite() -> Self {
        Self::start_with(&[("DATABASE_URL", "sqlite:var/linger.db")]).await
    }

    /// A server on an empty database, with some settings as environment variables.
    pub async fn start_with(environment: &[(&str, &str)]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let names_a_database = environment.iter().any(|(name, _)| *name == "DATABASE_URL");
        let environment = SETTINGS.iter().chain(environment);
        let mut environment: Vec<_> = environment.map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        if !names_a_database {
            environment.extend(database::new_database().await.map(|url| ("DATABASE_URL".to_owned(), url)));
        }
        let log = Arc::default();
        let (process, port) = launch(folder.path(), 0, &environment, &log).await;
        Self { process, port, folder, environment, log }
    }

    /// Asks the server to stop, waits for it, and starts it again on the same database and port.
    pub async fn restart(&mut self) {
        assert!(self.stop().await.success());
        self.start_again().await;
    }

    /// Changes a setting, by the name of its environment variable, for the next start.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(set, _)| set != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the server on the same database and port, once it has ended.
    pub async fn start_again(&mut self) {
        let (process, _) = launch(self.folder.path(), self.port, &self.environment, &self.log).await;
        self.process = process;
    }

    /// SIGTERM, and the exit status.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }

    /// SIGKILL: what a crash does.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Sends a signal, named as `kill` names it.
    pub async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// The exit status, once the server has ended.
    pub async fn ended(&mut self) -> ExitStatus {
        timeout(DEADLINE, self.process.wait()).await.expect("the server ends in time").unwrap()
    }

    /// `http://127.0.0.1:PORT` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.process.id().expect("the server runs")
    }

    /// Where the server listens on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the server keeps what it has, and was started in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of the server's database.
    pub fn database_url(&self) -> String {
        let named = self.environment.iter().find(|(name, _)| name == "DATABASE_URL");
        match named.map(|(_, url)| url.as_str()) {
            Some(url) if !url.starts_with("sqlite:") => url.to_owned(),
            _ => format!("sqlite:{}", self.folder().join("var/linger.db").display()),
        }
    }

    /// The lines that the server has logged so far, over all its runs.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// POST `/connect` as somebody who is not signed in, whatever the answer.
    pub async fn connect(&self, body: &serde_json::Value) -> reqwest::Response {
        let request = Client::new().post(self.url("/connect")).json(body);
        request.send().await.unwrap()
    }

    /// A new guest of that name.
    pub async fn guest(&self, name: &str) -> User {
        User::connect(self, &serde_json::json!({ "username": name })).await
    }

    /// A new account of that name, with a password.
    pub async fn account(&self, name: &str, password: &str) -> User {
        User::connect(self, &serde_json::json!({ "username": name, "password": password })).await
    }
}

async fn launch(
    folder: &Path,
    port: u16,
    environment: &[(String, String)],
    log: &Arc<Mutex<Vec<String>>>,
) -> (Child, u16) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_lingerd"))
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .args(["--port", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    // Where a panic goes.
    let mut errors = BufReader::new(process.stderr.take().unwrap()).lines();
    let errors_too = Arc::clone(log);
    tokio::spawn(async move {
        while let Ok(Some(line)) = errors.next_line().await {
            eprintln!("{line}");
            errors_too.lock().unwrap().push(line);
        }
    });
    let (listens, listening) = oneshot::channel();
    let log = Arc::clone(log);
    tokio::spawn(async move {
        let mut listens = Some(listens);
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(port) = port_in(&line)
                && let Some(listens) = listens.take()
            {
                let _ = listens.send(port);
            }
            log.lock().unwrap().push(line);
        }
    });
    let port = timeout(DEADLINE, listening).await.expect("the server starts in time").expect("the server starts");
    (process, port)
}

/// The port in the line that says where the server listens, as text or as JSON.
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("127.0.0.1:").filter(|_| line.contains("listening"))?;
    port.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
