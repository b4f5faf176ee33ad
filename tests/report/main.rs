//! `vgrad report`: the files it reads and writes, and the page in a browser.

#[path = "../run/desk.rs"]
mod desk;
#[path = "../run/table.rs"]
mod table;

mod browser;
mod escaping;
mod files;
mod page;
mod runs;
