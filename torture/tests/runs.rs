//! Short whole runs with the real server beside this program. Runs on PostgreSQL need its programs, so they run only if
//! LINGER_TEST_POSTGRES is set. They start a cluster of their own, because they kill it.

use std::collections::BTreeSet;

use clap::Parser;
use linger_torture::history::Event;
use linger_torture::run::{Options, Outcome, run};
use linger_torture::verdict::Kind;

/// Runs with these options. How soon all works again is a figure of longer runs: here the machine may be busy.
async fn outcome(arguments: &str) -> Outcome {
    let options = ["run", "--recover-within", "30"].into_iter().chain(arguments.split_whitespace());
    let options = Options::parse_from(options);
    run(&options).await.unwrap()
}

fn assert_good(outcome: &Outcome) {
    let line = outcome.report.line(&outcome.verdict);
    assert!(outcome.is_good(), "{line}\n{:?}\n{:#?}", outcome.report.shortcomings(), outcome.verdict.violations);
}

fn has_postgres() -> bool {
    std::env::var_os("LINGER_TEST_POSTGRES").is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_node_on_sqlite_survives_kills_and_pauses() {
    let faults = "--fault kill-node --fault pause-node --cycles 2 --fault-seconds 1";
    let outcome =
        outcome(&format!("--nodes 1 --database sqlite --writers 4 --readers 8 --messages 300 {faults}")).await;
    assert_good(&outcome);
    assert_eq!(outcome.verdict.figures.faults, 2);
    assert!(outcome.verdict.figures.stored >= 300, "{}", outcome.verdict.figures.stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_survive_faults_of_every_kind() {
    if !has_postgres() {
        return;
    }
    let kinds = "kill-node kill-postgres pause-node black-hole cut delay";
    let faults: Vec<_> = kinds.split(' ').map(|kind| format!("--fault {kind}")).collect();
    let sizes = "--writers 4 --readers 8 --messages 200 --removals 20 --cycles 5 --fault-seconds 2 --delay-ms 5";
    let outcome = outcome(&format!("{sizes} {}", faults.join(" "))).await;
    assert_good(&outcome);
    assert_eq!(outcome.verdict.figures.faults, 6, "the delay counts too");
    let figures = &outcome.verdict.figures;
    assert!(figures.removals >= 20 && figures.overheard > 0, "{} {}", figures.removals, figures.overheard);
}

/// The lock makes ids rise in commit order. Without it a reader's cursor passes messages that become visible later, and
/// the verdict must notice.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_without_its_lock_is_detected() {
    // Only debug builds of the server can leave the lock out.
    if !has_postgres() || !cfg!(debug_assertions) {
        return;
    }
    let sizes = "--writers 8 --readers 8 --messages 300 --fault delay --delay-ms 10 --settle 3";
    let outcome = outcome(&format!("{sizes} --set LINGER_PLANT=no-journal-lock")).await;
    let line = outcome.report.line(&outcome.verdict);
    assert!(outcome.verdict.count(Kind::Hole) > 0, "{line}");
    // A node's memory may lack a message, but some node shows it.
    let stored = outcome.history.stored.values().flatten().map(|message| message.id);
    let shown: BTreeSet<_> = outcome.history.views.iter().flat_map(|view| view.messages.ids()).chain(stored).collect();
    let sent = outcome.history.events.iter().filter_map(|recorded| match &recorded.event {
        Event::Sent { message, .. } => Some(message.ids()),
        _ => None,
    });
    assert!(sent.flatten().all(|id| shown.contains(&id)), "everything is stored: {line}");
}
