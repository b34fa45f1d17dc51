//! What stands in the way of a start: either it is got round, or one line says what it is.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use tokio::process::Command;

use super::checkout::{Checkout, said};

#[tokio::test]
async fn a_stale_pid_file_does_not_stop_a_start() {
    let checkout = Checkout::new();
    checkout.start().await;
    let crashed = checkout.pid();
    let killed = Command::new("kill").args(["-9", &crashed]).status().await.unwrap();
    assert!(killed.success());
    let started = checkout.start().await;
    assert!(started.words.contains("linger is running at"), "{}", started.words);
    assert_ne!(checkout.pid(), crashed);
}

#[tokio::test]
async fn a_pid_that_is_another_programs_by_now_is_left_alone() {
    let (checkout, elsewhere) = (Checkout::new(), Checkout::new());
    elsewhere.start().await;
    let mut cat = Command::new("cat");
    let cat = cat.current_dir(&checkout.top).stdin(Stdio::piped()).kill_on_drop(true).spawn().unwrap();

    fs::create_dir(checkout.top.join("var")).unwrap();
    for other in [elsewhere.pid(), cat.id().unwrap().to_string()] {
        fs::write(checkout.state("lingerd.pid"), &other).unwrap();
        assert_eq!(checkout.make(&["stop"]).await.words, "linger is not running\n");
        checkout.start().await;
        assert_ne!(checkout.pid(), other);
        assert_eq!(checkout.make(&["stop"]).await.words, "linger has stopped\n");
    }
    assert_eq!(elsewhere.processes(), [elsewhere.pid()]);
    assert_eq!(checkout.processes(), [cat.id().unwrap().to_string()]);
}

#[tokio::test]
async fn a_port_in_use_is_one_clear_line() {
    let checkout = Checkout::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for log_format in ["text", "json"] {
        let mut start = checkout.command("make");
        start.env("ROCKET_CHAT__LOG_FORMAT", log_format);
        let failed = said(start.arg("start").arg(format!("PORT={}", address.port()))).await;
        failed.assert_one_clear_line(&["linger did not start", &address.to_string(), "in use"]);
        assert!(!checkout.state("lingerd.pid").exists() && checkout.processes().is_empty());
    }
}

#[tokio::test]
async fn a_setting_that_is_wrong_is_one_clear_line() {
    let checkout = Checkout::new();
    checkout.make(&["start", "PORT=99999"]).await.assert_one_clear_line(&["linger did not start", "99999"]);
    for log_format in ["text", "json"] {
        let mut start = checkout.command("make");
        start.env("ROCKET_CHAT__LOG_FORMAT", log_format).env("DATABASE_URL", "nonsense:");
        let failed = said(start.args(["start", "PORT=0"])).await;
        failed.assert_one_clear_line(&["linger did not start", "nonsense"]);
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_one_clear_line() {
    let checkout = Checkout::new();
    // Whoever runs the tests may write wherever permissions forbid it.
    fs::write(checkout.top.join("var"), "not a folder").unwrap();
    let failed = checkout.make(&["start", "PORT=0"]).await;
    failed.assert_one_clear_line(&["linger did not start", "var", "cannot be created or written"]);
}

#[tokio::test]
async fn no_toolchain_is_one_clear_line() {
    let checkout = Checkout::new();
    let programs = checkout.top.join("programs");
    fs::create_dir(&programs).unwrap();
    for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap()) {
        for program in fs::read_dir(folder).into_iter().flatten().flatten() {
            if program.file_name() != "cargo" {
                // The first of a name counts.
                let _ = symlink(program.path(), programs.join(program.file_name()));
            }
        }
    }
    for target in ["start", "restart", "test", "check"] {
        let mut make = checkout.command("make");
        make.env_remove("LINGERD").env("PATH", &programs);
        let failed = said(make.arg(target)).await;
        failed.assert_one_clear_line(&["linger needs Rust", "https://rustup.rs"]);
    }
}
