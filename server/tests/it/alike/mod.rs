//! The answers of both databases are the same, but for what no two servers have in common.
