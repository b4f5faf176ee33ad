//! What `vgrad plot` and `vgrad report` show of odd runs, what they may
//! replace, and how much memory they take.

// Shared with the tests of `vgrad run` and `vgrad report`, which use all of it.
#[allow(dead_code)]
#[path = "../report/browser.rs"]
mod browser;
#[allow(dead_code)]
#[path = "../run/desk.rs"]
mod desk;
#[allow(dead_code)]
#[path = "../report/runs.rs"]
mod runs;
#[allow(dead_code)]
#[path = "../run/table.rs"]
mod table;

mod layers;
mod long;
mod medians;
mod replaced;
mod threads;
