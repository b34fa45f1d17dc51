//! The source of a copy: a SQLite file, opened as it is while no other process has it, and only read.

use std::path::{Path, PathBuf};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

use super::table::{Kind, Row, Value};
use super::{Checksum, CopyError, TABLES, Table, rows};
use crate::store::files::LockedFile;
use crate::store::settings::hide_password;
use crate::store::{OpenError, migrations};

/// A SQLite database that no other process uses.
pub(crate) struct Source {
    connection: SqliteConnection,
    path: PathBuf,
    /// Held to the end of the copy.
    _lock: LockedFile,
}

impl Source {
    /// Opens the file that `url` names. It has to exist, to be free, and to be of this linger's version. Changes
    /// nothing in it.
    pub(crate) async fn open(url: &str) -> Result<Self, CopyError> {
        let not_understood = || CopyError::SourceAddress(hide_password(url));
        let options: SqliteConnectOptions = match url.split_once(':') {
            Some(("sqlite", _)) => url.parse().map_err(|_| not_understood())?,
            _ => return Err(not_understood()),
        };
        let path = options.get_filename().to_owned();
        if path.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
            return Err(not_understood());
        }
        if !path.exists() {
            return Err(CopyError::NoSource(path));
        }
        let lock = LockedFile::lock(&path).map_err(|error| match error {
            OpenError::InUse(path) => CopyError::SourceInUse(path),
            error => CopyError::Source { path: path.clone(), cause: error.to_string() },
        })?;
        let options = options.create_if_missing(false).pragma("query_only", "on");
        let connection = options.connect().await.map_err(|error| unreadable(&path, &error))?;
        let mut source = Self { connection, path, _lock: lock };
        source.check_version().await?;
        Ok(source)
    }

    async fn check_version(&mut self) -> Result<(), CopyError> {
        let versions = sqlx::query_scalar("select version from _sqlx_migrations where success order by version");
        let found: Vec<i64> = self.ask(async |connection| versions.fetch_all(connection).await).await?;
        let ours: Vec<i64> = migrations::SQLITE.iter().map(|migration| migration.version).collect();
        let newest = |versions: &[i64]| versions.last().copied().unwrap_or(0);
        match (newest(&found), newest(&ours)) {
            _ if found == ours => Ok(()),
            (found, ours) if found > ours => Err(CopyError::SourceIsNewer { found }),
            (found, ours) => Err(CopyError::SourceIsOlder { found, ours }),
        }
    }

    /// Lists the tables, each after those that it refers to.
    pub(crate) async fn list_tables(&mut self) -> Result<Vec<Table>, CopyError> {
        let names = sqlx::query_scalar::<_, String>(
            "select name from sqlite_master where type = 'table' and name not in ('_sqlx_migrations', 'sqlite_sequence')",
        );
        let found = self.ask(async |connection| names.fetch_all(connection).await).await?;
        if let Some(unknown) = found.into_iter().find(|found| !TABLES.contains(&found.as_str())) {
            return Err(CopyError::Tables(unknown));
        }
        let mut tables = Vec::new();
        for name in TABLES {
            tables.push(self.describe(name).await?);
        }
        Ok(tables)
    }

    async fn describe(&mut self, name: &'static str) -> Result<Table, CopyError> {
        // `pk` counts the primary key's columns from 1 and is 0 for all others.
        let query = sqlx::query_as("select name, type, pk from pragma_table_info($1) order by pk = 0, pk, cid");
        let query = query.bind(name);
        let found: Vec<(String, String, i64)> = self.ask(async |connection| query.fetch_all(connection).await).await?;
        let key_columns = found.iter().filter(|(_, _, key)| *key > 0).count();
        let column = |(name, kind, _): (String, String, i64)| Some((name, Kind::named(&kind)?));
        let columns: Option<Vec<_>> = found.into_iter().map(column).collect();
        match columns {
            Some(columns) if key_columns > 0 => Ok(Table { name, columns, key_columns }),
            _ => Err(CopyError::Tables(name.to_owned())),
        }
    }

    /// Counts the rows of a table.
    pub(crate) async fn count(&mut self, table: &Table) -> Result<u64, CopyError> {
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {}", table.name)));
        let count: i64 = self.ask(async |connection| query.fetch_one(connection).await).await?;
        Ok(count.cast_unsigned())
    }

    /// Reads the row that tells this database from any other.
    pub(super) async fn identity(&mut self, identity: &Table) -> Result<Row, CopyError> {
        let rows = self.read_batch(identity, None).await?;
        rows.into_iter().next().ok_or_else(|| CopyError::Tables(identity.name.to_owned()))
    }

    pub(super) async fn read_batch(&mut self, table: &Table, behind: Option<&[Value]>) -> Result<Vec<Row>, CopyError> {
        self.ask(async |connection| rows::sqlite::read_batch(connection, table, behind).await).await
    }

    pub(crate) async fn checksum(&mut self, table: &Table) -> Result<Checksum, CopyError> {
        self.ask(async |connection| rows::sqlite::checksum(connection, table).await).await
    }

    /// Lists the highest id that each table has ever assigned, even if its row is gone.
    pub(super) async fn list_sequences(&mut self) -> Result<Vec<(String, i64)>, CopyError> {
        let query = sqlx::query_as("select name, seq from sqlite_sequence order by name");
        self.ask(async |connection| query.fetch_all(connection).await).await
    }

    async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&mut SqliteConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, CopyError> {
        question(&mut self.connection).await.map_err(|error| unreadable(&self.path, &error))
    }
}

fn unreadable(path: &Path, error: &sqlx::Error) -> CopyError {
    CopyError::Source { path: path.to_owned(), cause: error.to_string() }
}
