//! The Makefile, used as in a fresh clone. Nothing is built here: `LINGERD` names the server that the other tests run.

mod checkout;
mod trouble;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Client, http, until};
use crate::lifecycle::running::log::{fill, lines_of};
use checkout::{Checkout, Said, said};

#[tokio::test]
async fn start_waits_until_the_server_is_healthy_and_says_where_it_is() {
    let checkout = Checkout::new();
    let started = checkout.start().await;
    let url = checkout.url();
    assert!(started.words.contains(&format!("linger is running at {url} (pid {})", checkout.pid())));
    assert!(
        started
            .words
            .contains("\nIt is open to all: anyone who reaches this server may make an account or enter as a guest (")
    );
    assert!(started.words.contains("var/linger.log") && checkout.state("linger.log").exists());
    assert!(checkout.state("linger.db").exists() && checkout.state("signing.key").exists());

    let health = http::get(&format!("{url}/health")).await.unwrap();
    assert_eq!(health.status(), 200);
    let status = checkout.make(&["status"]).await;
    assert_eq!(status.status, 0);
    assert_eq!(status.words, format!("linger is running at {url} (pid {}) and healthy\n", checkout.pid()));
}

#[tokio::test]
async fn a_server_that_is_not_open_is_started_without_a_guests_lines() {
    let checkout = Checkout::new();
    let mut make = checkout.command("make");
    make.env("ROCKET_CHAT__GUESTS", "off").env("ROCKET_CHAT__REGISTRATION", "invite");
    let started = said(make.args(["start", "PORT=0"])).await;
    assert_eq!((started.status, started.errors.as_str()), (0, ""), "{}", started.words);
    assert!(!started.words.contains("open to all") && !started.words.contains("curl"), "{started:?}");
}

#[tokio::test]
async fn stop_waits_and_says_so() {
    let checkout = Checkout::new();
    checkout.start().await;
    let stopped = checkout.make(&["stop"]).await;
    assert_eq!((stopped.status, stopped.words.as_str()), (0, "linger has stopped\n"));
    assert!(checkout.processes().is_empty());
    let log = fs::read_to_string(checkout.state("linger.log")).unwrap();
    assert!(log.trim_end().ends_with("stopped"), "it was not cut off: {log}");

    let again = checkout.make(&["stop"]).await;
    assert_eq!((again.status, again.words.as_str()), (0, "linger is not running\n"));
    let status = said(&mut checkout.command("scripts/status")).await;
    assert_eq!((status.status, status.words.as_str()), (3, "linger is not running\n"), "as systemctl's");
}

#[tokio::test]
async fn start_twice_says_that_it_runs_already() {
    let checkout = Checkout::new();
    checkout.start().await;
    let (url, pid) = (checkout.url(), checkout.pid());
    let again = checkout.make(&["start"]).await;
    assert_eq!(again.status, 0);
    assert_eq!(again.words, format!("linger is already running at {url} (pid {pid})\n"));
    assert_eq!(checkout.processes(), [pid]);

    let elsewhere = checkout.make(&["start", "ADDRESS=127.0.0.2"]).await;
    elsewhere.assert_one_clear_line(&["already running", &url, "make restart"]);
}

#[tokio::test]
async fn two_starts_at_once_start_one_server() {
    let checkout = Checkout::new();
    let (one, other) = tokio::join!(checkout.start(), checkout.start());
    let already = [&one, &other].map(|said| said.words.contains("linger is already running at"));
    assert_eq!(already.iter().filter(|&&already| already).count(), 1, "{one:?} {other:?}");
    assert_eq!(checkout.processes(), [checkout.pid()]);
}

#[tokio::test]
async fn restart_keeps_what_was_said() {
    let checkout = Checkout::new();
    checkout.start().await;
    let before = checkout.pid();
    let http = Client::new();
    let connect = http.post(checkout.url() + "/connect").send().await.unwrap();
    let token = connect.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let message = json!({ "text": "said before" });
    let sent = http.post(checkout.url() + "/send").bearer_auth(&token).json(&message).send().await.unwrap();
    assert_eq!(sent.status(), 201);

    let restarted = checkout.make(&["restart", "PORT=0"]).await;
    assert_eq!(restarted.status, 0, "{restarted:?}");
    assert_ne!(checkout.pid(), before);
    let history = http.get(checkout.url() + "/room/1/messages").bearer_auth(&token).send().await.unwrap();
    assert!(history.text().await.unwrap().contains("said before"));
}

