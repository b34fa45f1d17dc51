//! How tests act: a real server in its own folder, and `linger` at the end of three pipes.

mod between;
mod friend;
mod home;
mod pty;
mod rogue;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) use between::{Between, Request};
pub(crate) use friend::Friend;
pub(crate) use home::{Home, Running, finish, finish_running};
pub(crate) use pty::{Pty, Sight};
pub(crate) use rogue::Rogue;

/// How long anything may take. Nothing waits for it to pass.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A `lingerd` process in a temporary folder; it is killed on drop.
pub(crate) struct Server {
    process: Child,
    port: u16,
    folder: TempDir,
    variables: Vec<(&'static str, &'static str)>,
}

impl Server {
    /// Starts a server with an empty database.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with these environment variables.
    pub(crate) fn start_with(variables: &[(&'static str, &'static str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, port) = launch(&folder, 0, variables);
        Self { process, port, folder, variables: variables.to_vec() }
    }

    /// Kills the server, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Restarts the server after [`Self::kill`], with the same database and port.
    pub(crate) fn start_again(&mut self) {
        (self.process, _) = launch(&self.folder, self.port, &self.variables);
    }

    /// Copies the database while the server is down.
    pub(crate) fn back_up(&self) -> TempDir {
        let backup = tempfile::tempdir().unwrap();
        copy(&self.folder.path().join("var"), backup.path());
        backup
    }

    /// Restores that copy while the server is down.
    pub(crate) fn restore(&self, backup: &TempDir) {
        let data = self.folder.path().join("var");
        fs::remove_dir_all(&data).unwrap();
        fs::create_dir(&data).unwrap();
        copy(backup.path(), &data);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

fn launch(folder: &TempDir, port: u16, variables: &[(&str, &str)]) -> (Child, u16) {
    let lingerd = lingerd();
    assert!(lingerd.exists(), "{} is missing: build it with `cargo build -p linger-server`", lingerd.display());
    let mut process = Command::new(lingerd)
        .current_dir(folder.path())
        .env_clear()
        .envs([("ROCKET_CHAT__REGISTRATION", "open"), ("ROCKET_CHAT__GUESTS", "on")])
        .envs(variables.iter().copied())
        .args(["--port", &port.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log = lines_of(process.stdout.take().unwrap());
    let listening = wait_for(&log, "listening address=127.0.0.1:");
    let (_, port) = listening.split_once("127.0.0.1:").unwrap();
    let port = port.split(|c: char| !c.is_ascii_digit()).next().unwrap();
    let port = port.parse().unwrap();
    (process, port)
}

/// Returns another package's binary, which Cargo does not locate: it is next to ours.
fn lingerd() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_BIN_EXE_linger"));
    path.set_file_name("lingerd");
    path
}

/// A running `linger`; it is killed on drop.
pub(crate) struct Linger {
    process: Child,
    /// An empty home, removed afterwards.
    _home: TempDir,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    errors: Receiver<String>,
}

impl Linger {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_linger"))
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: process.stdin.take(),
            output: lines_of(process.stdout.take().unwrap()),
            errors: lines_of(process.stderr.take().unwrap()),
            process,
            _home: home,
        }
    }

    /// Starts a guest, and waits until it is connected.
    pub(crate) fn guest(server: &Server, name: &str) -> Self {
        let linger = Self::start(&["--server", &server.url(), "--guest", "--user", name]);
        linger.notes(&format!("You are {name}"));
        linger
    }

    /// Writes lines to its input.
    pub(crate) fn types(&mut self, lines: &str) -> &mut Self {
        self.input.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
        self
    }

    /// Returns the next line of standard output.
    pub(crate) fn next_line(&self) -> String {
        self.output.recv_timeout(DEADLINE).expect("a line in time")
    }

    /// Waits for a line on standard error that contains this, and returns it.
    pub(crate) fn notes(&self, part: &str) -> String {
        wait_for(&self.errors, part)
    }

    /// Ends the input and waits for the process. Returns its exit status and the rest of both outputs.
    pub(crate) fn ends(mut self) -> (i32, Vec<String>, Vec<String>) {
        drop(self.input.take());
        let status = self.exit_status().code().expect("no signal");
        (status, self.output.iter().collect(), self.errors.iter().collect())
    }

    /// Waits for a process that ends soon. Returns its exit status and standard error.
    pub(crate) fn ends_saying(self) -> (i32, String) {
        let (status, _, errors) = self.ends();
        (status, errors.join("\n"))
    }

    fn exit_status(&mut self) -> ExitStatus {
        let give_up_at = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < give_up_at, "linger ends in time");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Linger {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the lines of a stream as they arrive.
pub(crate) fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Reads on without a listener: a full pipe would stop the process.
            let _ = send.send(line);
        }
    });
    lines
}

fn wait_for(lines: &Receiver<String>, part: &str) -> String {
    let give_up_at = Instant::now() + DEADLINE;
    let mut seen = Vec::new();
    while let Ok(line) = lines.recv_timeout(give_up_at.saturating_duration_since(Instant::now())) {
        if line.contains(part) {
            return line;
        }
        seen.push(line);
    }
    panic!("no line contains {part:?} in {seen:#?}");
}
