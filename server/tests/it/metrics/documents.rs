//! What is documented is what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::scrape;
use crate::harness::{DEADLINE, TestServer};

fn operations() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).unwrap()
}

/// The rows of the table of metrics: name and type.
fn rows() -> BTreeMap<String, String> {
    let document = operations();
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
async fn the_table_of_metrics_lists_every_family_with_its_type_and_no_other() {
    let server = TestServer::start().await;
    let families = scrape(&server).await.0;
    let exposed: BTreeMap<_, _> = families.into_iter().map(|(name, family)| (name, family.kind)).collect();
    assert_eq!(rows(), exposed);
}

#[tokio::test]
async fn the_alerts_ask_for_series_that_there_are() {
    let server = TestServer::start().await;
    // Something has to have happened for answers to be counted.
    tokio::time::timeout(DEADLINE, scrape(&server)).await.unwrap();
    let families = scrape(&server).await.0;
    let series: BTreeSet<_> = families.values().flat_map(|family| &family.samples).map(|s| s.name.clone()).collect();
    let document = operations();
    let expressions: Vec<_> = document.lines().filter(|line| line.trim_start().starts_with("expr: ")).collect();
    assert!(expressions.len() >= 5, "{expressions:?}");
    for expression in expressions {
        let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let asked: Vec<_> = words.filter(|word| word.starts_with("linger_") || word.starts_with("process_")).collect();
        assert!(!asked.is_empty(), "{expression}");
        assert!(asked.iter().all(|asked| series.contains(*asked)), "{expression}");
    }
}
