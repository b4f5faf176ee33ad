//! How much memory is left.

use std::sync::{Mutex, PoisonError};

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// A terabyte: more than this program counts on where the system does not say what is free.
pub const UNKNOWN: f64 = 1e12;

/// Bytes of memory that a new program may use, where the system says.
pub fn free_memory() -> Option<f64> {
    static SYSTEM: Mutex<Option<System>> = Mutex::new(None);
    let mut system = SYSTEM.lock().unwrap_or_else(PoisonError::into_inner);
    if system.is_none() {
        *system = System::new_with_specifics(RefreshKind::nothing()).ok();
    }
    let system = system.as_mut()?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    let free = match system.cgroup_limits() {
        Some(limits) => limits.free_memory.min(system.available_memory()),
        None => system.available_memory(),
    };
    (free > 0).then_some(free as f64)
}
