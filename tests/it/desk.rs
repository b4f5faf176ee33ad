//! A fresh folder to run the program in.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::table::Table;

/// A network that trains in a blink: four layers of eight, six steps.
pub const SMALL: &str = r#"
[data]
source = { blobs = { samples = 100, classes = 3 } }
[network]
depth = 4
width = 8
activation = "tanh"
[train]
steps = 6
batch_size = 16
learning_rate = 0.1
"#;

/// A folder of its own, removed at the end.
pub struct Desk {
    folder: TempDir,
}

impl Desk {
    /// An empty folder.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with `spec` in `spec.toml` of the name "trial".
    pub fn with(spec: &str) -> Self {
        let desk = Self::empty();
        desk.write("trial.toml", spec);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Writes a file, with the folders it lies in.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn table(&self, name: &str) -> Table {
        Table::parse(&self.read(name))
    }

    pub fn summary(&self, run: &str) -> Value {
        serde_json::from_str(&self.read(&format!("{run}/summary.json"))).unwrap()
    }

    /// Both CSV files of a run.
    pub fn csv_files(&self, run: &str) -> [Vec<u8>; 2] {
        ["gradients.csv", "training.csv"].map(|file| self.bytes(&format!("{run}/{file}")))
    }

    /// The program in this folder, to be given arguments: away from whatever terminal and
    /// CI these tests run in, and on one core, as another test runs on the next.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vgrad"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("VGRAD_THREADS", "1");
        for name in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "CI",
            "GITHUB_ACTIONS",
            "GITHUB_STEP_SUMMARY",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Starts the program and kills it as soon as `is_due`, which gets the time since
    /// then. Whether it had not come to its end before.
    pub fn kill_when<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        mut is_due: impl FnMut(Duration) -> bool,
    ) -> bool {
        let mut program = self.program();
        program.args(arguments);
        program.stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = program.spawn().unwrap();
        while !is_due(started.elapsed()) {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
        }
        child.kill().unwrap();
        !child.wait().unwrap().success()
    }

    /// Runs the program to its end.
    pub fn vgrad<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        Ended::of(self.program().args(arguments).output().unwrap())
    }

    /// `vgrad run trial.toml` with further arguments, given in one line. The
    /// run goes to `runs/trial` also where a change would be in the folder's
    /// name, or to the next free `runs/trial-2` …, unless the arguments say
    /// otherwise.
    pub fn run(&self, arguments: &str) -> Ended {
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        let is_changed = arguments.iter().any(|word| word.starts_with("--se"));
        let is_placed = arguments.iter().any(|word| word.starts_with("--out"));
        let names = (1..).map(|n| match n {
            1 => "runs/trial".to_owned(),
            n => format!("runs/trial-{n}"),
        });
        let is_forced = arguments.contains(&"--force");
        let free = names.into_iter().find(|name| is_forced || !self.has(name));
        let place = free.filter(|_| is_changed && !is_placed);
        let place = place.as_ref().map(|place| ["--out", place]);
        let words = ["run", "trial.toml"].into_iter().chain(arguments);
        self.vgrad(words.chain(place.into_iter().flatten()))
    }

    /// Names of what lies in a folder, in order; nothing if there is none.
    pub fn list(&self, folder: &str) -> Vec<String> {
        list(&self.path(folder))
    }
}

fn list(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// How the program ended and what it said.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let ended = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ended
    }

    /// Must have ended with exit code 0.
    #[track_caller]
    pub fn fine(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// Must have ended with exit code 2, one error that says all of `words`,
    /// and nothing on stdout.
    #[track_caller]
    pub fn refused(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stdout, "");
        let errors = self.stderr.lines().filter(|line| line.starts_with("error"));
        assert_eq!(errors.count(), 1, "{}", self.stderr);
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no {word:?} in: {}",
                self.stderr
            );
        }
        self
    }
}
