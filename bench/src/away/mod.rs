//! A client that was away for a month: it catches up with messages and changes of many conversations, page by page,
//! and must then know everything as it is in the database.

mod report;
mod state;

use std::collections::BTreeSet;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use linger_rig::folder::Folder;
use rusqlite::Connection;

use crate::dataset::{self, Contents};
use crate::follower::Follower;
use crate::memory::{self, Memory};
use crate::nodes;
use crate::processor::seconds_of;
use crate::servers::{Exchange, Server, linger};
pub(crate) use report::Report;
use report::Run;
use state::State;

/// The options of `away`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Number of messages to catch up with
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,
    /// Number of changed messages, at most a tenth of all; every fifth is deleted, the others are edited
    #[arg(long, default_value_t = 100_000)]
    changes: u64,
    /// Number of conversations
    #[arg(long, default_value_t = 200)]
    conversations: u64,
    /// Number of messages and changes on a page
    #[arg(long, default_value_t = 500)]
    limit: u64,
    /// Databases to measure
    #[arg(long, value_delimiter = ',', default_value = "sqlite,postgresql")]
    databases: Vec<Database>,
}

/// A database to read from.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgresql,
}

/// Lets the same guest catch up on each database.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<Report> {
    let Arguments { messages, changes, conversations, limit, .. } = *arguments;
    ensure!(conversations > 0, "there has to be a conversation");
    let folder = Folder::new()?;
    drop(dataset::create(&folder)?);
    let guest = {
        let server = linger::start_in(&folder, linger_rig::port::free()?)?;
        Follower::sign_in(&mut Exchange::open(server.port)?)?
    };
    let connection = dataset::open(&folder)?;
    dataset::fill(&connection, Contents { messages, users: 1, rooms: conversations - 1, changes })?;
    delete_every_fifth(&connection)?;
    eprintln!("{messages} messages and {changes} changes are stored");
    let mut runs = Vec::new();
    for database in &arguments.databases {
        join_everything(&connection, &guest)?;
        let run = match database {
            Database::Sqlite => {
                let server = linger::start_in(&folder, linger_rig::port::free()?)?;
                catch_up("SQLite", &server, guest.clone(), limit, &connection)?
            }
            Database::Postgresql => {
                let cluster = nodes::postgres().await?;
                let url = cluster.create_database().await?;
                linger::copy(&folder, &url)?;
                let server = linger::start_on(&folder, linger_rig::port::free()?, &url)?;
                catch_up("PostgreSQL", &server, guest.clone(), limit, &connection)?
            }
        };
        eprintln!("{run}");
        runs.push(run);
    }
    Ok(Report { messages, changes, conversations, limit, runs })
}

/// Turns every fifth edit into a deletion.
fn delete_every_fifth(connection: &Connection) -> anyhow::Result<()> {
    connection.execute_batch(
        "update messages set text = '', deleted_at = edited_at, deleted_by = sender_id, edited_at = null
         where id in (select m.id from line_changes l
                      join messages m on m.conversation_id = l.conversation_id and m.seq = l.seq
                      where l.id % 55 = 0)",
    )?;
    Ok(())
}

/// Makes the guest a member of all conversations, with nothing read.
fn join_everything(connection: &Connection, guest: &Follower) -> anyhow::Result<()> {
    let sql = "insert into memberships (user_id, conversation_id, since_seq, last_read_seq)
               select ?, id, 0, 0 from conversations where true
               on conflict (user_id, conversation_id) do update set since_seq = 0, last_read_seq = 0";
    connection.execute(sql, [guest.id.cast_signed()])?;
    connection.execute_batch(
        "update rooms set members =
             (select count(*) from memberships m where m.conversation_id = rooms.conversation_id)",
    )?;
    Ok(())
}

/// Reads all pages, and compares what the guest then knows with what the file contains.
fn catch_up(
    database: &'static str,
    server: &Server,
    mut guest: Follower,
    limit: u64,
    connection: &Connection,
) -> anyhow::Result<Run> {
    let mut exchange = Exchange::open(server.port)?;
    let (mut state, mut times, mut bytes) = (State::default(), Vec::new(), 0);
    let (memory, queries, cpu) = (Memory::of(&[server.pid()])?, linger::queries(server)?, seconds_of(server.pid())?);
    memory::forget_peak(server.pid())?;
    loop {
        let page = guest.follow(&mut exchange, &format!("&limit={limit}"))?;
        times.push(page.taken);
        bytes += page.body.len() as u64;
        state.merge(&page.body)?;
        if !page.more {
            break;
        }
    }
    let pages = times.len() as f64;
    let peak = memory::peak(server.pid())?;
    let cpu = seconds_of(server.pid())? - cpu;
    let queries = linger::queries(server)? - queries;
    let rooms: BTreeSet<i64> =
        connection.prepare("select id from rooms")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Run::new(
        database,
        &times,
        report::Costs {
            bytes,
            peak_bytes: peak.saturating_sub(memory.resident),
            server_ms_per_page: cpu * 1e3 / pages,
            queries_per_page: queries as f64 / pages,
        },
        report::Learned {
            states: state.states,
            untold: rooms.difference(&state.joined).count() as u64,
            differences: state.differences(connection)?,
        },
    ))
}
