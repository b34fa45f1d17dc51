//! The floor: Rocket with the features that linger builds it with, and a POST that takes the same body,
//! stores nothing and checks nobody. A process of its own, as linger is.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use rocket::serde::json::{Json, Value, json};
use rocket::{post, routes};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// The bare program, running; killed when it is dropped.
pub struct Floor {
    process: Child,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
}

impl Floor {
    /// Starts it, and returns once it listens.
    pub async fn start() -> anyhow::Result<Self> {
        let port = linger_rig::port::free()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--port", &port.to_string()]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut floor = Self { process, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if let Some(status) = floor.process.try_wait()? {
                bail!("the bare program ended with {status}");
            }
            ensure!(begun.elapsed() < linger_rig::DEADLINE, "the bare program does not listen");
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        Ok(floor)
    }

    /// Its process id.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("the bare program has ended")
    }
}

#[post("/send", data = "<message>")]
fn send(message: Json<Value>) -> (rocket::http::Status, Value) {
    let text = message.0["text"].clone();
    (rocket::http::Status::Created, json!({ "id": 1, "seq": 1, "text": text }))
}

/// Serves until it is killed.
pub async fn serve(port: u16) -> anyhow::Result<()> {
    let config = rocket::Config::figment().merge(("port", port)).merge(("log_level", "off")).merge(("ident", false));
    let launched = rocket::custom(config).mount("/", routes![send]).launch().await;
    launched.map(|_| ()).map_err(|error| anyhow::anyhow!("{}", error.kind()))
}
