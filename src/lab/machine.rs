//! What this machine is.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use sysinfo::{CpuRefreshKind, RefreshKind, System};

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
