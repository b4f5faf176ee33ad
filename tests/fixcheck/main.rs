//! What `vgrad check` must not let pass, and must not blame anybody for.

mod baseline;
#[path = "../run/desk.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod desk;
#[path = "../check/gate.rs"]
mod gate;
mod last_line;
mod property;
mod rules;
mod seeds;
#[path = "../run/table.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod table;
