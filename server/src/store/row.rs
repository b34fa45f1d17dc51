//! How a row of a result becomes a value.

/// Implements `FromRow` for a struct, on both databases: each field is the column of that name. A field in front of
/// which `..` is written is a struct of its own, made of further columns of the same row.
///
/// sqlx derives the same, but its derive macro compiles both database drivers a second time, for the compiler.
macro_rules! from_row {
    ($type:ident { $($field:ident),+ $(, ..$flat:ident)? }) => {
        crate::store::row::from_row!(sqlx::sqlite::SqliteRow => $type { $($field),+ $(, ..$flat)? });
        crate::store::row::from_row!(sqlx::postgres::PgRow => $type { $($field),+ $(, ..$flat)? });
    };
    ($row:ty => $type:ident { $($field:ident),+ $(, ..$flat:ident)? }) => {
        impl sqlx::FromRow<'_, $row> for $type {
            fn from_row(row: &$row) -> sqlx::Result<Self> {
                Ok(Self {
                    $($field: sqlx::Row::try_get(row, stringify!($field))?,)+
                    $($flat: sqlx::FromRow::from_row(row)?,)?
                })
            }
        }
    };
}
pub(super) use from_row;
