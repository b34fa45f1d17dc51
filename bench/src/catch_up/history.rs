//! Reads pages of history, at the end of a room and deep in it.

use anyhow::ensure;

use super::report::History;
use crate::http::get;
use crate::servers::Exchange;
use crate::spread::Percentiles;

/// Requests this many pages of `general` at each depth, one at a time, with `limit` messages each.
pub(crate) fn measure(port: u16, token: &str, messages: u64, limit: u64, pages: usize) -> anyhow::Result<Vec<History>> {
    let mut connection = Exchange::open(port)?;
    let mut depths = Vec::new();
    for percent in [0, 10, 50, 99] {
        let mut times = Vec::with_capacity(pages);
        for _ in 0..pages {
            // Vary the page, so that the result does not depend on a single one.
            let before = messages * (100 - percent) / 100 - fastrand::u64(0..=messages / 200) + 1;
            let before = before.max(limit + 1);
            let bound = if percent == 0 { String::new() } else { format!("&before={before}") };
            let answer = connection.ask(&get(&format!("/room/1/messages?limit={limit}{bound}"), token))?;
            ensure!(answer.status == 200, "a page of history was answered with {}", answer.status);
            times.push(answer.taken);
        }
        times.sort_unstable();
        depths.push(History { percent, page: Percentiles::of(&times) });
    }
    Ok(depths)
}
