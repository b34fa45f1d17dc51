//! The door: what a stranger may know, and who may come in.

mod registration;
