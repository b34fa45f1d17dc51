//! The page's files, and what browsers are told about every answer.

mod files;
mod guarding;
