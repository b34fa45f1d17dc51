//! The server process: starting, stopping, losing the database, and the Makefile.

mod disk;
mod files;
mod foreign;
mod log;
mod make;
mod outage;
mod settings;
mod shell;
mod starting;
mod stopping;
