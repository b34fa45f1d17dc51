//! The target of a copy: a PostgreSQL database. From the first row to the last checksum it has a table that keeps
//! servers away, so that none serves a part of the data.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::time::timeout;

use super::table::{Kind, Value};
use super::{CopyError, Source, Table, rows};
use crate::store::OpenError;
use crate::store::migrations;
use crate::store::postgres::check_settings;
use crate::store::settings::{check_parameters, hide_password};

const CONNECT_SECONDS: u64 = 10;

/// The advisory lock that one copy holds. After another copy was killed, its last statement may still be running.
const LOCK: i64 = 0x6c69_6e67_6572_6370;

/// How many seconds PostgreSQL gets to notice that the holder of the lock is gone.
const LOCK_SECONDS: u64 = 5;

/// The state of the target in relation to the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetState {
    /// It has not been used.
    Empty,
    /// A copy from this source has begun.
    Begun,
    /// A copy from this source was verified.
    Finished,
}

/// A PostgreSQL database with linger's tables.
pub(crate) struct Target {
    pub(super) connection: PgConnection,
}

impl Target {
    /// Connects, keeps other copies away, and creates the tables if they are missing.
    pub(crate) async fn open(url: &str) -> Result<Self, CopyError> {
        let not_understood = || CopyError::TargetAddress(hide_password(url));
        let options: PgConnectOptions = match url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => url.parse().map_err(|_| not_understood())?,
            _ => return Err(not_understood()),
        };
        check_parameters(url)?;
        let connecting = timeout(Duration::from_secs(CONNECT_SECONDS), options.connect());
        let connection = connecting.await.map_err(|_| CopyError::Silent(CONNECT_SECONDS))?;
        let mut connection = connection.map_err(CopyError::Unreachable)?;
        check_settings(&mut connection).await?;
        lock(&mut connection).await?;
        migrations::POSTGRES.run(&mut connection).await?;
        Ok(Self { connection })
    }

    /// Refuses tables whose columns differ from the source's.
    pub(crate) async fn check_tables(&mut self, tables: &[Table]) -> Result<(), CopyError> {
        for table in tables {
            let query = sqlx::query_as(
                "select column_name::text, data_type::text from information_schema.columns
                 where table_schema = current_schema() and table_name = $1",
            );
            let found: Vec<(String, String)> = query.bind(table.name).fetch_all(&mut self.connection).await?;
            let found: HashMap<_, _> = found.into_iter().map(|(name, kind)| (name, Kind::named(&kind))).collect();
            let wanted = table.columns.iter().map(|(name, kind)| (name.clone(), Some(*kind))).collect();
            if found != wanted {
                return Err(CopyError::Tables(table.name.to_owned()));
            }
        }
        Ok(())
    }

    /// Returns the state of the target. Fails if nothing may be copied into it.
    pub(crate) async fn state(&mut self, source: &mut Source, identity: &Table) -> Result<TargetState, CopyError> {
        let seen = "select count(*) from nodes where seen_at > extract(epoch from now()) * 1000 - 60000";
        if self.ask_count(seen).await? > 0 {
            return Err(CopyError::TargetInUse);
        }
        let ours = rows::postgres::read_batch(&mut self.connection, identity, None).await?.into_iter().next();
        let is_the_sources = ours == Some(source.identity(identity).await?);
        match (is_the_sources, is_unfinished(&mut self.connection).await?) {
            (true, true) => Ok(TargetState::Begun),
            (true, false) => Ok(TargetState::Finished),
            (false, true) => Err(CopyError::TargetOfAnother),
            (false, false) => match self.ask_count("select count(*) from users").await? {
                0 => Ok(TargetState::Empty),
                users => Err(CopyError::TargetUsed { users }),
            },
        }
    }

    /// Begins a copy into an empty target: gives it the source's identity, and removes the room that the migrations
    /// create.
    pub(crate) async fn begin(&mut self, source: &mut Source, identity: &Table) -> Result<(), CopyError> {
        let row = source.identity(identity).await?;
        let literal = |value: &Value| match value {
            Value::Integer(Some(value)) => value.to_string(),
            Value::Bytes(Some(bytes)) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("'\\x{digits}'")
            }
            _ => "null".to_owned(),
        };
        let values: Vec<_> = row.iter().map(literal).collect();
        // Statements sent as one query are one transaction. Such a query takes no parameters.
        let all_or_nothing = format!(
            "create table unfinished_copy ();
             delete from rooms;
             delete from conversations;
             delete from database_identity;
             insert into database_identity ({}) values ({});",
            identity.names(identity.columns.len()),
            values.join(", ")
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(all_or_nothing)).execute(&mut self.connection).await?;
        Ok(())
    }

    /// Ends the copy, which lets servers use the target.
    pub(crate) async fn finish(&mut self) -> Result<(), CopyError> {
        sqlx::query("drop table if exists unfinished_copy").execute(&mut self.connection).await?;
        Ok(())
    }

    pub(super) async fn ask_count(&mut self, sql: &str) -> Result<i64, CopyError> {
        Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut self.connection).await?)
    }
}

async fn lock(connection: &mut PgConnection) -> Result<(), CopyError> {
    let wait = format!("set lock_timeout = '{LOCK_SECONDS}s'");
    sqlx::query(sqlx::AssertSqlSafe(wait)).execute(&mut *connection).await?;
    let locked = sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut *connection).await;
    locked.map_err(|error| match error.as_database_error().and_then(|error| error.code()) {
        // lock_not_available, <https://www.postgresql.org/docs/current/errcodes-appendix.html>
        Some(code) if code == "55P03" => CopyError::TargetBusy,
        _ => error.into(),
    })?;
    sqlx::query("set lock_timeout = 0").execute(connection).await?;
    Ok(())
}

async fn is_unfinished(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select to_regclass('unfinished_copy') is not null").fetch_one(connection).await
}

/// Checks a database that a server is about to use.
///
/// # Errors
/// If a copy into it has begun but not finished.
pub(crate) async fn refuse_unfinished(connection: &mut PgConnection) -> Result<(), OpenError> {
    if is_unfinished(connection).await? { Err(OpenError::Unfinished) } else { Ok(()) }
}
