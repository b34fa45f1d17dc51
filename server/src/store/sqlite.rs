//! SQLite: opening the file so that acknowledged writes last, and so that only one process writes to it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Row, Sqlite, SqlitePool};

use super::files::{LockedFile, WatchedFiles};
use super::identity::{INSERT_IDENTITY, draw_identity};
use super::lease::Berth;
use super::settings::DatabaseSettings;
use super::{OpenError, migrations};

/// How long a statement waits for another process's lock, such as a backup's.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Sets a connection's timeout back to [`BUSY_TIMEOUT`].
pub(super) const RESTORE_BUSY_TIMEOUT: &str = "pragma busy_timeout = 5000";

/// How long emptying the log may take when the files are abandoned.
const EMPTY_LIMIT: Duration = Duration::from_secs(5);

/// One connection that writes and several that read. In WAL mode neither blocks the other.
#[derive(Debug, Clone)]
pub(crate) struct SqlitePools {
    pub(super) writer: SqlitePool,
    pub(super) berth: Berth<Sqlite>,
    pub(super) readers: SqlitePool,
    /// A connection that is never used. SQLite replaces the files beside the database when the last one closes.
    anchor: Berth<Sqlite>,
    pub(super) files: Arc<WatchedFiles>,
}

/// Refuses a file of another program, before anything about it is changed: one that is no database, or has other
/// tables. A first start that was interrupted leaves the table of migrations alone.
///
/// A connection that may only read leaves the database and its log as they are. Without a log the file is read as one
/// that nobody changes, for which SQLite creates no other file.
async fn refuse_foreign(options: &SqliteConnectOptions, path: &Path, has_log: bool) -> Result<(), OpenError> {
    const TABLES: &str = "select name from sqlite_schema where type = 'table' and name not like 'sqlite~_%' escape '~'";
    let mut connection = options.clone().read_only(true).immutable(!has_log).connect().await?;
    let tables: sqlx::Result<Vec<String>> = sqlx::query_scalar(TABLES).fetch_all(&mut connection).await;
    connection.close().await?;
    let tables = tables?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    let is_foreign = !has("database_identity") && tables.iter().any(|table| table != "_sqlx_migrations");
    if is_foreign { Err(OpenError::Foreign(path.to_owned())) } else { Ok(()) }
}

impl SqlitePools {
    /// Opens the file that `url` names. Creates it and its folder if necessary.
    pub(super) async fn open(url: &str, settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let options: SqliteConnectOptions = url.parse().map_err(|_| OpenError::Address(url.to_owned()))?;
        let path = options.get_filename().to_owned();
        if path.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
            return Err(OpenError::Address(url.to_owned()));
        }
        let locked = LockedFile::lock(&path)?;
        refuse_foreign(&options, &path, locked.has_log()).await?;
        locked.make_private();

        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL would lose acknowledged messages when the power fails: it does not sync on commit.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // Overwrites what is deleted, so that neither the file nor a copy of it keeps the text of a deleted
            // message.
            .pragma("secure_delete", "on")
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().acquire_timeout(settings.acquire_timeout()).test_before_acquire(false);
        let writer = pool.clone().max_connections(1).connect_with(options.clone()).await?;
        migrations::SQLITE.run(&writer).await?;
        draw_identity(|epoch, cursor_key, now_ms| {
            let query = sqlx::query(INSERT_IDENTITY).bind(epoch).bind(cursor_key.to_vec()).bind(now_ms);
            async { query.execute(&writer).await.map(drop) }
        })
        .await?;
        check_settings(&writer).await?;
        let readers = pool.max_connections(settings.max_connections + 1).connect_with(options).await?;
        check_settings(&readers).await?;
        let anchor = Arc::new(Mutex::new(Some(readers.acquire().await?)));
        let files = Arc::new(locked.watch()?);
        Ok(Self { writer, berth: Berth::default(), readers, anchor, files })
    }

    pub(super) async fn close(&self) {
        drop(self.anchor.lock().take());
        self.readers.close().await;
        drop(self.berth.lock().take());
        self.writer.close().await;
    }

    /// Lets go of files of which some were removed or replaced. The connections stay open: SQLite would delete the log
    /// by its name when the last one closes, and that may be the log of another database by now.
    pub(super) async fn abandon(&self) {
        let anchor = self.anchor.lock().take();
        if let Some(mut anchor) = anchor
            && self.files.may_empty_log()
        {
            // What was committed since the last checkpoint goes to the file that is open, wherever that is now.
            let emptied = sqlx::raw_sql("pragma busy_timeout = 500; pragma wal_checkpoint(truncate)");
            let _ = tokio::time::timeout(EMPTY_LIMIT, emptied.execute(&mut *anchor)).await;
            std::mem::forget(anchor);
        }
        self.files.put_log_aside();
        std::mem::forget(self.clone());
    }
}

/// Reads the settings back. On some file systems SQLite silently does not enter WAL mode, and a setting in the URL can
/// override ours.
async fn check_settings(pool: &SqlitePool) -> Result<(), OpenError> {
    let busy_timeout = BUSY_TIMEOUT.as_millis().to_string();
    let needed = [
        ("pragma journal_mode", "wal"),
        ("pragma synchronous", "2"),
        ("pragma foreign_keys", "1"),
        ("pragma busy_timeout", busy_timeout.as_str()),
    ];
    for (setting, needed) in needed {
        let row = sqlx::query(setting).fetch_one(pool).await?;
        let actual = row.try_get::<String, _>(0).or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string()))?;
        if actual != needed {
            return Err(OpenError::Unsafe {
                database: "SQLite",
                setting: setting.to_owned(),
                actual,
                needed: needed.to_owned(),
            });
        }
    }
    Ok(())
}
