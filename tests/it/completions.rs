//! Completions, by their text and by the shells themselves.

use std::fs;
use std::process::Command;

use crate::desk::{Desk, Ended};

fn script(shell: &str) -> String {
    Desk::empty().vgrad(["completions", shell]).fine().stdout
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = script(shell);
        assert!(
            script.contains("vgrad") && script.contains("completions"),
            "{shell}"
        );
    }
}

#[test]
fn completions_offer_kinds_and_experiments() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = script(shell);
        for word in [
            "quantities",
            "optimizers",
            "relu_he_20",
            "own_csv",
            "weight_grad_norm",
            "lightning",
        ] {
            assert!(script.contains(word), "{shell} does not offer {word}");
        }
        if shell == "powershell" {
            // A flag has no values.
            assert!(!script.contains("'false'"), "{shell}");
        }
    }
}

/// Three lines of a user and what a shell offers there.
const LINES: [(&str, &str); 3] = [
    ("vgrad new relu_he_2", "relu_he_20"),
    ("vgrad list quant", "quantities"),
    ("vgrad compare --quantity weight_grad_n", "weight_grad_norm"),
];

#[test]
fn bash_completes_experiments_kinds_and_quantities() {
    let desk = Desk::empty();
    fs::write(desk.path("vgrad.bash"), script("bash")).unwrap();
    for (line, expected) in LINES {
        let words: Vec<&str> = line.split(' ').collect();
        let (last, before) = (words.len() - 1, words[words.len() - 2]);
        let ask = format!(
            "source vgrad.bash; COMP_WORDS=({line}); COMP_CWORD={last}; \
             _vgrad vgrad '{}' '{before}'; echo \"${{COMPREPLY[@]}}\"",
            words[last]
        );
        let mut bash = Command::new("bash");
        bash.args(["--norc", "-c", &ask])
            .current_dir(desk.path("."));
        let ended = Ended::of(bash.output().unwrap()).fine();
        assert_eq!(ended.stdout.trim(), expected, "{line}");
    }
}

#[test]
#[ignore = "needs fish"]
fn fish_completes_experiments_kinds_and_quantities() {
    let desk = Desk::empty();
    fs::write(desk.path("vgrad.fish"), script("fish")).unwrap();
    for (line, expected) in LINES {
        let ask = format!("source vgrad.fish; complete -C '{line}'");
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &ask])
            .current_dir(desk.path("."));
        let ended = Ended::of(fish.output().unwrap()).fine();
        let mut offered = ended
            .stdout
            .lines()
            .map(|line| line.split('\t').next().unwrap());
        assert!(offered.any(|word| word == expected), "{line}: {ended:?}");
    }
}