#[tokio::test]
async fn the_printed_curl_lines_work_as_printed() {
    let checkout = Checkout::new();
    let started = checkout.start().await;
    let lines: Vec<_> = started.words.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");

    let http = Client::new();
    let connect = http.post(checkout.url() + "/connect").send().await.unwrap();
    let token = connect.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let mut paste = checkout.command("sh");
    paste.args(["-e", "-c", &lines.join("\n")]);
    let answering = async {
        // The last line waits for somebody to say something, once the second has said hello.
        let heard = http.get(checkout.url() + "/poll").bearer_auth(&token).send().await.unwrap();
        assert!(heard.text().await.unwrap().contains(r#""text":"hello""#));
        let answer = json!({ "text": "hello yourself" });
        http.post(checkout.url() + "/send").bearer_auth(&token).json(&answer).send().await.unwrap();
    };
    let (pasted, ()) = tokio::join!(said(&mut paste), answering);
    assert_eq!(pasted.status, 0, "{pasted:?}");
    assert!(pasted.words.contains(r#""text":"hello","#), "what was sent: {pasted:?}");
    assert!(pasted.words.contains(r#""text":"hello yourself""#), "what was waited for: {pasted:?}");
}

#[tokio::test]
async fn a_server_on_every_address_is_shown_on_the_loopback_address() {
    let checkout = Checkout::new();
    let started = checkout.make(&["start", "ADDRESS=0.0.0.0", "PORT=0"]).await;
    assert!(started.words.contains("linger is running at http://127.0.0.1:"), "{started:?}");
    assert!(checkout.make(&["status"]).await.words.contains("http://127.0.0.1:"));
}

#[tokio::test]
async fn the_log_may_be_json_or_silent() {
    for (name, value) in [("ROCKET_CHAT__LOG_FORMAT", "json"), ("RUST_LOG", "off")] {
        let checkout = Checkout::new();
        let started = said(checkout.command("make").env(name, value).args(["start", "PORT=0"])).await;
        assert!(started.words.contains("linger is running at http://127.0.0.1:"), "{started:?}");
    }
}

#[tokio::test]
async fn the_log_is_rotated_and_the_next_start_finds_its_own_lines() {
    let checkout = Checkout::new();
    let mut make = checkout.command("make");
    make.env("ROCKET_CHAT__LOG_FILE_MEBIBYTES", "1");
    let started = said(make.args(["start", "PORT=0"])).await;
    assert_eq!((started.status, started.errors.as_str()), (0, ""), "{}", started.words);
    let (log, older) = (checkout.state("linger.log"), checkout.state("linger.log.1"));
    let url = checkout.url();
    fill(url.rsplit(':').next().unwrap().parse().unwrap(), 8000);
    until("the log is rotated", async || older.exists() && !lines_of(&log).is_empty()).await;
    let kept = [lines_of(&older), lines_of(&log)].concat();
    assert!(kept[..3].iter().any(|line| line.contains("listening")), "{:?}", &kept[..3]);
    let restarted = checkout.make(&["restart", "PORT=0"]).await;
    assert_eq!((restarted.status, restarted.errors.as_str()), (0, ""), "{}", restarted.words);
    assert!(restarted.words.contains(&format!("linger is running at {}", checkout.url())), "{restarted:?}");
}

#[tokio::test]
async fn the_client_is_pointed_at_the_server_that_runs() {
    let checkout = Checkout::new();
    let built = checkout.top.join("built");
    fs::create_dir(&built).unwrap();
    symlink(env!("CARGO_BIN_EXE_lingerd"), built.join("lingerd")).unwrap();
    symlink("/bin/echo", built.join("linger")).unwrap();
    let lingerd = format!("LINGERD={}", built.join("lingerd").display());

    let early = checkout.make(&["client", &lingerd]).await;
    early.assert_one_clear_line(&["linger is not running", "make start"]);
    assert_eq!(checkout.make(&["start", "PORT=0", &lingerd]).await.status, 0);
    let client = checkout.make(&["client", &lingerd]).await;
    assert_eq!(client.words, format!("--server {}\n", checkout.url()));
    let elsewhere = checkout.make(&["client", &lingerd, "ADDRESS=::1", "PORT=9000"]).await;
    assert_eq!(elsewhere.words, "--server http://[::1]:9000\n");
}

#[tokio::test]
async fn make_alone_lists_every_target() {
    let checkout = Checkout::new();
    let help = checkout.make(&[]).await;
    let targets = "help start stop restart status logs client dist up scale down clean check lint test torture bench";
    for target in targets.split(' ') {
        assert!(help.words.contains(&format!("  make {target} ")), "{target}: {help:?}");
    }
    assert_eq!(help.words.matches("\n  make ").count(), targets.split(' ').count());
}

/// Writes a program in a folder: a shell script.
fn write_program(folder: &Path, name: &str, script: &str) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Where the fake cargo says that it puts what it builds: cargo's settings may name any folder.
const BUILT: &str = "built else where";

/// A program that prints its name, its arguments, and the server that it is to use.
const SAY_WHAT_RUNS: &str = r#"echo "${0##*/} $*${LINGERD:+ with ${LINGERD#"$PWD/"}}""#;

/// A `cargo` that builds nothing but says that it built these programs. Returns its folder.
fn fake_cargo(checkout: &Checkout, programs: &[(&str, &str)]) -> PathBuf {
    let (tools, built) = (checkout.top.join("tools"), checkout.top.join(BUILT));
    let artifacts: String = programs
        .iter()
        .map(|(name, script)| {
            write_program(&built, name, script);
            let artifact = json!({ "reason": "compiler-artifact", "executable": built.join(name), "fresh": true });
            format!("{artifact}\n")
        })
        .collect();
    let build = format!("cat '{}'", tools.join("artifacts").display());
    let cargo = r#"case $1 in --version) echo cargo 9.9.9 ;; build) BUILD ;; *) echo "cargo $*" ;; esac"#;
    write_program(&tools, "cargo", &cargo.replace("BUILD", &build));
    fs::write(tools.join("artifacts"), artifacts).unwrap();
    tools
}

/// `make` where cargo builds nothing, nothing is installed, and each program that it built prints its name and
/// arguments.
async fn make_with_fakes(arguments: &[&str]) -> Said {
    let checkout = Checkout::new();
    let programs = ["linger-bench", "linger-torture", "linger-rig", "lingerd"].map(|name| (name, SAY_WHAT_RUNS));
    let tools = fake_cargo(&checkout, &programs);
    write_program(&tools, "npm", SAY_WHAT_RUNS);
    write_program(&tools, "apt-get", "exit 0");
    write_program(&checkout.top.join("scripts"), "schemathesis", "echo schemathesis");
    let mut make = checkout.command("make");
    make.env("PATH", before_the_path(&tools)).env_remove("LINGERD");
    said(make.args(arguments)).await
}

fn before_the_path(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[tokio::test]
async fn every_part_runs_what_cargo_built_wherever_that_is() {
    let parts: [(&[&str], &str); 12] = [
        (&["test"], "linger-rig postgres -- cargo test --workspace"),
        (&["test", "WHAT=fuzz"], "schemathesis"),
        (&["test", "WHAT=page"], "npm --prefix browser test with built else where/lingerd"),
        (&["torture", "RUN=--nodes 2"], "linger-torture run --nodes 2"),
        (&["torture", "WHAT=crash"], "cargo test --release --workspace --test it -- crash --nocapture"),
        (&["torture", "WHAT=client"], "cargo test --workspace --test terminal -- torture --nocapture"),
        (&["torture", "WHAT=follow"], "cargo test --workspace --test terminal -- following --nocapture"),
        (&["bench"], "linger-bench across --messages 100"),
        (&["bench", "WHAT=sends"], "linger-bench sends --turns 3 --seconds 3"),
        (&["bench", "WHAT=cluster", "NODES=2"], "linger-bench cluster --nodes 2 --polls 15000"),
        (&["bench", "WHAT=latency"], "cargo test --workspace --test terminal -- latency --nocapture --test-threads=1"),
        (&["bench-page"], "npm --prefix browser run bench with built else where/lingerd"),
    ];
    for (arguments, command) in parts {
        let made = make_with_fakes(arguments).await;
        assert_eq!(made.status, 0, "{arguments:?}: {made:?}");
        assert!(made.words.lines().any(|line| line == command), "{arguments:?}: {made:?}");
    }
    for target in ["test", "torture", "bench"] {
        make_with_fakes(&[target, "WHAT=nonsense"]).await.assert_one_clear_line(&["nonsense"]);
    }
}

#[tokio::test]
async fn what_cargo_built_is_started_wherever_it_is() {
    let checkout = Checkout::new();
    let lingerd = format!(r#"exec '{}' "$@""#, env!("CARGO_BIN_EXE_lingerd"));
    let tools = fake_cargo(&checkout, &[("lingerd", &lingerd), ("linger", SAY_WHAT_RUNS)]);
    let make = async |arguments: &[&str]| {
        let mut make = checkout.command("make");
        make.env("PATH", before_the_path(&tools)).env_remove("LINGERD").args(arguments);
        said(&mut make).await
    };
    let started = make(&["start", "PORT=0"]).await;
    assert_eq!((started.status, started.errors.as_str()), (0, ""), "{}", started.words);
    assert!(make(&["status"]).await.words.ends_with("and healthy\n"));
    assert!(make(&["start"]).await.words.contains("already running"));
    let client = make(&["client"]).await;
    assert!(client.words.ends_with(&format!("linger --server {}\n", checkout.url())), "{client:?}");
    assert_eq!(make(&["restart", "PORT=0"]).await.status, 0);
    assert_eq!(make(&["stop"]).await.words, "linger has stopped\n");
}
