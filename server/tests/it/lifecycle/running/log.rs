//! The log: never in the way of an answer, small, and with the reason if the server cannot go on.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, PipeReader, Read, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::database::{is_postgres, new_database};
use crate::harness::{Client, DEADLINE, METRICS_TOKEN, until};

/// A server whose outputs a test chooses.
struct Server {
    process: Child,
    url: String,
    port: u16,
    folder: TempDir,
}

impl Server {
    /// Starts a server that writes to these outputs, and waits until it is healthy.
    async fn start(outputs: (Stdio, Stdio), settings: &[(&str, &str)]) -> Self {
        let server = Self::start_unchecked(outputs, settings).await;
        let healthy = async || match Client::new().get(server.at("/health")).send().await {
            Ok(answer) => answer.status() == 200,
            Err(_) => false,
        };
        until("the server is healthy", healthy).await;
        server
    }

    async fn start_unchecked((stdout, stderr): (Stdio, Stdio), settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lingerd"));
        command.current_dir(folder.path()).env_clear().envs(settings.iter().copied());
        command.env("ROCKET_CHAT__GUESTS", "on").env("ROCKET_CHAT__REGISTRATION", "open");
        command.env("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "0").env("ROCKET_CHAT__METRICS_TOKEN", METRICS_TOKEN);
        command.envs(new_database().await.map(|url| ("DATABASE_URL", url)));
        command.args(["--port", &port.to_string()]).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let url = format!("http://127.0.0.1:{port}");
        Self { process: command.spawn().unwrap(), url, port, folder }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn sign_in(&self) -> String {
        let answer = Client::new().post(self.at("/connect")).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    /// Sends a message and checks that it is acknowledged. A log that waited for its reader would
    /// never let that happen.
    async fn send(&self, token: &str) {
        let request = Client::new().post(self.at("/send")).bearer_auth(token).json(&json!({ "text": "hello" }));
        let answer = tokio::time::timeout(DEADLINE, request.send()).await.expect("the log does not wait");
        assert_eq!(answer.unwrap().status(), 201);
    }

    async fn dropped_lines(&self) -> u64 {
        let scrape = Client::new().get(self.at("/metrics")).bearer_auth(METRICS_TOKEN).send().await.unwrap();
        let text = scrape.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("linger_log_lines_dropped_total "));
        line.expect("the metric is exposed").parse().unwrap()
    }

    /// Sends SIGTERM and checks that the server stops properly, and soon.
    async fn stop(&mut self) {
        let sent = Command::new("kill").args(["-s", "TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let status = self.ended().await;
        assert!(status.success(), "{status}");
    }

    async fn ended(&mut self) -> std::process::ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < DEADLINE, "the server ends");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a server log this many lines of 200 bytes, over one connection.
pub(super) fn fill(port: u16, lines: usize) {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.set_read_timeout(Some(DEADLINE)).unwrap();
    let request = format!("GET /none HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {}\r\n\r\n", "i".repeat(64));
    let mut answers = BufReader::new(connection.try_clone().unwrap()).lines();
    for _ in 0..lines.div_ceil(100) {
        connection.write_all(request.repeat(100).as_bytes()).unwrap();
        for _ in 0..100 {
            // A body has no line break, so the next answer may begin in its line.
            let status = answers.find_map(|line| Some(line.unwrap().split_once("HTTP/1.1 ")?.1.to_owned()));
            assert_eq!(status.as_deref(), Some("404 Not Found"));
        }
    }
}

pub(super) fn lines_of(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Reads lines until one contains `word`, and returns them all.
fn read_until(lines: &mut impl Iterator<Item = std::io::Result<String>>, word: &str) -> Vec<String> {
    let mut read = Vec::new();
    for line in lines {
        read.push(line.unwrap());
        if read.last().unwrap().contains(word) {
            return read;
        }
    }
    panic!("no line contains {word}: {read:#?}");
}

/// Returns both outputs of a process as the same pipe.
fn one_pipe() -> (PipeReader, (Stdio, Stdio)) {
    let (reader, writer) = pipe().unwrap();
    (reader, (writer.try_clone().unwrap().into(), writer.into()))
}

#[tokio::test]
async fn an_output_that_is_full_or_closed_does_not_matter() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (reader, closed) = one_pipe();
    drop(reader);
    for outputs in [(full().into(), full().into()), closed] {
        let mut server = Server::start(outputs, &[]).await;
        let token = server.sign_in().await;
        for _ in 0..20 {
            server.send(&token).await;
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_pipe_that_is_read_late_gets_what_fits_and_the_number_of_dropped_lines() {
    let (reader, outputs) = one_pipe();
    let mut server = Server::start(outputs, &[]).await;
    let token = server.sign_in().await;
    fill(server.port, 8000);
    server.send(&token).await;
    let dropped = server.dropped_lines().await;
    assert!(dropped > 0, "nothing was dropped");
    let mut lines = BufReader::new(reader).lines();
    let late = tokio::task::spawn_blocking(move || {
        let lines_so_far = read_until(&mut lines, "log lines were dropped");
        (lines_so_far.len(), lines_so_far.last().unwrap().clone(), lines)
    });
    let (kept, last, mut lines) = tokio::time::timeout(DEADLINE, late).await.unwrap().unwrap();
    assert!(kept > 4000 && last.contains(&format!("dropped={dropped}")), "{kept} lines, then {last}");
    server.send(&token).await;
    let next = tokio::task::spawn_blocking(move || read_until(&mut lines, "route=\"/send\" status=201"));
    tokio::time::timeout(DEADLINE, next).await.unwrap().unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_pipe_that_is_opened_again_gets_the_lines_that_waited() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("log");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // Opened for both, so that neither side waits for the other.
    let both = || OpenOptions::new().read(true).write(true).open(&fifo).unwrap();
    let first = both();
    let write_only = || OpenOptions::new().write(true).open(&fifo).unwrap();
    let mut server = Server::start((write_only().into(), write_only().into()), &[]).await;
    drop(first);
    let token = server.sign_in().await;
    server.send(&token).await;
    let mut lines = BufReader::new(File::open(&fifo).unwrap()).lines();
    let read = tokio::task::spawn_blocking(move || (read_until(&mut lines, "route=\"/send\" status=201"), lines));
    tokio::time::timeout(DEADLINE, read).await.expect("the lines come").unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_log_file_may_be_a_pipe_that_nobody_reads_yet() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("log");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let settings = [("ROCKET_CHAT__LOG_FILE", fifo.to_str().unwrap())];
    let mut server = Server::start((Stdio::null(), Stdio::null()), &settings).await;
    let token = server.sign_in().await;
    server.send(&token).await;
    let mut lines = BufReader::new(File::open(&fifo).unwrap()).lines();
    let read = tokio::task::spawn_blocking(move || read_until(&mut lines, "route=\"/send\" status=201"));
    tokio::time::timeout(DEADLINE, read).await.expect("the lines come").unwrap();
    server.stop().await;
}

#[tokio::test]
async fn a_log_file_is_rotated_and_has_the_last_line() {
    let settings = [("ROCKET_CHAT__LOG_FILE", "var/linger.log"), ("ROCKET_CHAT__LOG_FILE_MEBIBYTES", "1")];
    let (mut output, outputs) = one_pipe();
    let mut server = Server::start(outputs, &settings).await;
    let log = server.folder.path().join("var/linger.log");
    let older = server.folder.path().join("var/linger.log.1");
    fill(server.port, 8000);
    until("the file is rotated", async || older.exists() && !lines_of(&log).is_empty()).await;
    assert!(fs::metadata(&older).unwrap().len() > 1_000_000);
    let kept = [lines_of(&older), lines_of(&log)].concat();
    assert!(kept[..3].iter().any(|line| line.contains("listening")), "{:?}", &kept[..3]);
    assert!(kept.iter().filter(|line| line.ends_with(&"i".repeat(64))).count() > 4000, "lines stay whole");
    server.stop().await;
    assert!(lines_of(&log).last().unwrap().ends_with("stopped"));
    let mut printed = String::new();
    output.read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "", "standard output stays empty");
}

#[tokio::test]
async fn a_part_that_others_depend_on_takes_the_process_with_it() {
    let faults = [("panic-in-journal", "the journal"), ("panic-in-wire", "the wire between nodes")];
    for (fault, name) in &faults[..if is_postgres() { 2 } else { 1 }] {
        let folder = tempfile::tempdir().unwrap();
        let printed = folder.path().join("printed");
        let file = File::create(&printed).unwrap();
        let outputs = (file.try_clone().unwrap().into(), file.into());
        let mut server = Server::start_unchecked(outputs, &[("LINGER_PLANT", fault)]).await;
        let url = server.url.clone();
        let send = async || {
            let connected = Client::new().post(format!("{url}/connect")).send().await.ok()?;
            let token = connected.json::<Value>().await.ok()?["token"].as_str()?.to_owned();
            let request = Client::new().post(format!("{url}/send")).bearer_auth(token);
            request.json(&json!({ "text": "hello" })).send().await.ok()
        };
        // Until the fault happens, which the send may even see: then its answer is a 503 or none.
        while server.process.try_wait().unwrap().is_none() {
            let answered = send().await.map(|answer| answer.status().as_u16());
            assert!(matches!(answered, None | Some(503)), "{answered:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let status = server.ended().await;
        assert_eq!((status.code(), status.signal()), (Some(1), None), "a supervisor starts it again");
        let lines = lines_of(&printed);
        assert!(lines.iter().any(|line| line.contains("panicked at ") && line.contains(fault)), "{lines:#?}");
        assert!(lines.last().unwrap().starts_with(&format!("lingerd: {name} has ended unexpectedly")), "{lines:#?}");
    }
}
