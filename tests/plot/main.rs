//! `vgrad plot` through the real program: files, the terminal, and what it
//! refuses.

#[path = "../run/desk.rs"]
#[allow(dead_code, reason = "shared with the tests of vgrad run")]
mod desk;
#[path = "../run/table.rs"]
#[allow(dead_code, reason = "shared with the tests of vgrad run")]
mod table;

mod files;
mod refused;
mod snapshot;
mod terminal;
mod values;
