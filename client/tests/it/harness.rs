//! A real server on a folder of its own, and `linger` at the other end of three pipes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything may take. Nothing waits for it to pass.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A `lingerd` process; it is killed when this is dropped, and its folder removed.
pub struct Server {
    process: Child,
    port: u16,
    folder: TempDir,
    variables: Vec<(&'static str, &'static str)>,
}

impl Server {
    /// A server on an empty database.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same, with these variables in its environment.
    pub fn start_with(variables: &[(&'static str, &'static str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (process, port) = launch(&folder, 0, variables);
        Self { process, port, folder, variables: variables.to_vec() }
    }

    /// Kills the server, as a crash does.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again after [`Self::kill`], on the same database and port.
    pub fn start_again(&mut self) {
        (self.process, _) = launch(&self.folder, self.port, &self.variables);
    }

    /// A copy of the database, taken while the server is down.
    pub fn back_up(&self) -> TempDir {
        let backup = tempfile::tempdir().unwrap();
        copy(&self.folder.path().join("var"), backup.path());
        backup
    }

    /// Puts that copy in the database's place, while the server is down.
    pub fn restore(&self, backup: &TempDir) {
        let data = self.folder.path().join("var");
        fs::remove_dir_all(&data).unwrap();
        fs::create_dir(&data).unwrap();
        copy(backup.path(), &data);
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have been killed before.
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

/// Another package's binary, so Cargo does not tell where it is: beside our own.
fn lingerd() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_BIN_EXE_linger"));
    path.set_file_name("lingerd");
    path
}

/// A running `linger`; it is killed when this is dropped.
pub struct Linger {
    process: Child,
    /// A home of its own: it has never been here before, and nothing that it keeps stays.
    _home: TempDir,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    errors: Receiver<String>,
}

impl Linger {
    /// Starts it with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
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

    /// A guest of this name, once it is connected.
    pub fn guest(server: &Server, name: &str) -> Self {
        let linger = Self::start(&["--server", &server.url(), "--guest", "--user", name]);
        linger.notes(&format!("You are {name}"));
        linger
    }

    /// Types lines.
    pub fn types(&mut self, lines: &str) -> &mut Self {
        self.input.as_mut().unwrap().write_all(lines.as_bytes()).unwrap();
        self
    }

    /// The next line on the standard output.
    pub fn next_line(&self) -> String {
        self.output.recv_timeout(DEADLINE).expect("a line in time")
    }

    /// Waits for a line on the error output that contains this, and returns it.
    pub fn notes(&self, part: &str) -> String {
        wait_for(&self.errors, part)
    }

    /// Ends the input and waits for the process: its exit status and what is left of both outputs.
    pub fn ends(mut self) -> (i32, Vec<String>, Vec<String>) {
        drop(self.input.take());
        let status = self.exit_status().code().expect("no signal");
        (status, self.output.iter().collect(), self.errors.iter().collect())
    }

    /// The exit status of one that should not run for long, and all that it said on the error output.
    pub fn ends_saying(self) -> (i32, String) {
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

/// The lines that a stream brings, as they come.
pub fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Read on when nobody listens any more: a full pipe would stop the process.
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
