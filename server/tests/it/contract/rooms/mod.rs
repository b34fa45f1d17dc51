//! Rooms: creating, listing, memberships, read positions and history.

mod history;
mod listing;
mod memberships;
