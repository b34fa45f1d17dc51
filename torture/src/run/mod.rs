//! A run: nodes, clients that send and poll without a pause, faults, and the final state of every node.
//!
//! In reading order: [`options`] configures a run; [`cast`] is the users and their conversations; [`world`] is the
//! processes; [`client`] is a client's requests; [`load`] is the state that clients share; [`writer`] with its
//! [`changer`], and [`reader`] are what they do; [`warden`] and [`inmate`] are the owner and the members of a private
//! room, whose sessions are each a [`pass`]; [`faults`] breaks things; [`collect`] reads the final state; [`report`] is
//! the summary.

mod cast;
mod changer;
mod client;
mod collect;
mod faults;
mod inmate;
mod load;
mod options;
mod pass;
mod reader;
mod report;
mod warden;
mod world;
mod writer;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::history::{History, Promises};
use crate::verdict::{Verdict, judge};
use cast::Cast;
use client::Client;
use faults::Faults;
use inmate::Inmate;
use load::{Load, Phase};
pub use options::{Database, Options};
use pass::Pass;
use reader::Reader;
pub use report::Report;
use warden::Warden;
use world::World;
use writer::Writer;

/// The number of private rooms, and of members of each besides its owner.
const PRIVATE_ROOMS: usize = 4;
const MEMBERS: usize = 4;

/// The outcome of a run.
pub struct Outcome {
    /// Everything that was recorded.
    pub history: History,
    /// The verdict on it.
    pub verdict: Verdict,
    /// Figures of the run, and its own requirements.
    pub report: Report,
}

impl Outcome {
    /// Returns whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.verdict.is_good() && self.report.shortcomings().is_empty()
    }
}

/// Executes a run.
///
/// # Errors
/// Returns an error if the run cannot start, or if nothing works any more.
pub async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let mut random = fastrand::Rng::with_seed(options.seed);
    let mut world = World::start(options).await?;
    let cast = Cast::new(options, &mut random);
    let load = Arc::new(Load::new(options, world.urls()));
    let clients = cast.connect(&load).await?;
    let begun = Instant::now();

    let mut readers = JoinSet::new();
    for (reader, role) in cast.readers.iter().enumerate() {
        let client = Client::connect_again(&load, &clients[&role.user], reader % options.nodes).await?;
        let reader = Reader::new(reader, client, role.clone(), options, random.fork());
        readers.spawn(reader.run(Arc::clone(&load)));
    }
    let mut writers = JoinSet::new();
    for writer in &cast.writers {
        let client = clients[&writer.user].clone();
        writers.spawn(Writer::new(client, writer.clone(), options.changes, random.fork()).run(Arc::clone(&load)));
    }

    let guards = guard(options, &world, &load, &mut random).await?;

    let mut faults = Faults::new(options, random.fork());
    faults.run(&mut world, &load).await?;
    load.set_phase(Phase::Finishing);
    writers.join_all().await;
    guards.join_all().await;
    let sending = begun.elapsed();
    faults.end(&world, &load);

    let stored = collect::stored(&load, &cast, &clients).await?;
    load.settle(collect::newest(&stored));
    let settled = timeout(Duration::from_secs(options.settle), async { while readers.join_next().await.is_some() {} });
    let unsettled = if settled.await.is_ok() { 0 } else { readers.len() };
    readers.shutdown().await;
    let views = collect::views(&load, &cast, &clients).await?;
    collect::positions(&load, &cast, &clients).await?;
    let report = Report::new(options, &mut world, &load, faults, sending, unsettled)?;
    let history = History {
        promises: Promises {
            visible_within_us: options.visible_within.map(|seconds| (seconds * 1e6) as u64),
            recovers_within_us: (options.recover_within * 1e6) as u64,
        },
        members: cast.members(),
        events: load.recorder.take(),
        stored,
        views,
    };
    let verdict = judge(&history);
    Ok(Outcome { history, verdict, report })
}

/// Starts the owners and the members of private rooms, if users are to be shut out.
async fn guard(
    options: &Options,
    world: &World,
    load: &Arc<Load>,
    random: &mut fastrand::Rng,
) -> anyhow::Result<JoinSet<()>> {
    let mut guards = JoinSet::new();
    let rooms = if options.removals == 0 { 0 } else { PRIVATE_ROOMS };
    for room in 0..rooms {
        let owner = Client::sign_up(load, &format!("owner{room}").into(), room % options.nodes).await?;
        world.nodes[0].run(&["user", "admin", &owner.user]).await?;
        let mut members = Vec::new();
        for member in 0..MEMBERS {
            let client = Client::sign_up(load, &format!("m{room}-{member}").into(), member % options.nodes).await?;
            let pass = Arc::new(Pass::new(client.token.clone()));
            members.push((client, pass));
        }
        let name = format!("den{room}").into();
        let named = members.iter().map(|(member, pass)| (member.user.clone(), Arc::clone(pass))).collect();
        let warden = Warden::open(load, owner, &name, named, random.fork()).await?;
        for (member, pass) in members {
            // Two at a time ask in different ways.
            for _ in 0..2 {
                let inmate = Inmate::new(member.clone(), Arc::clone(&pass), &name, warden.id(), random.fork());
                guards.spawn(inmate.run(Arc::clone(load)));
            }
        }
        guards.spawn(warden.run(Arc::clone(load)));
    }
    Ok(guards)
}
