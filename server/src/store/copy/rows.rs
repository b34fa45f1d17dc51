//! Reading rows of either database in batches, in the order of their primary keys.

use super::table::{Kind, Row, Value};
use super::{Checksum, Table};

/// Defines the same functions for each database, since sqlx has separate types for them.
macro_rules! for_database {
    ($row:ty, $database:ty) => {
        /// Reads a row's fields.
        pub(in crate::store::copy) fn read_row(row: &$row, columns: &[(String, Kind)]) -> Result<Row, sqlx::Error> {
            let value = |(at, (_, kind)): (usize, &(String, Kind))| match kind {
                Kind::Integer => row.try_get(at).map(Value::Integer),
                Kind::Text => row.try_get(at).map(Value::Text),
                Kind::Bytes => row.try_get(at).map(Value::Bytes),
            };
            columns.iter().enumerate().map(value).collect()
        }

        /// Reads the next batch of a table, in the order of its primary key.
        pub(in crate::store::copy) async fn read_batch(
            connection: &mut <$database as sqlx::Database>::Connection,
            table: &Table,
            behind: Option<&[Value]>,
        ) -> Result<Vec<Row>, sqlx::Error> {
            let mut query = sqlx::query::<$database>(sqlx::AssertSqlSafe(table.select(behind.is_some())));
            for value in behind.into_iter().flatten().take(table.key_columns) {
                query = match value.clone() {
                    Value::Integer(value) => query.bind(value),
                    Value::Text(value) => query.bind(value),
                    Value::Bytes(value) => query.bind(value),
                };
            }
            let rows = query.fetch_all(connection).await?;
            rows.iter().map(|row| read_row(row, &table.columns)).collect()
        }

        /// Computes the checksum of a whole table.
        pub(in crate::store::copy) async fn checksum(
            connection: &mut <$database as sqlx::Database>::Connection,
            table: &Table,
        ) -> Result<Checksum, sqlx::Error> {
            let mut checksum = Checksum::new();
            let mut batch = read_batch(connection, table, None).await?;
            while let Some(last) = batch.last() {
                batch.iter().for_each(|row| checksum.add(row));
                batch = read_batch(connection, table, Some(last)).await?;
            }
            Ok(checksum)
        }
    };
}

pub(super) mod sqlite {
    //! SQLite's rows.

    use sqlx::Row as _;

    use super::{Checksum, Kind, Row, Table, Value};

    for_database!(sqlx::sqlite::SqliteRow, sqlx::Sqlite);
}

pub(super) mod postgres {
    //! PostgreSQL's rows.

    use sqlx::Row as _;

    use super::{Checksum, Kind, Row, Table, Value};

    for_database!(sqlx::postgres::PgRow, sqlx::Postgres);
}
