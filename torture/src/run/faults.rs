//! Injects one fault after the other, and measures how long recovery takes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Context;
use linger_rig::proxy::{Fault, Scope};
use tokio::time::sleep;

use super::load::Load;
use super::options::Options;
use super::world::World;
use crate::history::{Event, FaultKind};

/// Matches the connections that listen for notifications: their `application_name`.
const LISTENERS: &str = "linger-listen";

/// The log line of a node that no longer receives notifications.
const LISTEN_IS_DEAD: &str = "the wire between nodes is dead";

/// How long sends may fail before the run is aborted.
const PATIENCE: Duration = Duration::from_secs(60);

/// The faults of a run, and how it recovered from them.
pub(super) struct Faults {
    options: Options,
    random: fastrand::Rng,
    /// For each fault, the time from its end until every node had acknowledged a send.
    pub(super) recoveries: Vec<Duration>,
    /// For each dead LISTEN, the time until every node had logged it, or `None` if some node did not.
    pub(super) detections: Vec<Option<Duration>>,
}

impl Faults {
    pub(super) fn new(options: &Options, random: fastrand::Rng) -> Self {
        Self { options: options.clone(), random, recoveries: Vec::new(), detections: Vec::new() }
    }

    /// Injects faults for the configured number of cycles, then waits until enough messages are acknowledged.
    pub(super) async fn run(&mut self, world: &mut World, load: &Load) -> anyhow::Result<()> {
        if self.has_lasting_delay() {
            let (least, most) = (Duration::ZERO, Duration::from_millis(self.options.delay_ms));
            world.links.iter().for_each(|link| link.fail(Scope::All, Fault::Delay { least, most }));
            load.recorder.record(Event::FaultBegins { fault: FaultKind::Delay });
        }
        let faults: Vec<_> = self.options.faults.iter().copied().filter(|fault| *fault != FaultKind::Delay).collect();
        let cycles = if faults.is_empty() { 0 } else { self.options.cycles };
        for cycle in 0..cycles {
            let between = self.options.between_seconds * (0.5 + self.random.f64());
            sleep(Duration::from_secs_f64(between)).await;
            let fault = faults[cycle % faults.len()];
            load.recorder.record(Event::FaultBegins { fault });
            self.break_and_mend(fault, world).await?;
            load.recorder.record(Event::FaultEnds { fault });
            let recovery = recovery_time(load).await;
            self.recoveries.push(recovery.with_context(|| format!("after {fault:?}, cycle {}", cycle + 1))?);
        }
        wait_until_enough(load).await
    }

    /// Ends a run-long delay. Called once the writers have ended.
    pub(super) fn end(&self, world: &World, load: &Load) {
        if self.has_lasting_delay() {
            world.links.iter().for_each(|link| link.heal(&Scope::All));
            load.recorder.record(Event::FaultEnds { fault: FaultKind::Delay });
        }
    }

    /// Returns whether a delay lasts as long as the run.
    fn has_lasting_delay(&self) -> bool {
        self.options.faults.contains(&FaultKind::Delay)
    }

    async fn break_and_mend(&mut self, fault: FaultKind, world: &mut World) -> anyhow::Result<()> {
        let node = self.random.usize(0..world.nodes.len());
        let lasting = Duration::from_secs_f64(self.options.fault_seconds);
        match fault {
            FaultKind::KillNode => {
                world.nodes[node].kill().await?;
                self.random_pause().await;
                world.nodes[node].start_again().await?;
            }
            FaultKind::KillPostgres => {
                let cluster = world.cluster.as_mut().context("there is no cluster to kill")?;
                cluster.kill().await?;
                self.random_pause().await;
                cluster.start_again().await?;
            }
            FaultKind::PauseNode => {
                world.nodes[node].pause()?;
                sleep(lasting).await;
                world.nodes[node].resume()?;
            }
            FaultKind::BlackHole => {
                world.links[node].fail(Scope::All, Fault::BlackHole);
                sleep(lasting).await;
                world.links[node].heal(&Scope::All);
            }
            FaultKind::Cut => world.links[node].cut(Scope::All),
            FaultKind::ListenDead => {
                let listeners = Scope::Opening(LISTENERS.to_owned());
                let logged: Vec<_> = world.nodes.iter().map(|node| node.log().len()).collect();
                world.links.iter().for_each(|link| link.fail(listeners.clone(), Fault::BlackHole));
                self.detections.push(detection(world, &logged, lasting).await);
                world.links.iter().for_each(|link| link.heal(&listeners));
            }
            FaultKind::Delay => {}
        }
        Ok(())
    }

    /// Waits a random time before a killed process is restarted.
    async fn random_pause(&mut self) {
        sleep(Duration::from_millis(self.random.u64(0..1000))).await;
    }
}

/// Waits for `lasting`. Returns the time after which every node had logged that LISTEN is dead.
async fn detection(world: &World, logged: &[usize], lasting: Duration) -> Option<Duration> {
    let begun = Instant::now();
    let (mut found, mut all) = (BTreeSet::new(), None);
    while begun.elapsed() < lasting {
        for (at, node) in world.nodes.iter().enumerate() {
            if node.log()[logged[at]..].iter().any(|line| line.contains(LISTEN_IS_DEAD)) {
                found.insert(at);
            }
        }
        if found.len() == world.nodes.len() && all.is_none() {
            all = Some(begun.elapsed());
        }
        sleep(Duration::from_millis(50)).await;
    }
    all
}

/// Measures the time until every node has acknowledged a send made from now on.
async fn recovery_time(load: &Load) -> anyhow::Result<Duration> {
    let begun_us = load.recorder.now_us();
    let begun = Instant::now();
    loop {
        let works = |node: &usize| load.last_acknowledged_us(*node) > begun_us;
        let Some(node) = (0..load.nodes()).find(|node| !works(node)) else { return Ok(begun.elapsed()) };
        anyhow::ensure!(begun.elapsed() < PATIENCE, "node {node} acknowledges no sends");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until enough messages are acknowledged. Fails if nothing is acknowledged for a long time.
async fn wait_until_enough(load: &Load) -> anyhow::Result<()> {
    let (mut last, mut since) = (load.acknowledged(), Instant::now());
    while !load.is_enough() {
        if load.acknowledged() > last {
            (last, since) = (load.acknowledged(), Instant::now());
        }
        anyhow::ensure!(since.elapsed() < PATIENCE, "no sends are acknowledged any more");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
