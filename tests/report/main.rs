//! `vgrad report`: the files it reads and writes, and the page in a browser.

// Shared with the tests of `vgrad run`, which use all of it.
#[allow(dead_code)]
#[path = "../run/desk.rs"]
mod desk;
#[path = "../run/table.rs"]
mod table;

mod browser;
mod escaping;
mod files;
mod page;
mod runs;
