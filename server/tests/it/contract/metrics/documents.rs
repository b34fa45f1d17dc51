//! `docs/metrics.md`, compared with what the server exposes.

use std::collections::{BTreeMap, BTreeSet};

use super::scrape;
use crate::harness::{DEADLINE, TestServer};

fn document() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md")).unwrap()
}

/// Returns the names and types that the tables list.
fn rows() -> BTreeMap<String, String> {
    let document = document();
    let rows = document.lines().filter(|line| line.starts_with("| `linger_") || line.starts_with("| `process_"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 3, "{row}");
        let name = cells[0].trim_start_matches('`').split(['`', '{']).next().unwrap();
        (name.to_owned(), cells[1].split(',').next().unwrap().to_owned())
    })
    .collect()
}

#[tokio::test]
async fn the_tables_list_every_metric_with_its_type_and_no_other() {
    let server = TestServer::start().await;
    let families = scrape(&server).await.0;
    let exposed: BTreeMap<_, _> = families.into_iter().map(|(name, family)| (name, family.kind)).collect();
    assert_eq!(rows(), exposed);
}

/// Returns the PromQL in the document: the alerts' expressions and the lines of the `promql` blocks.
fn queries(document: &str) -> (Vec<&str>, Vec<&str>) {
    let alerts = document.lines().filter(|line| line.trim_start().starts_with("expr: ")).collect();
    let blocks = document.split("```promql\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    (alerts, lines)
}

#[tokio::test]
async fn alerts_and_dashboard_queries_name_existing_series() {
    let server = TestServer::start().await;
    // The first scrape is counted once it is answered, so the second one has a counted request.
    tokio::time::timeout(DEADLINE, scrape(&server)).await.unwrap();
    let families = scrape(&server).await.0;
    let series: BTreeSet<_> = families.values().flat_map(|family| &family.samples).map(|s| s.name.clone()).collect();
    let document = document();
    let (alerts, dashboard) = queries(&document);
    assert!(alerts.len() >= 5, "{alerts:?}");
    assert!(dashboard.len() >= 5, "{dashboard:?}");
    for expression in alerts.into_iter().chain(dashboard) {
        let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let named: Vec<_> = words.filter(|word| word.starts_with("linger_") || word.starts_with("process_")).collect();
        assert!(!named.is_empty(), "{expression}");
        assert!(named.iter().all(|name| series.contains(*name)), "{expression}");
    }
}
