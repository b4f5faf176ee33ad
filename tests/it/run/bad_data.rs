//! Data files that cannot be used, each named with its row and column.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::desk::{Desk, SMALL};

const BLOBS: &str = "{ blobs = { samples = 100, classes = 3 } }";

#[track_caller]
fn refused(desk: &Desk, what: &str, words: &[&str]) {
    let ended = desk.run("").refused(words);
    assert!(!desk.has("runs"), "{what}: {ended:?}");
}

/// The small spec on `train.csv`.
fn on_csv(content: impl AsRef<[u8]>) -> Desk {
    let source = r#"{ csv = { path = "data/train.csv", target = "y" } }"#;
    let desk = Desk::with(&SMALL.replace(BLOBS, source));
    desk.write("data/train.csv", content);
    desk
}

/// Rows that would do.
fn good_rows() -> String {
    (0..40)
        .map(|i| format!("{i},{},{}\n", i * i % 7, i % 2))
        .collect()
}

#[test]
fn a_good_csv_runs() {
    on_csv(format!("a,b,y\n{}", good_rows())).run("").fine();
}

#[test]
fn bad_csv_names_row_and_column() {
    let rows = good_rows();
    // The header is line 1 and the bad row comes after forty good ones.
    let at_42 = "train.csv:42";
    let cases: [(&str, String, &[&str]); 9] = [
        ("empty", String::new(), &["train.csv", "empty"]),
        ("header only", "a,b,y\n".into(), &["train.csv", "row"]),
        ("too few cells", format!("a,b,y\n{rows}1,1\n"), &[at_42]),
        (
            "too many cells",
            format!("a,b,y\n{rows}1,2,3,1\n"),
            &[at_42],
        ),
        (
            "a word",
            format!("a,b,y\n{rows}1,x,1\n"),
            &[at_42, "\"b\"", "x"],
        ),
        ("a gap", format!("a,b,y\n{rows},2,1\n"), &[at_42, "\"a\""]),
        (
            "NaN",
            format!("a,b,y\n{rows}1,NaN,1\n"),
            &[at_42, "\"b\"", "NaN"],
        ),
        (
            "inf",
            format!("a,b,y\n{rows}-inf,2,1\n"),
            &[at_42, "\"a\"", "inf"],
        ),
        (
            "no target",
            format!("a,b,z\n{rows}"),
            &["train.csv", "\"y\""],
        ),
    ];
    for (what, content, words) in cases {
        refused(&on_csv(content), what, words);
    }
    let one_class: String = (0..40).map(|i| format!("{i},{i},same\n")).collect();
    refused(
        &on_csv(format!("a,b,y\n{one_class}")),
        "one class",
        &["train.csv", "same"],
    );
    refused(
        &on_csv(b"a,b,y\n1,\xff,0\n2,2,1\n"),
        "not text",
        &["train.csv"],
    );
}

#[test]
fn a_missing_csv_names_its_key() {
    let desk = on_csv("");
    std::fs::remove_file(desk.path("data/train.csv")).unwrap();
    refused(&desk, "missing", &["train.csv", "data.source.csv.path"]);
    std::fs::create_dir(desk.path("data/train.csv")).unwrap();
    refused(&desk, "a folder", &["train.csv", "folder"]);
}

#[test]
fn numbers_wanted_by_the_loss_must_be_numbers() {
    let desk = on_csv("a,b,y\n1,2,yes\n2,3,no\n3,4,yes\n");
    desk.run("--set train.loss=mse --set train.batch_size=1")
        .refused(&["train.csv:2", "\"y\"", "yes"]);
}

/// A file of `count` images of 2 × 2 or of as many labels.
fn idx(magic: [u8; 4], count: u32, cells: usize) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend(count.to_be_bytes());
    if magic[3] == 3 {
        bytes.extend(2u32.to_be_bytes());
        bytes.extend(2u32.to_be_bytes());
    }
    bytes.extend((0..count as usize * cells).map(|i| (i % 3) as u8));
    bytes
}

const IMAGES: [u8; 4] = [0, 0, 8, 3];
const LABELS: [u8; 4] = [0, 0, 8, 1];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn on_idx(images: impl AsRef<[u8]>, labels: impl AsRef<[u8]>) -> Desk {
    let source = r#"{ idx = { images = "images-idx3-ubyte", labels = "labels-idx1-ubyte" } }"#;
    let desk = Desk::with(&SMALL.replace(BLOBS, source));
    desk.write("images-idx3-ubyte", images);
    desk.write("labels-idx1-ubyte", labels);
    desk
}

#[test]
fn good_idx_runs_plain_and_compressed() {
    let (images, labels) = (idx(IMAGES, 60, 4), idx(LABELS, 60, 1));
    let plain = on_idx(&images, &labels);
    plain.run("").fine();
    let packed = on_idx(gzip(&images), gzip(&labels));
    packed.run("").fine();
    assert!(plain.csv_files("runs/trial") == packed.csv_files("runs/trial"));
}

#[test]
fn bad_idx_names_its_file() {
    let (images, labels) = (idx(IMAGES, 60, 4), idx(LABELS, 60, 1));
    let cut = |bytes: &[u8], by: usize| bytes[..bytes.len() - by].to_vec();
    let mut corrupt = gzip(&images);
    let middle = corrupt.len() / 2;
    corrupt[middle..middle + 8].fill(0xff);
    let mut extra = images.clone();
    extra.push(0);
    let (in_images, in_labels) = ("images-idx3-ubyte", "labels-idx1-ubyte");
    let cases = [
        (
            "wrong magic",
            idx([7, 7, 7, 3], 60, 4),
            labels.clone(),
            in_images,
        ),
        ("swapped", labels.clone(), images.clone(), in_images),
        (
            "labels' magic",
            images.clone(),
            idx(IMAGES, 60, 1),
            in_labels,
        ),
        ("empty", Vec::new(), labels.clone(), in_images),
        (
            "cut in the header",
            images[..6].to_vec(),
            labels.clone(),
            in_images,
        ),
        ("cut", cut(&images, 1), labels.clone(), in_images),
        ("cut labels", images.clone(), cut(&labels, 1), in_labels),
        ("too long", extra, labels.clone(), in_images),
        ("corrupt gzip", corrupt, labels.clone(), in_images),
        (
            "cut gzip",
            cut(&gzip(&images), 9),
            labels.clone(),
            in_images,
        ),
        (
            "cut gzip trailer",
            cut(&gzip(&images), 2),
            labels.clone(),
            in_images,
        ),
        ("other count", images.clone(), idx(LABELS, 59, 1), "59"),
        ("no images", idx(IMAGES, 0, 4), idx(LABELS, 0, 1), in_images),
        (
            "absurd count",
            {
                let mut bytes = images.clone();
                bytes[4..8].fill(0xff);
                bytes
            },
            labels.clone(),
            in_images,
        ),
    ];
    for (what, images, labels, word) in cases {
        refused(&on_idx(images, labels), what, &[word]);
    }
}
