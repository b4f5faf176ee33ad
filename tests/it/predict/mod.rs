//! `vgrad predict`: its forms, and theory against networks that were drawn.

mod command;
mod convolutions;
mod matrix;
mod measured;
mod plain;
mod shown;
mod sines;
mod special;
mod through_time;
