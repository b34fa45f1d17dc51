//! Durable sends: how many messages a second are on disk and acknowledged, against the rate of a bare POST.
//!
//! The two take turns, several times, so that a machine that slows down slows both.

use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Args;
use tokio::task::JoinSet;

use crate::connection::{Connection, post};
use crate::subject::{Subject, own_cpu_seconds};

/// How to measure.
#[derive(Args)]
pub struct Arguments {
    /// Keep-alive connections, each sending one message after the other
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds for each turn
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Turns for each of the two
    #[arg(long, default_value_t = 5)]
    turns: usize,
}

struct Turn {
    per_second: f64,
    p50: Duration,
    p99: Duration,
    server_cpu_us: f64,
    client_cpu_us: f64,
}

/// Measures and prints.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (linger, floor) = (Subject::linger(folder.path()).await?, Subject::floor().await?);
    let mut requests = Vec::new();
    for _ in 0..arguments.connections {
        let answer = Connection::open(linger.port).await?.exchange(&post("/connect", None, "{}")).await?;
        ensure!(answer.status == 201, "a guest is answered {}", answer.status);
        let connected: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let token = connected["token"].as_str();
        requests.push(post("/send", token, r#"{"text":"forty characters of a message to a room"}"#));
    }
    println!("{} connections, {} turns of {} s each", arguments.connections, arguments.turns, arguments.seconds);
    println!("            sends/s   p50 ms   p99 ms   server µs   client µs");
    let mut ratios = Vec::new();
    for _ in 0..arguments.turns {
        let bare = measure(&floor, &requests, arguments.seconds).await?;
        bare.print("bare POST");
        let durable = measure(&linger, &requests, arguments.seconds).await?;
        durable.print("linger");
        ratios.push(durable.per_second / bare.per_second);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    println!("linger / bare POST: median {median:.2}, from {:.2} to {:.2}", ratios[0], ratios[ratios.len() - 1]);
    Ok(())
}

async fn measure(subject: &Subject, requests: &[Vec<u8>], seconds: u64) -> anyhow::Result<Turn> {
    let (server_before, client_before) = (subject.cpu_seconds()?, own_cpu_seconds()?);
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let mut senders = JoinSet::new();
    for request in requests {
        let request = request.clone();
        let mut connection = Connection::open(subject.port).await?;
        senders.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let sent = Instant::now();
                let answer = connection.exchange(&request).await?;
                ensure!(answer.status == 201, "a send is answered {}", answer.status);
                times.push(sent.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(sender) = senders.join_next().await {
        times.extend(sender??);
    }
    let elapsed = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    let count = times.len() as f64;
    Ok(Turn {
        per_second: count / elapsed,
        p50: times[times.len() / 2],
        p99: times[times.len() * 99 / 100],
        server_cpu_us: (subject.cpu_seconds()? - server_before) * 1e6 / count,
        client_cpu_us: (own_cpu_seconds()? - client_before) * 1e6 / count,
    })
}

impl Turn {
    fn print(&self, name: &str) {
        println!(
            "{name:9} {:9.0} {:8.2} {:8.2} {:11.1} {:11.1}",
            self.per_second,
            self.p50.as_secs_f64() * 1e3,
            self.p99.as_secs_f64() * 1e3,
            self.server_cpu_us,
            self.client_cpu_us
        );
    }
}
