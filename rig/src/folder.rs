//! A temporary folder that disappears with its owner, together with the processes that run in it. This holds even if
//! the owner is killed and cannot clean up. Knows only process ids.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tempfile::TempDir;

/// Reads lines of process ids, each line listing all processes that run. At the end of its input it ends the processes
/// on the last line and removes the folder. It has its own process group, so that Ctrl-C does not end it first.
const WATCH: &str = "trap '' INT TERM HUP
running=
while read -r line; do running=$line; done
if [ -n \"$running\" ]; then
    kill -INT $running 2>/dev/null && sleep 2
    kill -KILL $running 2>/dev/null
fi
rm -rf \"$1\"";

/// A temporary folder. Clones share it; it is removed when the last clone is dropped.
#[derive(Clone)]
pub struct Folder(Arc<Inner>);

struct Inner {
    folder: TempDir,
    watch: Mutex<Watch>,
}

struct Watch {
    process: Child,
    input: Option<ChildStdin>,
    running: Vec<u32>,
}

impl Folder {
    /// Creates a folder in the system's temporary directory.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be created.
    pub fn new() -> anyhow::Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("linger-").tempdir().context("cannot create a temporary folder")?;
        // Programs in the folder may run as a different user.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let mut process = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start the shell that watches a temporary folder")?;
        let input = process.stdin.take();
        Ok(Self(Arc::new(Inner { folder, watch: Mutex::new(Watch { process, input, running: Vec::new() }) })))
    }

    /// Returns the folder's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.folder.path()
    }

    /// Ends this process together with the folder's owner from now on.
    pub fn watch(&self, pid: u32) {
        self.change(|running| running.push(pid));
    }

    /// Stops watching a process that has ended, because its id may be reused.
    pub fn forget(&self, pid: u32) {
        self.change(|running| running.retain(|other| *other != pid));
    }

    fn change(&self, change: impl FnOnce(&mut Vec<u32>)) {
        let mut watch = self.0.watch.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut watch.running);
        let line: Vec<_> = watch.running.iter().map(u32::to_string).collect();
        if let Some(input) = &mut watch.input {
            // If the watch has died, the folder is still removed on drop.
            let _ = writeln!(input, "{}", line.join(" "));
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let watch = self.watch.get_mut().unwrap_or_else(PoisonError::into_inner);
        watch.input = None;
        let _ = watch.process.wait();
    }
}
