//! The tables of `docs/permissions.md`.

use std::fs;
use std::path::Path;

/// A heading, and the table below it.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// A call, and what each kind of user gets.
pub(super) struct Row {
    /// As in the document: the call, and after a comma which case of it.
    pub(super) name: String,
    pub(super) call: String,
    pub(super) cells: Vec<String>,
}

impl Row {
    /// Returns whether the row is this case of its call.
    pub(super) fn is(&self, case: &str) -> bool {
        self.name.split_once(", ").is_some_and(|(_, this)| this == case)
    }

    /// Returns the first cell of a row of this name.
    pub(super) fn written(name: &str) -> String {
        match name.split_once(", ") {
            None => format!("`{name}`"),
            Some((call, case)) => format!("`{call}`, {case}"),
        }
    }
}

/// Returns a route as documents write it.
pub(super) fn documented(call: &str) -> String {
    call.replace('<', "{").replace('>', "}")
}

pub(super) fn sections() -> Vec<Section> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/permissions.md");
    let document = fs::read_to_string(path).unwrap();
    let mut sections: Vec<Section> = Vec::new();
    for line in document.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push(Section { title: title.to_owned(), rows: Vec::new() });
        } else if let (Some(section), true) = (sections.last_mut(), line.starts_with("| `")) {
            let mut cells = line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned());
            let name = cells.next().unwrap().replace('`', "");
            let call = name.split_once(", ").map_or(name.as_str(), |(call, _)| call).to_owned();
            section.rows.push(Row { name, call, cells: cells.collect() });
        }
    }
    sections
}
