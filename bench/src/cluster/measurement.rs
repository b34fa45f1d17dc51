//! The sequence of a measurement: nodes are started and filled with polls, and two messages are sent on the first node.
//! The first message answers every poll once, so that all connections have been used. The second one is timed.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use linger_rig::postgres::Cluster;

use super::Arguments;
use super::holder::{Holder, tallies};
use super::report::{Figures, NodeFigures};
use super::tally::now_us;
use crate::connection::Connection;
use crate::guest::Guest;
use crate::memory::Memory;
use crate::nodes;
use crate::processor::{seconds_of, seconds_of_cluster};
use crate::servers::Server;

/// The time limit for all guests to sign in, and for a message to reach all.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long idle nodes are watched.
const IDLE: Duration = Duration::from_secs(10);

/// A node that uses less than this share of a CPU counts as idle.
const QUIET: f64 = 0.05;

/// Shorter than the hold of a poll, since renewing all polls makes the nodes busy again.
const QUIET_WITHIN: Duration = Duration::from_secs(30);

/// Starts this many nodes on a new database and measures them.
pub(crate) async fn measure(cluster: &Cluster, count: usize, arguments: &Arguments) -> anyhow::Result<Figures> {
    let polls = arguments.polls;
    let nodes = nodes::on_postgres(cluster, count).await?;
    let mut connection = Connection::open(nodes[0].port).await?;
    let speaker = Guest::connect(&mut connection).await?;
    let empty = resident_bytes(&nodes)?;

    let begun = Instant::now();
    let mut holders: Vec<_> =
        nodes.iter().map(|node| Holder::start(node.port, polls, arguments.parallel)).collect::<anyhow::Result<_>>()?;
    let came = tallies(&mut holders, PATIENCE, |tally| tally.connected == polls).await?;
    let connected: usize = came.iter().map(|tally| tally.connected).sum();
    ensure!(connected == polls * count, "only {connected} of {} guests signed in", polls * count);
    let coming_in_seconds = begun.elapsed().as_secs_f64();
    eprintln!("  {connected} guests signed in within {coming_in_seconds:.0} s");
    for holder in &mut holders {
        holder.begin().await?;
    }
    hold(&mut holders, &nodes, polls).await?;

    say(&mut connection, &speaker, "first").await?;
    tallies(&mut holders, PATIENCE, |tally| tally.arrivals("first").clients == polls).await?;
    hold(&mut holders, &nodes, polls).await?;
    let full = resident_bytes(&nodes)?;
    let (idle, postgres_idle_cpu_percent) = watch(&nodes, cluster).await?;
    eprintln!("  all polls are held again");

    // Wait for another quiet moment, because polls being renewed would disturb the measurement.
    hold(&mut holders, &nodes, polls).await?;
    let said_us = now_us();
    let acknowledged_ms = say(&mut connection, &speaker, "second").await?;
    tallies(&mut holders, PATIENCE, |tally| tally.arrivals("second").clients == polls).await?;
    // A message delivered twice would come with the next answer.
    let last = hold(&mut holders, &nodes, polls).await?;
    let node = |at: usize| {
        let (first, second) = (last[at].arrivals("first"), last[at].arrivals("second"));
        NodeFigures {
            empty_bytes: empty[at],
            full_bytes: full[at],
            bytes_per_poll: full[at].saturating_sub(empty[at]) / polls as u64,
            idle_cpu_percent: idle[at],
            delivered: second.clients,
            repeated: first.repeated + second.repeated,
            last_ms: second.last_us.saturating_sub(said_us) as f64 / 1e3,
            renewed: last[at].renewed,
            postponed: last[at].postponed,
        }
    };
    let nodes = (0..count).map(node).collect();
    Ok(Figures { polls, coming_in_seconds, acknowledged_ms, postgres_idle_cpu_percent, nodes })
}

/// Sends a message to all. Returns the milliseconds until it was acknowledged.
async fn say(connection: &mut Connection, speaker: &Guest, text: &str) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let answer = connection.exchange(&speaker.send(text)).await.context("a send failed")?;
    ensure!(answer.status == 201, "a send was answered with {}", answer.status);
    Ok(begun.elapsed().as_secs_f64() * 1e3)
}

/// Returns the resident memory of each node.
fn resident_bytes(nodes: &[Server]) -> anyhow::Result<Vec<u64>> {
    nodes.iter().map(|node| Ok(Memory::of(&[node.pid()])?.resident)).collect()
}

/// Waits until all polls are held and the nodes are idle.
async fn hold(holders: &mut [Holder], nodes: &[Server], polls: usize) -> anyhow::Result<Vec<super::tally::Tally>> {
    tallies(holders, PATIENCE, |tally| tally.held == polls).await?;
    let begun = Instant::now();
    while begun.elapsed() < QUIET_WITHIN && cpu(nodes, Duration::from_secs(1)).await?.iter().any(|used| *used > QUIET) {
    }
    tallies(holders, PATIENCE, |tally| tally.held == polls).await
}

/// Returns the CPU percentages of each idle node, and of PostgreSQL.
async fn watch(nodes: &[Server], cluster: &Cluster) -> anyhow::Result<(Vec<f64>, f64)> {
    let before = seconds_of_cluster(cluster)?;
    let idle = cpu(nodes, IDLE).await?.iter().map(|used| used * 100.0).collect();
    Ok((idle, (seconds_of_cluster(cluster)? - before) / IDLE.as_secs_f64() * 100.0))
}

/// Returns the share of a CPU that each node uses during this time.
async fn cpu(nodes: &[Server], duration: Duration) -> anyhow::Result<Vec<f64>> {
    let used = || nodes.iter().map(|node| seconds_of(node.pid())).collect::<anyhow::Result<Vec<_>>>();
    let before = used()?;
    tokio::time::sleep(duration).await;
    let used = used()?.into_iter().zip(before).map(|(after, before)| (after - before) / duration.as_secs_f64());
    Ok(used.collect())
}
