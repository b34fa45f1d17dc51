//! The migrations of both databases, embedded in the program. A new migration is a file of one name in each folder of
//! `migrations/`, and a line in `embed!` below.

use std::sync::LazyLock;

use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Embeds these files of each folder. `sqlx::migrate!` would compile both database drivers a second time, for the
/// compiler to run.
macro_rules! embed {
    ($($file:literal)+) => {
        embed!(SQLITE "sqlite" $($file)+);
        embed!(POSTGRES "postgres" $($file)+);
    };
    ($name:ident $folder:literal $($file:literal)+) => {
        pub(super) static $name: LazyLock<Migrator> = LazyLock::new(|| {
            let files = [$(($file, include_str!(concat!("../../../migrations/", $folder, "/", $file)))),+];
            Migrator::with_migrations(files.map(|(file, sql)| migration(file, sql)).into())
        });
    };
}

embed! {
    "0001_chat.sql"
    "0002_nodes.sql"
    "0003_accounts.sql"
    "0004_renewals.sql"
    "0005_line.sql"
    "0006_authority.sql"
    "0007_rooms.sql"
    "0008_members.sql"
}

/// Reads a file's name as sqlx does: `VERSION_DESCRIPTION.sql`.
fn migration(file: &'static str, sql: &'static str) -> Migration {
    let (version, description) = file.split_once('_').expect("a migration is VERSION_DESCRIPTION.sql");
    let version = version.parse().expect("a migration begins with its version");
    let description = description.trim_end_matches(".sql").replace('_', " ");
    Migration::new(version, description.into(), MigrationType::Simple, SqlStr::from_static(sql), false)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn every_migration_is_embedded_as_sqlx_reads_it() {
        let describe = |migration: &Migration| {
            let Migration { version, description, checksum, no_tx, .. } = migration.clone();
            (version, description, checksum, no_tx)
        };
        let folders = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations"));
        for (embedded, folder) in [(&SQLITE, "sqlite"), (&POSTGRES, "postgres")] {
            let read = Migrator::new(folders.join(folder)).await.unwrap();
            let read: Vec<_> = read.iter().map(describe).collect();
            assert_eq!(embedded.iter().map(describe).collect::<Vec<_>>(), read, "{folder}");
        }
    }
}
