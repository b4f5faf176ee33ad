//! Which process a folder is of, told by the folder's name.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::str::FromStr;
use std::sync::LazyLock;

/// A process: the place that it runs in, its number there and when it was started. No two
/// have all three in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Of one boot of one machine, one space of process numbers and one user.
    place: u64,
    number: u32,
    /// Ticks since the boot.
    started: u64,
}

/// What can be told of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Running,
    /// It has ended.
    Ended,
    /// It ran elsewhere, or before this machine was started.
    Unknown,
}

impl Process {
    /// This one.
    pub fn this() -> Self {
        static THIS: LazyLock<Process> = LazyLock::new(|| {
            let number = std::process::id();
            let own = stat("self").filter(|stat| stat.number == number);
            let known = own.and_then(|stat| Some((place()?, stat.started)));
            // Where the system does not say, a place that nobody else is in.
            let (place, started) =
                known.unwrap_or_else(|| (RandomState::new().hash_one(number), 0));
            Process {
                place,
                number,
                started,
            }
        });
        *THIS
    }

    /// What can be told of it from here.
    pub fn life(&self) -> Life {
        let this = Self::this();
        if *self == this {
            return Life::Running;
        }
        if self.place != this.place {
            return Life::Unknown;
        }
        match stat(&self.number.to_string()) {
            Some(stat) if stat.is_running && stat.started == self.started => Life::Running,
            _ => Life::Ended,
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}-{}", self.place, self.number, self.started)
    }
}

impl FromStr for Process {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<&str> = text.split('-').collect();
        let [place, number, started] = parts[..] else {
            return Err(());
        };
        Ok(Self {
            place: u64::from_str_radix(place, 16).map_err(|_| ())?,
            number: number.parse().map_err(|_| ())?,
            started: started.parse().map_err(|_| ())?,
        })
    }
}

/// What the system says of a process.
struct Stat {
    number: u32,
    /// Not ended and waiting for its parent to ask how.
    is_running: bool,
    /// Ticks since the boot.
    started: u64,
}

/// Of the process of this number, or of `self`; see proc_pid_stat(5).
fn stat(name: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{name}/stat")).ok()?;
    // The program's name, in brackets, may hold anything.
    let (number, rest) = (text.split(' ').next()?, text.rsplit_once(") ")?.1);
    let fields: Vec<&str> = rest.split(' ').collect();
    Some(Stat {
        number: number.parse().ok()?,
        is_running: !matches!(*fields.first()?, "Z" | "X" | "x"),
        // The 22nd field; these begin with the third.
        started: fields.get(19)?.parse().ok()?,
    })
}

/// The place that this process runs in. A user's processes are hidden from others on some
/// machines, so those of another user are elsewhere.
#[cfg(target_os = "linux")]
fn place() -> Option<u64> {
    use sha2::{Digest as _, Sha256};
    use std::os::unix::fs::MetadataExt as _;
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let numbers = fs::read_link("/proc/self/ns/pid").ok()?;
    let user = fs::metadata("/proc/self").ok()?.uid();
    let text = format!("{boot} {} {user}", numbers.display());
    let digest = Sha256::digest(text);
    Some(u64::from_be_bytes(digest[..8].try_into().ok()?))
}

#[cfg(not(target_os = "linux"))]
fn place() -> Option<u64> {
    None
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_is_told_from_one_that_has_ended() {
        let this = Process::this();
        assert_eq!(this.life(), Life::Running);
        assert_eq!(this.to_string().parse(), Ok(this));
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let other = Process {
            number: child.id(),
            started: stat(&child.id().to_string()).unwrap().started,
            ..this
        };
        assert_eq!(other.life(), Life::Running);
        let later = Process {
            started: other.started + 1,
            ..other
        };
        assert_eq!(later.life(), Life::Ended, "its number was given again");
        child.kill().unwrap();
        // Whether or not anybody has asked how it ended.
        while stat(&other.number.to_string()).is_some_and(|stat| stat.is_running) {
            std::thread::yield_now();
        }
        assert_eq!(other.life(), Life::Ended);
        child.wait().unwrap();
        assert_eq!(other.life(), Life::Ended);
        let elsewhere = Process {
            place: other.place ^ 1,
            ..other
        };
        assert_eq!(elsewhere.life(), Life::Unknown);
        for text in ["", "1-2", "12-77f0", "x-1-1", "1-2-3-4"] {
            assert!(text.parse::<Process>().is_err(), "{text}");
        }
    }
}
