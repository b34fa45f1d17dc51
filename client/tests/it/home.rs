//! Somebody's home on some machine: where `linger` keeps what it keeps, and runs one command after the other.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::{DEADLINE, Server, lines_of};

/// A home folder, and what is set in every command's environment there.
pub struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How a command ended, and what it wrote.
#[derive(Debug)]
pub struct Ran {
    /// The exit status.
    pub status: i32,
    /// The standard output.
    pub out: String,
    /// The error output.
    pub err: String,
}

/// A command that does not end by itself; it is killed when this is dropped.
pub struct Running(pub Child);

/// The lines of a stream.
pub struct Lines(Receiver<String>);

impl Home {
    /// A home where `linger` has never been, with nothing set.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// The same, where this server is meant.
    pub fn at(server: &Server) -> Self {
        Self::new().with("LINGER_SERVER", &server.url())
    }

    /// The same, where a guest of this name is signed in.
    pub fn of_guest(server: &Server, name: &str) -> Self {
        let home = Self::at(server);
        home.run(&["login", "--guest", "--user", name]).ok();
        home
    }

    /// The same, where the account of this name is signed in; its password is the name and ` password`.
    pub fn of_account(server: &Server, name: &str) -> Self {
        let home = Self::at(server);
        home.run_with_input(&["login"], format!("{name}\n{name} password\n")).ok();
        home
    }

    /// Sets a variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the settings file, and says where it is.
    pub fn configure(&self, toml: &str) -> PathBuf {
        let folder = self.path().join(".config/linger");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("config.toml"), toml).unwrap();
        folder.join("config.toml")
    }

    /// Every file below `linger`'s state folder.
    pub fn state_files(&self) -> Vec<PathBuf> {
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

    /// The file in which this user's sign-in is kept.
    pub fn credential(&self, user: &str) -> PathBuf {
        let name = format!("{user}.json");
        let is_one = |path: &PathBuf| path.ends_with(&name) && !path.parent().unwrap().ends_with("read");
        self.state_files().into_iter().find(is_one).unwrap_or_else(|| panic!("no sign-in of {user} is kept"))
    }

    /// The token in that file.
    pub fn token(&self, user: &str) -> String {
        let credential: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(self.credential(user)).unwrap()).unwrap();
        credential["token"].as_str().unwrap().to_owned()
    }

    /// `linger`, about to be started here, with three pipes.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_linger"));
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts what does not end by itself.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running(self.command(arguments).stdin(Stdio::null()).spawn().unwrap())
    }

    /// Runs it to its end, without input.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, "")
    }

    /// Runs it to its end on this input.
    pub fn run_with_input(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        finish(self.command(arguments).spawn().unwrap(), input.as_ref().to_vec())
    }
}

impl Ran {
    /// The standard output of what went well.
    pub fn ok(self) -> String {
        assert_eq!(self.status, 0, "{self:?}");
        self.out
    }

    /// The standard output as one JSON object a line.
    pub fn json(self) -> Vec<serde_json::Value> {
        self.ok().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// What is said on the error output by what failed with this status.
    pub fn fails(self, status: i32) -> String {
        assert_eq!((self.status, self.out.as_str()), (status, ""), "{self:?}");
        assert!(self.err.contains("linger: ") || status == 2, "{self:?}");
        self.err
    }
}

impl Running {
    /// The lines on its standard output.
    pub fn lines(&mut self) -> Lines {
        Lines(lines_of(self.0.stdout.take().unwrap()))
    }

    /// The lines on its error output.
    pub fn errors(&mut self) -> Lines {
        Lines(lines_of(self.0.stderr.take().unwrap()))
    }

    /// Does what a terminal does when Ctrl-C is pressed, and waits for the end. Returns what ended it.
    pub fn interrupt(&mut self) -> ExitStatus {
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
    /// The next one.
    pub fn next(&self) -> String {
        self.0.recv_timeout(DEADLINE).expect("a line in time")
    }
}

/// Waits for a process that ends by itself.
pub fn finish(mut process: Child, input: Vec<u8>) -> Ran {
    let mut stdin = process.stdin.take().unwrap();
    // It may end without having read all of it.
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
