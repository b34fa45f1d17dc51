//! `lingerd` as run from a prompt: to completion, for its output.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::process::Command;
use tokio::time::timeout;

use super::DEADLINE;

/// Runs `lingerd` in a folder to completion, with only these environment variables.
pub(crate) async fn lingerd(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lingerd"));
    command.current_dir(folder).env_clear().envs(environment.iter().copied()).args(arguments);
    command.stdin(Stdio::null()).kill_on_drop(true);
    timeout(DEADLINE, command.output()).await.expect("lingerd ends in time").unwrap()
}

/// Checks that the command failed and gave its reason in one line on standard error.
pub(crate) fn assert_refused(output: &Output, reason: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("lingerd: ") && error.to_lowercase().contains(&reason.to_lowercase()), "{error}");
}
