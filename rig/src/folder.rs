//! A temporary folder that ends with its owner, and with it what runs in it: also when the owner is killed
//! and has no time to clean up. Knows only process ids.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tempfile::TempDir;

/// Reads lines with the ids of the processes that run. At the end of its input it ends those of the last
/// line and removes the folder. It has its own process group, so that Ctrl-C does not end it first.
const WATCH: &str = "trap '' INT TERM HUP
running=
while read -r line; do running=$line; done
if [ -n \"$running\" ]; then
    kill -INT $running 2>/dev/null && sleep 2
    kill -KILL $running 2>/dev/null
fi
rm -rf \"$1\"";

/// The folder; a clone is the same one. It is removed when the last clone is dropped.
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
    /// A new one where temporary files go.
    ///
    /// # Errors
    /// When there is no place for it.
    pub fn new() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("linger-").tempdir().context("no temporary folder")?;
        // What runs in it may run as another user.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        let mut process = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("no shell to watch over a temporary folder")?;
        let input = process.stdin.take();
        Ok(Self(Arc::new(Inner { folder, watch: Mutex::new(Watch { process, input, running: Vec::new() }) })))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.folder.path()
    }

    /// From now on this process ends with the folder's owner.
    pub fn watch(&self, pid: u32) {
        self.change(|running| running.push(pid));
    }

    /// This process has ended: its id may be given to another.
    pub fn forget(&self, pid: u32) {
        self.change(|running| running.retain(|other| *other != pid));
    }

    fn change(&self, change: impl FnOnce(&mut Vec<u32>)) {
        let mut watch = self.0.watch.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut watch.running);
        let line: Vec<_> = watch.running.iter().map(u32::to_string).collect();
        if let Some(input) = &mut watch.input {
            // Without its watch a folder is still removed when it is dropped.
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
