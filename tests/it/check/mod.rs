//! `vgrad check` through the real program: its rules, its baseline, its forms
//! and what it refuses.

mod bad_input;
mod baseline;
mod bounds;
mod changed_spec;
mod first_use;
mod forms;
mod gallery;
mod gate;
mod groups;
mod last_line;
mod lone_files;
mod probabilities;
mod property;
mod ranges;
mod rules;
mod seeds;
