//! Figures of several databases side by side.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::database::Contents;

/// Which database differs from the first in nothing but messages, and most in those.
const MOST_MESSAGES: usize = 2;

/// All of it.
#[derive(Serialize)]
pub struct Report {
    /// Held in each.
    pub polls: usize,
    /// Each with the same figures in the same order.
    pub databases: Vec<(Contents, Vec<Figure>)>,
}

/// One figure; the unit is in its name.
#[derive(Serialize)]
pub struct Figure {
    name: &'static str,
    value: f64,
}

impl Figure {
    /// A figure by its name.
    pub fn new(name: &'static str, value: f64) -> Self {
        Self { name, value }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} held polls on databases of different sizes; times of single requests are medians\n",
            self.polls
        )?;
        let counts = [
            ("messages", (|contents| contents.messages) as fn(&Contents) -> u64),
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
