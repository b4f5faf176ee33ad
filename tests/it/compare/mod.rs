//! `vgrad compare` through the real program: what it finds, how it says so, and
//! what it refuses.

mod bad_input;
mod forms;
mod layers;
mod not_comparable;
mod runs;
mod seeds;
mod sheet;
mod together;
