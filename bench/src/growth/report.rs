//! The report of `growth`: the figures of all data sets side by side.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::dataset::Contents;

/// The index of the data set that differs from the first one only in its number of messages, and most.
const MOST_MESSAGES: usize = 2;

/// The results of all data sets.
#[derive(Serialize)]
pub(crate) struct Report {
    /// Polls held on each.
    pub(crate) polls: usize,
    /// All have the same figures in the same order.
    pub(crate) databases: Vec<(Contents, Vec<Figure>)>,
}

/// A figure, with its unit in its name.
#[derive(Serialize)]
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
}

impl Figure {
    pub(crate) fn new(name: &'static str, value: f64) -> Self {
        Self { name, value }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} held polls on data sets of different sizes. Times of single requests are medians.\n",
            self.polls
        )?;
        let counts = [
            ("messages", (|contents| contents.messages) as fn(&Contents) -> u64),
            ("changes", |contents| contents.changes),
            ("users", |contents| contents.users),
            ("rooms", |contents| contents.rooms + 1),
        ];
        for (name, count) in counts {
            write!(f, "{name:19}")?;
            self.databases.iter().try_for_each(|(contents, _)| write!(f, " {:>10}", count(contents)))?;
            writeln!(f, "{}", if name == "messages" { "      ratio" } else { "" })?;
        }
        let first = self.databases.first().map_or(&[][..], |(_, figures)| figures);
        for (at, Figure { name, .. }) in first.iter().enumerate() {
            write!(f, "{name:19}")?;
            self.databases.iter().try_for_each(|(_, figures)| write!(f, " {:>10.2}", figures[at].value))?;
            let most_messages = self.databases.get(MOST_MESSAGES).map_or(f64::NAN, |(_, figures)| figures[at].value);
            writeln!(f, " {:>10.2}", most_messages / first[at].value)?;
        }
        Ok(())
    }
}
