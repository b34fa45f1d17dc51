//! The program: starting it, losing its database, and the Makefile.

mod make;
mod outage;
mod starting;
mod stopping;
