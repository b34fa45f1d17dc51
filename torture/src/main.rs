//! `linger-torture`: runs linger under load and faults, or judges what such a run left behind. Exit status 1
//! when something is wrong.

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
    /// Start nodes, write and read on them, break things, and judge what came of it
    Run(Box<Options>),
    /// Judge the history of a run
    Check {
        /// JSON lines, as `run --history FILE` writes them
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
    tell(&outcome.verdict);
    for shortcoming in outcome.report.shortcomings() {
        println!("{shortcoming}");
    }
    println!("{}", outcome.report.line(&outcome.verdict));
    Ok(outcome.is_good())
}

fn check(path: &Path) -> anyhow::Result<bool> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let verdict = judge(&History::read(BufReader::new(file))?);
    tell(&verdict);
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

/// What is wrong, some of each kind.
fn tell(verdict: &Verdict) {
    for violation in &verdict.violations {
        println!("{violation}");
    }
}
