//! `vgrad compare` through the real program: what it finds, how it says so, and
//! what it refuses.

mod bad_input;
#[path = "../run/desk.rs"]
#[allow(dead_code, reason = "shared with the tests of `vgrad run`")]
mod desk;
mod forms;
mod layers;
mod not_comparable;
mod runs;
mod seeds;
mod sheet;
#[path = "../run/table.rs"]
#[allow(dead_code, reason = "shared with the tests of `vgrad run`")]
mod table;
mod together;
