//! A user's home folder, in which `linger` runs one command after another.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::{DEADLINE, Server, lines_of};

/// A home folder, and the environment of commands run in it.
pub(crate) struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// The outcome of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// A command that does not end by itself; it is killed on drop.
pub(crate) struct Running(pub(crate) Child);

pub(crate) struct Lines(Receiver<String>);

impl Home {
    /// Makes an empty home with an empty environment.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Makes a home whose environment names this server.
    pub(crate) fn at(server: &Server) -> Self {
        Self::new().with("LINGER_SERVER", &server.url())
    }

    /// Makes a home in which a guest is signed in.
    pub(crate) fn of_guest(server: &Server, name: &str) -> Self {
        let home = Self::at(server);
        home.run(&["login", "--guest", "--user", name]).ok();
        home
    }

    /// Makes a home in which an account is signed in; its password is the name and ` password`.
    pub(crate) fn of_account(server: &Server, name: &str) -> Self {
        let home = Self::at(server);
        home.run_with_input(&["login", "--create"], format!("{name}\n{name} password\n")).ok();
        home
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sets an environment variable.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the settings file, and returns its path.
    pub(crate) fn configure(&self, toml: &str) -> PathBuf {
        let folder = self.path().join(".config/linger");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), toml).unwrap();
        folder.join("config.toml")
    }

    /// Returns every file below `linger`'s state folder.
    pub(crate) fn state_files(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.path().join(".local/state/linger")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        files
    }

    /// Returns the file of this user's kept sign-in.
    pub(crate) fn credential(&self, user: &str) -> PathBuf {
        let name = format!("{user}.json");
        let is_one = |path: &PathBuf| path.ends_with(&name) && !path.parent().unwrap().ends_with("read");
        self.state_files().into_iter().find(is_one).unwrap_or_else(|| panic!("no sign-in of {user} is kept"))
    }

    /// Returns the token in that file.
    pub(crate) fn token(&self, user: &str) -> String {
        let credential: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(self.credential(user)).unwrap()).unwrap();
        credential["token"].as_str().unwrap().to_owned()
    }

    /// Makes the kept token look as if it were this old, with this much time left.
    pub(crate) fn ages(&self, user: &str, age: Duration, left: Duration) {
        self.received(user, age);
        let end = jiff::Timestamp::now() + left;
        self.rewrites(user, |kept| {
            kept["expires_at"] = format!("{end:.3}").into();
            kept["life"] = (age + left).as_secs().into();
        });
    }

    /// Makes the kept token look as if it had been received this long ago by the client's clock.
    pub(crate) fn received(&self, user: &str, age: Duration) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().saturating_sub(age);
        self.rewrites(user, |kept| kept["since"] = since.as_secs().into());
    }

    /// Changes the file of a kept sign-in.
    pub(crate) fn rewrites(&self, user: &str, change: impl FnOnce(&mut serde_json::Value)) {
        let path = self.credential(user);
        let mut kept: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut kept);
        fs::write(&path, kept.to_string()).unwrap();
    }

    /// Prepares a command with three pipes.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linger"));
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts a command that does not end by itself.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running(self.command(arguments).stdin(Stdio::null()).spawn().unwrap())
    }

    /// Runs a command without input.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, "")
    }

    /// Runs a command with this input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        finish(self.command(arguments).spawn().unwrap(), input.as_ref().to_vec())
    }
}

impl Ran {
    /// Returns the standard output of a successful command.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.out
    }

    /// Returns the standard output as JSON objects, one per line.
    pub(crate) fn json(self) -> Vec<serde_json::Value> {
        self.ok().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Returns the standard error of a session that ended with this status.
    pub(crate) fn fails_saying(self, status: i32) -> String {
        assert_eq!(self.status, status, "{self:?}");
        self.err
    }

    /// Returns the standard error of a command that failed with this status.
    pub(crate) fn fails(self, status: i32) -> String {
        assert_eq!((self.status, self.out.as_str()), (status, ""), "{self:?}");
        assert!(self.err.contains("linger: ") || status == 2, "{self:?}");
        self.err
    }
}

impl Running {
    /// Returns the lines of standard output.
    pub(crate) fn lines(&mut self) -> Lines {
        Lines(lines_of(self.0.stdout.take().unwrap()))
    }

    /// Returns the lines of standard error.
    pub(crate) fn errors(&mut self) -> Lines {
        Lines(lines_of(self.0.stderr.take().unwrap()))
    }

    /// Does what Ctrl-C does on a terminal, and returns how the command ended.
    pub(crate) fn interrupt(&mut self) -> ExitStatus {
        Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap();
        wait(&mut self.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Lines {
    pub(crate) fn next(&self) -> String {
        self.0.recv_timeout(DEADLINE).expect("a line in time")
    }
}

/// Waits for a command that was started to end by itself, with success.
pub(crate) fn finish_running(mut running: Running) {
    assert!(wait(&mut running.0).success());
}

/// Waits for a process that ends by itself.
pub(crate) fn finish(mut process: Child, input: Vec<u8>) -> Ran {
    let mut stdin = process.stdin.take().unwrap();
    // The process may end without reading all of it.
    let typing = thread::spawn(move || drop(stdin.write_all(&input)));
    let out = process.stdout.take().map(|stream| thread::spawn(|| all_of(stream)));
    let err = process.stderr.take().map(|stream| thread::spawn(|| all_of(stream)));
    let status = wait(&mut process);
    typing.join().unwrap();
    let text = |reading: Option<thread::JoinHandle<String>>| reading.map(|reading| reading.join().unwrap());
    let (out, err) = (text(out).unwrap_or_default(), text(err).unwrap_or_default());
    Ran { status: status.code().unwrap_or_else(|| panic!("{status:?}")), out, err }
}

fn all_of(mut stream: impl Read) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn wait(process: &mut Child) -> ExitStatus {
    let give_up_at = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        if Instant::now() > give_up_at {
            let _ = process.kill();
            panic!("linger ends in time");
        }
        thread::sleep(Duration::from_millis(2));
    }
}
