//! Everything but what needs a process of its own (`tests/allocations.rs`), in
//! one binary, which links once: the engine by its API, the commands through
//! the real program.

mod architectures;
mod bench;
mod browser;
mod cases;
mod check;
mod commands;
#[path = "../common/mod.rs"]
mod common;
mod compare;
mod completions;
mod cures_shown;
mod desk;
mod diagnose;
mod engine;
mod gallery;
mod hook;
mod house;
mod install;
mod laws;
mod logs;
mod plot;
mod predict;
mod predictive;
mod python;
mod readme;
mod recorded;
mod remedies;
mod report;
mod run;
mod separations;
#[cfg(target_os = "linux")]
mod small_disk;
mod spec;
mod starved;
mod sweep;
mod table;
mod tensors;
mod tidy;
mod time_steps;
mod views;
