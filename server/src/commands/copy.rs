//! `lingerd copy`: copies everything from SQLite to PostgreSQL, so that clients continue where they were. Knows the
//! order of the steps; the store reads and writes the rows.
//!
//! It can be killed at any time and run again. No server starts on the target until the copy is complete and every
//! table compares equal.

use std::fmt;
use std::time::{Duration, Instant};

use super::output::{progress, say};
use crate::store::copy::{Checksum, CopyError, Source, Table, Target, TargetState};

/// The interval between progress messages.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Copies the database at one URL to the other. Prints progress to standard error, and the comparison of both to
/// standard output.
///
/// # Errors
/// If either database is unsuitable or cannot be reached, or if they differ in the end.
pub async fn copy(from: &str, to: &str) -> Result<(), CopyError> {
    let mut source = Source::open(from).await?;
    let mut target = Target::open(to).await?;
    let tables = source.list_tables().await?;
    target.check_tables(&tables).await?;
    let identity = &tables[0];
    let state = target.state(&mut source, identity).await?;
    if state == TargetState::Empty {
        target.begin(&mut source, identity).await?;
    }
    if state != TargetState::Finished {
        for table in &tables {
            copy_table(&mut source, &mut target, table).await?;
        }
        target.set_sequences(&mut source).await?;
    }
    let comparison = compare(&mut source, &mut target, &tables).await?;
    // Finishing the copy is worth more than telling of it.
    let _ = say(&comparison);
    match (comparison.differing(), state) {
        (differing, _) if differing.is_empty() => target.finish().await?,
        (_, TargetState::Finished) => return Err(CopyError::TargetGoneOn),
        (differing, _) => return Err(CopyError::Differs(differing.join(", "))),
    }
    let _ = say(&"Both databases hold the same data. Start lingerd on the target with the same signing key file.");
    Ok(())
}

async fn copy_table(source: &mut Source, target: &mut Target, table: &Table) -> Result<(), CopyError> {
    let (all, mut copied) = (source.count(table).await?, target.count(table).await?);
    if copied > 0 && table.name != "database_identity" {
        progress(&format!("{}: {copied} rows are already there", table.name));
    }
    let mut said = Instant::now();
    loop {
        let batch = target.copy_batch(source, table).await?;
        copied += batch;
        if batch == 0 {
            progress(&format!("{}: {copied} of {all} rows", table.name));
            return Ok(());
        }
        if said.elapsed() >= PROGRESS_EVERY {
            progress(&format!("{}: {copied} of {all} rows …", table.name));
            said = Instant::now();
        }
    }
}

/// The checksums of each table in the source and in the target.
struct Comparison {
    tables: Vec<(&'static str, Checksum, Checksum)>,
}

async fn compare(source: &mut Source, target: &mut Target, tables: &[Table]) -> Result<Comparison, CopyError> {
    let mut compared = Vec::new();
    for table in tables {
        progress(&format!("{}: comparing", table.name));
        let (there, here) = tokio::try_join!(source.checksum(table), target.checksum(table))?;
        compared.push((table.name, there, here));
    }
    Ok(Comparison { tables: compared })
}

impl Comparison {
    fn differing(&self) -> Vec<&'static str> {
        self.tables.iter().filter(|(_, source, target)| source != target).map(|(name, ..)| *name).collect()
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:18} {:>12} {:>12}  {:16}  {:16}", "table", "source", "target", "checksum", "checksum")?;
        for (name, source, target) in &self.tables {
            let verdict = if source == target { "same" } else { "DIFFERENT" };
            let (rows, hashes) = ((source.rows, target.rows), (source.hash(), target.hash()));
            write!(f, "\n{name:18} {:>12} {:>12}  {:016x}  {:016x}  {verdict}", rows.0, rows.1, hashes.0, hashes.1)?;
        }
        Ok(())
    }
}
