//! A checkout of linger to run make in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::DEADLINE;

/// The Makefile and its scripts in a folder of their own, whose name holds a space. Whatever still runs
/// there in the end is killed.
pub(crate) struct Checkout {
    /// Where the Makefile is.
    pub(crate) top: PathBuf,
    /// Keeps the folder.
    _parent: TempDir,
}

impl Checkout {
    /// An empty one: nothing was started here yet.
    pub(crate) fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        // As /proc names it.
        let top = parent.path().canonicalize().unwrap().join("a checkout");
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        fs::create_dir_all(top.join("scripts")).unwrap();
        fs::create_dir_all(top.join("deploy")).unwrap();
        for file in ["Makefile", "Cargo.toml", "Rocket.toml", "deploy/haproxy.cfg"] {
            fs::copy(project.join(file), top.join(file)).unwrap();
        }
        for script in fs::read_dir(project.join("scripts")).unwrap().map(Result::unwrap) {
            // Keeps the permission to run it.
            fs::copy(script.path(), top.join("scripts").join(script.file_name())).unwrap();
        }
        Self { top, _parent: parent }
    }

    /// A command that finds nothing of this test's environment but the programs, and the built server.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.top)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("LINGERD", env!("CARGO_BIN_EXE_lingerd"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// `make` with these arguments.
    pub(crate) async fn make(&self, arguments: &[&str]) -> Said {
        said(self.command("make").args(arguments)).await
    }

    /// `make start` on any free port, which must succeed.
    pub(crate) async fn start(&self) -> Said {
        let started = self.make(&["start", "PORT=0"]).await;
        assert_eq!((started.status, started.errors.as_str()), (0, ""), "{}", started.words);
        started
    }

    /// Where the server keeps a file.
    pub(crate) fn state(&self, file: &str) -> PathBuf {
        self.top.join("var").join(file)
    }

    /// The process that `make start` started.
    pub(crate) fn pid(&self) -> String {
        fs::read_to_string(self.state("lingerd.pid")).unwrap().trim().to_owned()
    }

    /// The URL of the server that runs here.
    pub(crate) fn url(&self) -> String {
        let address = fs::read_to_string(self.state("lingerd.address")).unwrap();
        format!("http://{}", address.trim())
    }

    /// The processes that run in this folder.
    pub(crate) fn processes(&self) -> Vec<String> {
        let numbers = fs::read_dir("/proc").unwrap().flatten();
        numbers
            .filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(|folder| folder == self.top))
            .map(|process| process.file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let processes = self.processes();
        if !processes.is_empty() {
            let _ = std::process::Command::new("kill").arg("-9").args(processes).status();
        }
    }
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// The exit status; make's own is 2 whatever the recipe's was.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) words: String,
    /// Standard error, without make's own last word that a recipe failed.
    pub(crate) errors: String,
}

/// Runs a command to its end.
pub(crate) async fn said(command: &mut Command) -> Said {
    let output = timeout(DEADLINE, command.output()).await.expect("it ends in time").unwrap();
    let Output { status, stdout, stderr } = output;
    let errors = String::from_utf8(stderr).unwrap();
    Said {
        status: status.code().expect("no signal ended it"),
        words: String::from_utf8(stdout).unwrap(),
        errors: errors.lines().filter(|line| !line.starts_with("make: ***")).collect::<Vec<_>>().join("\n"),
    }
}

impl Said {
    /// Checks that it failed with one line that holds these words.
    pub(crate) fn assert_one_clear_line(&self, words: &[&str]) {
        assert_ne!(self.status, 0, "{self:?}");
        assert_eq!(self.errors.lines().count(), 1, "{self:?}");
        for word in words {
            assert!(self.errors.contains(word), "no {word:?} in {:?}", self.errors);
        }
    }
}
