//! `linger-torture`: runs linger under load and faults, or judges the history of such a run. Exits with status 1 if
//! anything is wrong.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use linger_torture::history::History;
use linger_torture::run::{self, Options};
use linger_torture::verdict::{Kind, Verdict, judge};

#[derive(Parser)]
#[command(name = "linger-torture", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start nodes, send and read messages, inject faults, and judge the outcome
    Run(Box<Options>),
    /// Judge a recorded history
    Check {
        /// A file written by `run --history FILE` (JSON lines)
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Run(options) => run(&options),
        Command::Check { file } => check(&file),
    };
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("linger-torture: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(run::run(options))?;
    if let Some(path) = &options.history {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        outcome.history.write(BufWriter::new(file))?;
    }
    print_violations(&outcome.verdict);
    for shortcoming in outcome.report.shortcomings() {
        println!("{shortcoming}");
    }
    println!("{}", outcome.report.line(&outcome.verdict));
    Ok(outcome.is_good())
}

fn check(path: &Path) -> anyhow::Result<bool> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let verdict = judge(&History::read(BufReader::new(file))?);
    print_violations(&verdict);
    let counts: Vec<_> = Kind::ALL.map(|kind| format!("{} {kind}", verdict.count(kind))).into();
    let figures = &verdict.figures;
    println!(
        "{} messages, {} delivered in {} polls: {}",
        figures.stored,
        figures.deliveries,
        figures.polls,
        counts.join(", ")
    );
    Ok(verdict.is_good())
}

/// Prints the violations, up to a limit for each kind.
fn print_violations(verdict: &Verdict) {
    for violation in &verdict.violations {
        println!("{violation}");
    }
}
