//! vgrad
pub mod base;
pub mod cli;
pub mod lab;
pub mod nn;
pub mod study;
