//! `vgrad check` through the real program: its rules, its baseline, its forms
//! and what it refuses.

mod bad_input;
mod baseline;
#[path = "../run/desk.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod desk;
mod first_use;
mod forms;
mod gallery;
mod gate;
mod groups;
mod last_line;
mod lone_files;
mod property;
mod ranges;
mod rules;
mod seeds;
#[path = "../run/table.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod table;
