//! `vgrad predict`: its forms, and theory against networks that were drawn.

mod command;
mod measured;
mod plain;
