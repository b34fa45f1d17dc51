//! What stands in the way of a start: either it is got round, or one line says what it is.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use tokio::process::Command;

use super::checkout::{Checkout, said};
use super::{before_the_path, write_program};

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

#[tokio::test]
async fn a_build_that_fails_shows_why() {
    let checkout = Checkout::new();
    let tools = checkout.top.join("tools");
    // Docker hides what the compiler says if it is asked to be quiet, and cargo does not.
    let build = r#"case "$0 $*" in
        *docker*build*--quiet*) exit 101 ;;
        *" build"*) echo 'error[E0583]: file not found' >&2; exit 101 ;;
        *--version) echo cargo 9.9.9 ;;
    esac"#;
    write_program(&tools, "cargo", build);
    write_program(&tools, "docker", build);
    write_program(&tools, "npm", "exit 0");
    write_program(&tools, "apt-get", "exit 0");
    for target in ["start", "restart", "client", "up", "scale", "torture", "test-page", "bench"] {
        let mut make = checkout.command("make");
        make.env_remove("LINGERD").env("PATH", before_the_path(&tools)).env("ADDRESS", "127.0.0.1");
        let failed = said(make.arg(target)).await;
        assert!(failed.status != 0 && failed.errors.contains("error[E0583]"), "{target}: {failed:?}");
    }
}

#[tokio::test]
async fn containers_show_an_invitation_for_the_first_administrator_only_while_nobody_is_here() {
    let checkout = Checkout::new();
    let tools = checkout.top.join("tools");
    // The log keeps its lines, whatever happened since.
    let docker = r#"case "$*" in
        "compose ps"*) echo container ;;
        inspect*) echo healthy ;;
        "compose logs"*" --since"*) ;;
        "compose logs"*) echo 'WARN there is no user yet: … http://localhost:8000/#invite=7k2mf-x (once, within 7 days)' ;;
        "compose exec -T "*" lingerd user list") printf 'NAME   ROLE   STATE  DISPLAY NAME\n'"$USERS" ;;
    esac"#;
    write_program(&tools, "docker", docker);
    for (users, is_invited) in [("", true), ("alice  admin\\n", false)] {
        for target in ["up", "scale"] {
            let mut make = checkout.command("make");
            make.env("PATH", before_the_path(&tools)).env("USERS", users);
            let came_up = said(make.arg(target)).await;
            assert_eq!(came_up.status, 0, "{target}: {came_up:?}");
            let is_shown = came_up.words.contains("http://127.0.0.1:8000/#invite=7k2mf-x\n");
            assert_eq!(is_shown, is_invited, "{target}: {came_up:?}");
        }
    }
}

#[tokio::test]
async fn more_servers_than_the_proxy_knows_are_refused() {
    for number in ["0", "17", "x", "-1"] {
        let refused = Checkout::new().make(&["scale", &format!("N={number}")]).await;
        refused.assert_one_clear_line(&["N must be 1 to 16"]);
    }
}
