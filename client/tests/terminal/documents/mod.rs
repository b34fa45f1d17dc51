//! Documents, compared with the program.

/// `docs/client.md`.
mod guide;

/// The screens in the README.
mod screens;
