//! vgrad
pub mod base;
pub mod nn;
pub mod study;
