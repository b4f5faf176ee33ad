//! `vgrad sweep` and `vgrad gather`: every cell of a grid, through the real binary.

mod beside;
mod calls;
mod checked;
mod disk;
mod emit;
mod grid;
mod killed;
mod places;
mod same_folder;
mod shards;
mod shown;
mod slurm;

use crate::desk::{Desk, Ended};

/// Twelve cells that take a blink each.
pub const SWEPT: &str = r#"[data]
source = { blobs = { samples = 60, classes = 3 } }
[network]
depth = 3
width = 6
activation = "tanh"
[train]
steps = 4
batch_size = 16
learning_rate = 0.1
[sweep]
"network.activation" = ["tanh", "sigmoid"]
"network.depth" = [2, 4, 8]
seed = [0, 1]
"#;

/// Four cells over `data/rows.csv`.
pub const OVER_A_FILE: &str = r#"
[data]
source = { csv = { path = "data/rows.csv", target = "y" } }
[network]
depth = 1
width = 2
activation = "tanh"
[train]
steps = 1
batch_size = 2
learning_rate = 0.1
[sweep]
"network.width" = [2, 3, 4, 5]
"#;

/// `vgrad sweep trial.toml` with further arguments.
pub fn sweep(desk: &Desk, arguments: &str) -> Ended {
    let words = format!("sweep trial.toml {arguments}");
    desk.vgrad(words.split_whitespace())
}

/// The cells that are done in a sweep's folder.
pub fn done(desk: &Desk, folder: &str) -> Vec<String> {
    let cells = desk.list(&format!("{folder}/cells"));
    cells.into_iter().filter(|name| name.len() == 16).collect()
}

/// `sweep.csv` and both CSV files of every cell.
pub fn everything(desk: &Desk, folder: &str) -> Vec<Vec<u8>> {
    let cells = done(desk, folder);
    let files = cells
        .iter()
        .flat_map(|cell| desk.csv_files(&format!("{folder}/cells/{cell}")));
    let mut all: Vec<Vec<u8>> = files.collect();
    all.push(desk.bytes(&format!("{folder}/sweep.csv")));
    all
}
