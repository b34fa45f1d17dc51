//! Rooms: creating and listing them, being in them, and their history.

mod history;
mod listing;
mod memberships;
