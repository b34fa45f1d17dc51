//! Filling the target: copying batches of rows, setting its sequences, and computing checksums.

use std::collections::HashMap;

use sqlx::Postgres;

use super::table::{Kind, Row, Value};
use super::{Checksum, CopyError, Source, TABLES, Table, Target, rows};

impl Target {
    /// Counts the rows of a table.
    pub(crate) async fn count(&mut self, table: &Table) -> Result<u64, CopyError> {
        Ok(self.ask_count(&format!("select count(*) from {}", table.name)).await?.cast_unsigned())
    }

    /// Copies the next batch of a table. Returns how many rows it had, 0 if there are no more.
    pub(crate) async fn copy_batch(&mut self, source: &mut Source, table: &Table) -> Result<u64, CopyError> {
        let newest = sqlx::query(sqlx::AssertSqlSafe(table.select_newest_key()));
        let newest = newest.fetch_optional(&mut self.connection).await?;
        let key: Vec<_> = table.key().cloned().collect();
        let newest = newest.map(|row| rows::postgres::read_row(&row, &key)).transpose()?;
        let batch = source.read_batch(table, newest.as_deref()).await?;
        if !batch.is_empty() {
            self.insert(table, &batch).await?;
        }
        Ok(batch.len() as u64)
    }

    /// Inserts any number of rows with one statement: each column travels as an array.
    async fn insert(&mut self, table: &Table, rows: &[Row]) -> Result<(), CopyError> {
        let parameter = |(at, (_, kind)): (usize, &(String, Kind))| match kind {
            Kind::Integer => format!("${}::bigint[]", at + 1),
            Kind::Text => format!("${}::text[]", at + 1),
            Kind::Bytes => format!("${}::bytea[]", at + 1),
        };
        let arrays: Vec<_> = table.columns.iter().enumerate().map(parameter).collect();
        let (name, columns) = (table.name, table.names(table.columns.len()));
        let sql = format!("insert into {name} ({columns}) select * from unnest({})", arrays.join(", "));
        let mut query = sqlx::query::<Postgres>(sqlx::AssertSqlSafe(sql));
        for (at, (_, kind)) in table.columns.iter().enumerate() {
            macro_rules! column {
                ($kind:ident) => {
                    rows.iter().map(|row| if let Value::$kind(value) = &row[at] { value.clone() } else { None })
                };
            }
            query = match kind {
                Kind::Integer => query.bind(column!(Integer).collect::<Vec<_>>()),
                Kind::Text => query.bind(column!(Text).collect::<Vec<_>>()),
                Kind::Bytes => query.bind(column!(Bytes).collect::<Vec<_>>()),
            };
        }
        query.execute(&mut self.connection).await?;
        Ok(())
    }

    /// Advances every sequence, so that new rows get ids that the source has never assigned.
    pub(crate) async fn set_sequences(&mut self, source: &mut Source) -> Result<(), CopyError> {
        let given: HashMap<_, _> = source.list_sequences().await?.into_iter().collect();
        let query = sqlx::query_as(
            "select table_name::text, column_name::text from information_schema.columns
             where table_schema = current_schema() and is_identity = 'YES' order by table_name",
        );
        let identities: Vec<(String, String)> = query.fetch_all(&mut self.connection).await?;
        for (table, column) in identities.into_iter().filter(|(table, _)| TABLES.contains(&table.as_str())) {
            let next = format!(
                "select setval(pg_get_serial_sequence('{table}', '{column}'),
                               greatest(coalesce(max({column}), 0), $1) + 1, false) from {table}"
            );
            let query = sqlx::query(sqlx::AssertSqlSafe(next)).bind(given.get(&table).copied().unwrap_or(0));
            query.execute(&mut self.connection).await?;
        }
        Ok(())
    }

    pub(crate) async fn checksum(&mut self, table: &Table) -> Result<Checksum, CopyError> {
        Ok(rows::postgres::checksum(&mut self.connection, table).await?)
    }
}
