//! What this machine is and how much memory it has left.

use std::sync::{LazyLock, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// The machine a run was made on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system.
    pub os: String,
    /// Instruction set.
    pub arch: String,
    /// Processor as it calls itself; empty if it does not say.
    pub cpu: String,
    /// Cores at hand.
    pub cores: usize,
    /// Threads used.
    pub threads: usize,
}

impl Machine {
    /// Looks at this machine.
    pub fn here(threads: usize) -> Self {
        // Looked at once: a sweep of many small cells would take most of its time for it.
        static HERE: LazyLock<Machine> = LazyLock::new(|| Machine {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cpu: cpu().unwrap_or_default(),
            cores: cores(),
            threads: 0,
        });
        Self {
            threads,
            ..HERE.clone()
        }
    }
}

/// The first processor as it calls itself.
fn cpu() -> Option<String> {
    let kind = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing());
    let system = System::new_with_specifics(kind).ok()?;
    Some(system.cpus().first()?.brand().trim().to_owned())
}

/// Cores at hand.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

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
