//! `help`, and the manual pages that packages ship.

use std::io::{Error, ErrorKind};
use std::path::Path;

use crate::domain::Failure;
use crate::{cli, files};

/// Prints the help of a command or a topic, wrapped at the width of the terminal.
pub(super) fn explain(about: &[String]) -> Result<(), Failure> {
    let printed = cli::explained(about).map_err(Failure::Usage)?.print_long_help();
    printed.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => Failure::Terminal(format!("cannot write: {error}")),
    })
}

/// Writes a manual page for each command.
pub(super) fn write_manual(folder: &Path) -> Result<(), Failure> {
    let broken = |error: Error| files::broken("write", folder, &error);
    std::fs::create_dir_all(folder).map_err(broken)?;
    clap_mangen::generate_to(cli::manual(), folder).map_err(broken)
}
