//! `vgrad plot` through the real program: files, the terminal, and what it
//! refuses.

#[path = "../run/desk.rs"]
mod desk;
#[path = "../run/table.rs"]
mod table;

mod files;
mod refused;
mod snapshot;
mod terminal;
mod values;
