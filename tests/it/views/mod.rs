//! What `vgrad plot` and `vgrad report` show of odd runs, what they may
//! replace, and how much memory they take.

mod layers;
mod long;
mod medians;
mod replaced;
mod threads;
