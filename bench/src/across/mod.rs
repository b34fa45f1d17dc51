//! Latency between nodes: the time from a send on one node to the answer of a poll held by another, one message at a
//! time on an idle machine. The same route within one node is the baseline.

mod report;
mod route;

use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use crate::nodes;
pub(crate) use report::Report;
use report::Row;
use route::Route;

/// The pause between two messages, random so as not to fall in step with periodic work.
const PAUSE_MS: std::ops::Range<u64> = 100..700;

/// Messages that are sent but not counted, because first requests are slower.
const WARM_UPS: usize = 5;

/// The options of `across`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of messages on each of the two routes
    #[arg(long, default_value_t = 300)]
    messages: usize,
}

/// Sends on both routes in turn.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    ensure!(arguments.messages > 0, "--messages must be at least 1");
    let cluster = nodes::postgres().await?;
    let nodes = nodes::on_postgres(&cluster, 2).await?;
    let mut here = Route::open("one node", nodes[0].port, nodes[0].port).await?;
    let mut across = Route::open("across two nodes", nodes[0].port, nodes[1].port).await?;
    let mut sent: Option<String> = None;
    let (mut times_here, mut times_across) = (Vec::new(), Vec::new());
    for count in 0..arguments.messages + WARM_UPS {
        for (route, times) in [(&mut here, &mut times_here), (&mut across, &mut times_across)] {
            if let Some(sent) = &sent {
                route.catch_up(sent).await?;
            }
            route.hold().await?;
            tokio::time::sleep(Duration::from_millis(fastrand::u64(PAUSE_MS))).await;
            let text = format!("message {count}, {}", route.name);
            let taken = route.send(&text).await?;
            sent = Some(text);
            if count >= WARM_UPS {
                times.push(taken);
            }
        }
        if count % 50 == 49 {
            eprintln!("message {} of {}", count + 1, arguments.messages + WARM_UPS);
        }
    }
    Ok(Report { rows: vec![Row::of(here.name, times_here), Row::of(across.name, times_across)] })
}
