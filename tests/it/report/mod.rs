//! `vgrad report`: the files it reads and writes, and the page in a browser.

mod escaping;
mod files;
mod groups;
mod overview;
mod page;
