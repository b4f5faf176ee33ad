//! The scripts for engines that run a command many times.

use super::{SWEPT, everything, sweep};
use crate::desk::Desk;

fn script(desk: &Desk, engine: &str) -> String {
    let arguments =
        format!("--emit {engine} --shards 4 --threads 2 --out runs/far --grid seed=[0,1,2]");
    let script = sweep(desk, &arguments).fine().stdout;
    assert!(!desk.has("runs"), "nothing is run");
    script
}

#[test]
fn the_slurm_script_says_what_a_cluster_needs() {
    let desk = Desk::with(SWEPT);
    let script = script(&desk, "slurm");
    for line in [
        "#SBATCH --array=0-3",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --signal=B:TERM@120",
        "#SBATCH --requeue",
        "#SBATCH --open-mode=append",
    ] {
        assert!(script.lines().any(|own| own == line), "{line}: {script}");
    }
    assert!(
        script.contains("afterany:") && !script.contains("=afterok"),
        "{script}"
    );
    assert!(script.contains("vgrad gather runs/far"));
    let last = script.lines().last().unwrap();
    assert_eq!(
        last,
        "exec vgrad sweep trial.toml --grid 'seed=[0,1,2]' \
         --shard \"$SLURM_ARRAY_TASK_ID/4\" --out runs/far"
    );
    let too_many = sweep(&desk, "--emit slurm --shards 1001");
    assert_eq!(too_many.code, Some(2));
    assert!(
        too_many.stderr.contains("fewer --shards"),
        "{}",
        too_many.stderr
    );
}

/// What runs a command line by line runs the sweep.
#[cfg(unix)]
#[test]
fn the_lines_run_in_any_order_are_the_sweep() {
    let desk = Desk::with(SWEPT);
    let lines = script(&desk, "lines");
    assert_eq!(lines.lines().count(), 4);
    let program = env!("CARGO_BIN_EXE_vgrad");
    for line in lines.lines().rev() {
        let line = line.replacen("vgrad", program, 1);
        let status = std::process::Command::new("sh")
            .args(["-c", &line])
            .current_dir(desk.path("."))
            .output()
            .unwrap();
        assert!(status.status.success(), "{line}: {status:?}");
    }
    desk.vgrad(["gather", "runs/far", "--strict"]).fine();
    sweep(&desk, "--grid seed=[0,1,2] --out whole").fine();
    assert_eq!(everything(&desk, "runs/far"), everything(&desk, "whole"));
}
