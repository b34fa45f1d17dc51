//! `lingerd` as somebody at a prompt runs it: to its end, for what it prints.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;
use tokio::time::timeout;

use super::DEADLINE;

/// Runs `lingerd` in a folder to its end, with nothing in its environment but this.
pub async fn lingerd(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lingerd"));
    command.current_dir(folder).env_clear().envs(environment.iter().copied()).args(arguments);
    command.stdin(Stdio::null()).kill_on_drop(true);
    timeout(DEADLINE, command.output()).await.expect("it ends in time").unwrap()
}

/// Checks that it did not do it, and says why in one line on standard error.
pub fn assert_refused(output: &Output, why: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("lingerd: ") && error.to_lowercase().contains(&why.to_lowercase()), "{error}");
}
