//! What this machine is and how much memory it has left.

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
        let system =
            System::new_with_specifics(RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()))
                .ok();
        let cpu = system.as_ref().and_then(|system| system.cpus().first());
        Self {
            os: std::env::consts::OS.to_owned(),
            arch: std::env::consts::ARCH.to_owned(),
            cpu: cpu
                .map(|cpu| cpu.brand().trim().to_owned())
                .unwrap_or_default(),
            cores: cores(),
            threads,
        }
    }
}

/// Cores at hand.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Bytes of memory that a new program may use, where the system says.
pub fn free_memory() -> Option<f64> {
    let kind = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(kind).ok()?;
    let free = match system.cgroup_limits() {
        Some(limits) => limits.free_memory.min(system.available_memory()),
        None => system.available_memory(),
    };
    (free > 0).then_some(free as f64)
}
