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

/// Implements decoding for an enum that is stored as text, on both databases.
macro_rules! from_text {
    ($($type:ident)+) => {$(
        impl<D: sqlx::Database> sqlx::Type<D> for $type
        where
            str: sqlx::Type<D>,
        {
            fn type_info() -> D::TypeInfo {
                <str as sqlx::Type<D>>::type_info()
            }

            fn compatible(info: &D::TypeInfo) -> bool {
                <str as sqlx::Type<D>>::compatible(info)
            }
        }

        impl<'r, D: sqlx::Database> sqlx::Decode<'r, D> for $type
        where
            &'r str: sqlx::Decode<'r, D>,
        {
            fn decode(value: D::ValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
                let text = <&str as sqlx::Decode<D>>::decode(value)?;
                let found = Self::ALL.into_iter().find(|known| known.as_str() == text);
                found.ok_or_else(|| format!("{text} is no {}", stringify!($type)).into())
            }
        }
    )+};
}
pub(super) use from_text;
