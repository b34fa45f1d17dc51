//! How long a refused sign-in takes, whatever it is refused for: the time must not tell whether a name exists. The
//! cases take turns, one sign-in at a time.

use std::fmt::{self, Display, Formatter};
use std::time::Instant;

use anyhow::ensure;
use clap::Args;
use linger_rig::folder::Folder;
use serde::Serialize;

use crate::connection::Connection;
use crate::http::post;
use crate::servers::linger;
use crate::spread::Spread;

/// How far the medians may be apart.
const MOST_APART: f64 = 1.1;

/// Sign-ins that are not counted, because first requests are slower.
const WARM_UPS: usize = 3;

/// The options of `sign-in`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of sign-ins of each kind
    #[arg(long, default_value_t = 100)]
    sign_ins: usize,
}

/// The results.
#[derive(Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
    /// The slowest median over the fastest.
    apart: f64,
}

#[derive(Serialize)]
struct Row {
    case: &'static str,
    ms: Spread,
}

struct Case {
    name: &'static str,
    connection: Connection,
    body: &'static str,
    times: Vec<f64>,
}

/// Measures on a server that is open to new accounts and on one that is closed.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    ensure!(arguments.sign_ins > 0, "--sign-ins must be at least 1");
    let (open, closed) = (Folder::new()?, Folder::new()?);
    for folder in [&open, &closed] {
        let server = linger::start_in(folder, linger_rig::port::free()?)?;
        let mut connection = Connection::open(server.port).await?;
        for body in [r#"{"username":"alice","password":"a long enough password"}"#, r#"{"username":"guest"}"#] {
            let answer = connection.exchange(&post("/connect", None, body)).await?;
            ensure!(answer.status == 201, "a sign-up was answered with {}", answer.status);
        }
    }
    let open = linger::start_in(&open, linger_rig::port::free()?)?;
    let closed = linger::start_with(
        &closed,
        linger_rig::port::free()?,
        &[("ROCKET_CHAT__REGISTRATION", "closed"), ("ROCKET_CHAT__GUESTS", "off")],
    )?;
    let mut cases = Vec::new();
    for (name, port, body) in [
        ("wrong password", open.port, r#"{"username":"alice","password":"not the password"}"#),
        ("unknown name", open.port, r#"{"username":"nobody","password":"not the password","create":false}"#),
        ("name of a guest", open.port, r#"{"username":"guest","password":"not the password"}"#),
        ("closed: wrong password", closed.port, r#"{"username":"alice","password":"not the password"}"#),
        ("closed: unknown name", closed.port, r#"{"username":"nobody","password":"not the password"}"#),
        ("closed: name of a guest", closed.port, r#"{"username":"guest","password":"not the password"}"#),
    ] {
        cases.push(Case { name, connection: Connection::open(port).await?, body, times: Vec::new() });
    }
    for round in 0..arguments.sign_ins + WARM_UPS {
        for case in &mut cases {
            let begun = Instant::now();
            let answer = case.connection.exchange(&post("/connect", None, case.body)).await?;
            let taken = begun.elapsed();
            ensure!(answer.status == 401, "{}: answered with {}", case.name, answer.status);
            if round >= WARM_UPS {
                case.times.push(taken.as_secs_f64() * 1000.0);
            }
        }
    }
    let rows: Vec<_> = cases.into_iter().map(|case| Row { case: case.name, ms: Spread::of(case.times) }).collect();
    let medians = Spread::of(rows.iter().map(|row| row.ms.median));
    Ok(Report { rows, apart: medians.most / medians.least })
}

impl Report {
    /// # Errors
    /// If the medians are more than a tenth apart.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure!(self.apart <= MOST_APART, "the medians are {:.2} apart, more than {MOST_APART}", self.apart);
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "refused sign-ins, in milliseconds\n")?;
        writeln!(f, "{:26} {:>24}", "", "median (range)")?;
        for Row { case, ms } in &self.rows {
            writeln!(f, "{case:26} {ms:>24.1}")?;
        }
        write!(f, "\nthe slowest median over the fastest: {:.3}", self.apart)
    }
}
