//! `vgrad plot` through the real program: files, the terminal, and what it
//! refuses.

mod files;
mod print;
mod refused;
mod snapshot;
mod terminal;
mod totals;
mod values;
