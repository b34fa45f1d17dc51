//! `/metrics`: access, the text format, and the figures.

mod asking;
mod documents;
mod nodes;
mod numbers;
mod refusals;
mod text;
pub(crate) mod waiting;

use crate::harness::{Client, METRICS_TOKEN, TestServer};
use text::Families;

/// Fetches and parses a server's metrics.
pub(crate) async fn scrape(server: &TestServer) -> Families {
    let request = Client::new().get(server.url("/metrics")).bearer_auth(METRICS_TOKEN);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    Families::parse(&response.text().await.unwrap())
}
