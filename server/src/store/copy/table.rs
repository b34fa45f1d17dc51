//! A table as a copy sees it: columns of three kinds, rows of values, and a checksum over them that is the same on both
//! databases.

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

/// The kind of a column, whatever the database calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Text,
    Bytes,
}

impl Kind {
    /// Returns the kind for either database's name of it. Returns `None` for types that linger's tables do not use.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "integer" | "bigint" => Some(Self::Integer),
            "text" => Some(Self::Text),
            "blob" | "bytea" => Some(Self::Bytes),
            _ => None,
        }
    }
}

/// One field of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

pub(super) type Row = Vec<Value>;

/// A table and its columns, those of the primary key first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(super) columns: Vec<(String, Kind)>,
    pub(super) key_columns: usize,
}

impl Table {
    /// Builds the query for the next batch in the order of the primary key: from the first row, or after the key that
    /// is bound to `$1` and on.
    pub(super) fn select(&self, behind_a_key: bool) -> String {
        let key = self.names(self.key_columns);
        let place = if behind_a_key { format!("where ({key}) > ({})", self.parameters()) } else { String::new() };
        let (columns, table, limit) = (self.names(self.columns.len()), self.name, super::BATCH_ROWS);
        format!("select {columns} from {table} {place} order by {key} limit {limit}")
    }

    /// Builds the query for the newest primary key.
    pub(super) fn select_newest_key(&self) -> String {
        let descending: Vec<_> = self.key().map(|(name, _)| format!("{name} desc")).collect();
        format!("select {} from {} order by {} limit 1", self.names(self.key_columns), self.name, descending.join(", "))
    }

    pub(super) fn key(&self) -> impl Iterator<Item = &(String, Kind)> {
        self.columns.iter().take(self.key_columns)
    }

    /// Joins the names of the first `count` columns with commas.
    pub(super) fn names(&self, count: usize) -> String {
        let names: Vec<_> = self.columns.iter().take(count).map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }

    fn parameters(&self) -> String {
        let parameters: Vec<_> = (1..=self.key_columns).map(|at| format!("${at}")).collect();
        parameters.join(", ")
    }
}

/// The number of rows, and a hash over all of them in the order of their primary keys. It detects errors, not forgery.
#[derive(Clone, Copy)]
pub(crate) struct Checksum {
    pub(crate) rows: u64,
    hasher: SipHasher24,
}

impl Checksum {
    pub(super) fn new() -> Self {
        Self { rows: 0, hasher: SipHasher24::new() }
    }

    /// Adds a row. Each value is hashed with its kind and length, so that no two rows give the same bytes.
    pub(super) fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for value in row {
            let (kind, bytes) = match value {
                Value::Integer(value) => (b'i', value.map(|value| value.to_le_bytes().to_vec())),
                Value::Text(value) => (b't', value.clone().map(String::into_bytes)),
                Value::Bytes(value) => (b'b', value.clone()),
            };
            self.hasher.write(&[kind, u8::from(bytes.is_some())]);
            let bytes = bytes.unwrap_or_default();
            self.hasher.write(&(bytes.len() as u64).to_le_bytes());
            self.hasher.write(&bytes);
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hasher.finish()
    }
}

impl PartialEq for Checksum {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.hash()) == (other.rows, other.hash())
    }
}
