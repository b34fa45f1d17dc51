//! PostgreSQL: opening it so that acknowledged writes last, and so that neither side waits for ever when the link
//! between them goes silent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres};

use super::copy::refuse_unfinished;
use super::identity::{INSERT_IDENTITY, draw_identity};
use super::lease::Berth;
use super::presence::GONE_SECONDS;
use super::settings::{DatabaseSettings, check_parameters, hide_password};
use super::{OpenError, migrations};

/// The oldest major version that the PostgreSQL project still maintains, and the oldest that the tests have run on.
const OLDEST_VERSION: i32 = 15;

/// How long the first connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// What the server does when a node goes silent in the middle of something, or waits for a node that has. The limits on
/// locks and statements are shorter than [`super::lease::LIMIT`], so that usually the server gives up first and the
/// connection stays usable. `idle_in_transaction_session_timeout` frees the journal's lock from a node that was paused.
const SESSION: [(&str, &str); 7] = [
    ("lock_timeout", "2200ms"),
    ("statement_timeout", "2400ms"),
    ("idle_in_transaction_session_timeout", "1500ms"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// How long a connection may be idle before it is tested at its next use.
const TEST_IDLE_FOR: Duration = Duration::from_secs(1);
/// How long that test may take before the connection is given up.
const TEST_LIMIT: Duration = Duration::from_millis(400);

/// One connection that writes, several that read, and the options for one that listens.
#[derive(Debug, Clone)]
pub(crate) struct PgPools {
    pub(super) writer: PgPool,
    pub(super) berth: Berth<Postgres>,
    pub(super) readers: PgPool,
    pub(super) listening: Arc<PgConnectOptions>,
}

impl PgPools {
    /// Connects to the database that `url` names, which has to exist.
    pub(super) async fn open(url: &str, settings: &DatabaseSettings) -> Result<Self, OpenError> {
        let options: PgConnectOptions = url.parse().map_err(|_| OpenError::Address(hide_password(url)))?;
        check_parameters(url)?;
        migrate(&options).await?;
        let patient = options.clone().options(SESSION);
        let pool = PgPoolOptions::new()
            // Waiting longer for a connection would be pointless: the caller has given up by then.
            .acquire_timeout(settings.acquire_timeout().min(Duration::from_millis(2200)))
            .max_lifetime(None)
            .idle_timeout(None);
        // Every new connection is checked, not only the first: the database may come back as a different one.
        let pool = pool.after_connect(|connection, _| {
            Box::pin(async move {
                let refused = |error: OpenError| match error {
                    OpenError::Database(error) => error,
                    other => sqlx::Error::Configuration(Box::new(other)),
                };
                check_settings(connection).await.map_err(refused)
            })
        });
        // An idle connection may be dead, and a link that has gone silent reports no error.
        let pool = pool.test_before_acquire(false).before_acquire(|connection, metadata| {
            Box::pin(async move {
                if metadata.idle_for < TEST_IDLE_FOR {
                    return Ok(true);
                }
                let tested = tokio::time::timeout(TEST_LIMIT, connection.ping()).await;
                tested.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
            })
        });
        let writer = pool.clone().max_connections(1);
        let writer = writer.connect_with(patient.clone().application_name("linger-journal")).await?;
        let readers = pool.max_connections(settings.max_connections.max(1));
        let readers = readers.connect_with(patient.clone().application_name("linger-read")).await?;
        Ok(Self {
            writer,
            berth: Berth::default(),
            readers,
            listening: Arc::new(patient.application_name("linger-listen")),
        })
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        drop(self.berth.lock().take());
        self.writer.close().await;
    }
}

/// Checks the server and brings the tables up to date. Uses a connection of its own, without time limits: a migration
/// may take long, and another node that starts at the same time waits for it.
async fn migrate(options: &PgConnectOptions) -> Result<(), OpenError> {
    // First without a pool, which would retry for half a minute and then not tell the cause.
    let connected = tokio::time::timeout(CONNECT_LIMIT, PgConnection::connect_with(options)).await;
    let mut connection = connected.map_err(|_| OpenError::Silent)??;
    check_settings(&mut connection).await?;
    refuse_unfinished(&mut connection).await?;
    refuse_older_nodes(&mut connection).await?;
    connection.close().await?;
    let pool = PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
    migrations::POSTGRES.run(&pool).await?;
    draw_identity(|epoch, cursor_key, now_ms| async move {
        sqlx::query(INSERT_IDENTITY).bind(epoch).bind(cursor_key.as_slice()).bind(now_ms).execute(&pool).await?;
        pool.close().await;
        Ok(())
    })
    .await
}

/// Waits for nodes of 0.1 or older to stop, and refuses the database if one keeps running: it could not read a line
/// with changes. A node that stops signs off; one that was killed counts as running for a while.
async fn refuse_older_nodes(connection: &mut PgConnection) -> Result<(), OpenError> {
    let until = Instant::now() + Duration::from_secs(GONE_SECONDS.unsigned_abs().into()) + Duration::from_secs(2);
    loop {
        // What is `bulletins` now was `changes` then.
        let sql = "select to_regclass('changes') is not null and to_regclass('nodes') is not null";
        if !sqlx::query_scalar::<_, bool>(sql).fetch_one(&mut *connection).await? {
            return Ok(());
        }
        let sql = "select count(*) from nodes where abs(extract(epoch from now()) - seen_at / 1000) < $1";
        let running: i64 = sqlx::query_scalar(sql).bind(GONE_SECONDS).fetch_one(&mut *connection).await?;
        match running {
            0 => return Ok(()),
            _ if Instant::now() > until => return Err(OpenError::OlderNodes(running)),
            _ => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
}

/// Refuses a server that could lose acknowledged messages, that cannot be written to, or that does not suit linger
/// otherwise.
pub(super) async fn check_settings(connection: &mut PgConnection) -> Result<(), OpenError> {
    let sql = "select current_setting('server_version_num')::int / 10000, pg_is_in_recovery(),
                      current_setting('server_encoding')";
    let (version, is_standby, encoding): (i32, bool, String) = sqlx::query_as(sql).fetch_one(&mut *connection).await?;
    if version < OLDEST_VERSION {
        return Err(OpenError::Version { found: version, needed: OLDEST_VERSION });
    }
    if is_standby {
        return Err(OpenError::Standby);
    }
    let off: Vec<(String, String)> = sqlx::query_as(
        "select name, setting from pg_settings
         where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name",
    )
    .fetch_all(connection)
    .await?;
    let unsafe_setting = |setting: &str, actual: &str, needed: &str| OpenError::Unsafe {
        database: "PostgreSQL",
        setting: setting.to_owned(),
        actual: actual.to_owned(),
        needed: needed.to_owned(),
    };
    if let Some((setting, actual)) = off.first() {
        return Err(unsafe_setting(setting, actual, "on"));
    }
    match encoding.as_str() {
        "UTF8" => Ok(()),
        other => Err(unsafe_setting("server_encoding", other, "UTF8")),
    }
}
