//! A sweep on a real Slurm, on this machine: run where it is installed, by root, as
//! `.ci/run` does.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use super::{SWEPT, done, everything, sweep};
use crate::desk::Desk;

/// A private Slurm, which ends with the test.
struct Slurm {
    folder: PathBuf,
}

fn control(action: &str, folder: &Path) -> Output {
    Command::new("bash")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/slurm_local.sh"))
        .arg(action)
        .arg(folder)
        .output()
        .unwrap()
}

impl Slurm {
    fn start(folder: PathBuf) -> Self {
        let started = control("start", &folder);
        let slurm = Self { folder };
        assert!(started.status.success(), "{started:?}");
        slurm
    }

    fn command(&self, desk: &Desk, name: &str) -> Command {
        // Jobs find the program under its name.
        let bin = Path::new(env!("CARGO_BIN_EXE_vgrad")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(name);
        command
            .current_dir(desk.path("."))
            .env("SLURM_CONF", self.folder.join("slurm.conf"))
            .env("PATH", format!("{}:{path}", bin.display()));
        command
    }

    /// Whether a job is waiting or running.
    fn is_busy(&self, desk: &Desk) -> bool {
        let queue = self
            .command(desk, "squeue")
            .args(["-h", "-o", "%i"])
            .output();
        !queue.unwrap().stdout.is_empty()
    }

    fn submit(&self, desk: &Desk) -> String {
        let sent = self
            .command(desk, "sbatch")
            .args(["--parsable", "far.sh"])
            .output();
        let sent = sent.unwrap();
        assert!(sent.status.success(), "{sent:?}");
        String::from_utf8(sent.stdout).unwrap().trim().to_owned()
    }

    fn wait(&self, desk: &Desk) {
        let started = Instant::now();
        while self.is_busy(desk) {
            assert!(
                started.elapsed() < Duration::from_secs(240),
                "the jobs do not end"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        control("stop", &self.folder);
    }
}

fn is_there(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    found.is_ok_and(|found| found.status.success())
}

#[test]
#[ignore = "needs slurm-wlm and munge, and root"]
fn an_array_of_which_one_element_is_killed_is_the_sweep_after_all() {
    assert!(
        is_there("slurmctld") && is_there("munged"),
        "install slurm-wlm and munge"
    );
    let spec = SWEPT.replace("steps = 4", "steps = 300");
    let desk = Desk::with(&spec);
    let grid = "--grid network.width=[6,8]";
    sweep(&desk, &format!("{grid} --out whole")).fine();
    let script = sweep(
        &desk,
        &format!("{grid} --out far --emit slurm --shards 4 --threads 1"),
    );
    desk.write("far.sh", script.fine().stdout);
    let slurm = Slurm::start(desk.path("slurm"));
    let job = slurm.submit(&desk);
    let started = Instant::now();
    while done(&desk, "far").is_empty() {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "no cell is done"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut kill = slurm.command(&desk, "scancel");
    kill.args(["--signal=KILL", "--full", &format!("{job}_3")]);
    kill.args([&format!("{job}_2")]);
    assert!(kill.status().unwrap().success());
    slurm.wait(&desk);
    slurm.submit(&desk);
    slurm.wait(&desk);
    desk.vgrad(["gather", "far", "--strict"]).fine();
    assert_eq!(done(&desk, "far").len(), 24);
    assert_eq!(everything(&desk, "far"), everything(&desk, "whole"));
    // The job that follows the array has gathered before.
    let log = desk.read("trial-gather.log");
    assert!(log.contains("cells are there"), "{log}");
}

#[test]
#[ignore = "needs GNU parallel"]
fn gnu_parallel_runs_the_shards() {
    assert!(is_there("parallel"), "install parallel");
    let desk = Desk::with(SWEPT);
    // Braces are what parallel replaces.
    let brace = "--grid network.architecture=[{mlp={}}]";
    sweep(&desk, &format!("--out whole {brace}")).fine();
    let line = sweep(
        &desk,
        &format!("--out far --emit parallel --shards 4 --threads 1 {brace}"),
    );
    let line = line.fine().stdout;
    let bin = Path::new(env!("CARGO_BIN_EXE_vgrad")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let run = || {
        let ran = Command::new("sh")
            .args(["-c", &line])
            .current_dir(desk.path("."))
            .env("PATH", format!("{}:{path}", bin.display()))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
    };
    run();
    assert_eq!(everything(&desk, "far"), everything(&desk, "whole"));
    // The job log says which shards there were.
    assert_eq!(desk.read("far/parallel.joblog").lines().count(), 5);
    // The same line does what is missing, whatever the job log says.
    let cell = &done(&desk, "far")[0];
    std::fs::remove_dir_all(desk.path(&format!("far/cells/{cell}"))).unwrap();
    run();
    assert_eq!(everything(&desk, "far"), everything(&desk, "whole"));
}
