//! A `lingerd` process in a folder of its own.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Client, DEADLINE, User, database};

/// The token for `/metrics`.
pub(crate) const METRICS_TOKEN: &str = "for-scrapers-alone";

/// An open door, no rate limits, and every optional feature. A test may override each setting.
const SETTINGS: [(&str, &str); 9] = [
    ("ROCKET_CHAT__REGISTRATION", "open"),
    ("ROCKET_CHAT__GUESTS", "on"),
    ("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0"),
    ("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "0"),
    ("ROCKET_CHAT__LIMITS__CHANGES_PER_MINUTE", "0"),
    ("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "0"),
    ("ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "0"),
    ("ROCKET_CHAT__LIMITS__ROOMS_PER_USER", "0"),
    ("ROCKET_CHAT__METRICS_TOKEN", METRICS_TOKEN),
];

/// A server process. Dropping it kills the process and removes the folder.
pub(crate) struct TestServer {
    process: Child,
    port: u16,
    folder: Arc<TempDir>,
    environment: Vec<(String, String)>,
    log: Arc<Mutex<Vec<String>>>,
}

impl TestServer {
    /// Starts a server on an empty database.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server on SQLite, whichever database the suite runs on. For tests that need the database file.
    pub(crate) async fn start_on_sqlite() -> Self {
        Self::start_with(&[("DATABASE_URL", "sqlite:var/linger.db")]).await
    }

    /// Starts a server on an empty database, with these settings as environment variables.
    pub(crate) async fn start_with(environment: &[(&str, &str)]) -> Self {
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

    /// Stops the server with SIGTERM and starts it again on the same database and port.
    pub(crate) async fn restart(&mut self) {
        assert!(self.stop().await.success());
        self.start_again().await;
    }

    /// Changes an environment variable for the next start.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(set, _)| set != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts the server again on the same database and port, after it has ended.
    pub(crate) async fn start_again(&mut self) {
        let (process, _) = launch(self.folder.path(), self.port, &self.environment, &self.log).await;
        self.process = process;
    }

    /// Sends SIGTERM and returns the exit status.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }

    /// Kills the server with SIGKILL, as a crash would.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Sends the signal of that name, as in `kill -s NAME`.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits for the server to end and returns its exit status.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        timeout(DEADLINE, self.process.wait()).await.expect("the server ends in time").unwrap()
    }

    /// Returns `http://127.0.0.1:PORT` followed by a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The server's process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id().expect("the server runs")
    }

    /// The server's port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The server's working folder, which holds its files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The URL of the server's database.
    pub(crate) fn database_url(&self) -> String {
        let named = self.environment.iter().find(|(name, _)| name == "DATABASE_URL");
        match named.map(|(_, url)| url.as_str()) {
            Some(url) if !url.starts_with("sqlite:") => url.to_owned(),
            _ => format!("sqlite:{}", self.folder().join("var/linger.db").display()),
        }
    }

    /// The lines that the server has logged so far, across restarts.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Runs a command of the server's shell with the server's settings, which answers or, if it was stopped, not.
    pub(crate) async fn shell(&self, arguments: &[&str]) -> std::process::Output {
        let port = self.port.to_string();
        let environment: Vec<_> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        super::lingerd(self.folder(), &[&["--port", &port], arguments].concat(), &environment).await
    }

    /// Connects as a new account that the server's shell has made an administrator.
    pub(crate) async fn admin(&self, name: &str) -> User {
        let user = self.account(name, "an administrator's password").await;
        let made = self.shell(&["user", "admin", name]).await;
        assert!(made.status.success(), "{made:?}");
        user
    }

    /// Sends POST `/connect` without a token and returns the answer, whatever its status.
    pub(crate) async fn connect(&self, body: &serde_json::Value) -> reqwest::Response {
        let request = Client::new().post(self.url("/connect")).json(body);
        request.send().await.unwrap()
    }

    /// Connects a new guest of that name.
    pub(crate) async fn guest(&self, name: &str) -> User {
        User::connect(self, &serde_json::json!({ "username": name })).await
    }

    /// Connects as a new account with a password.
    pub(crate) async fn account(&self, name: &str, password: &str) -> User {
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
            if line.contains("panicked at ") {
                eprintln!("{line}");
            }
            log.lock().unwrap().push(line);
        }
    });
    let port = timeout(DEADLINE, listening).await.expect("the server starts in time").expect("the server starts");
    (process, port)
}

/// Returns the port from the log line about listening, in text or JSON. Returns `None` for any other line.
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("127.0.0.1:").filter(|_| line.contains("listening"))?;
    port.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
