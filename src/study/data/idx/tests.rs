//! The IDX source, from files to rows or messages.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::data::synthetic::tests::rows;
use crate::nn::loss::TargetKind;

/// An IDX file of unsigned bytes: 0, 0, 8, rank, sizes big-endian, data (the
/// format's description on the MNIST page).
fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, shape.len() as u8];
    shape
        .iter()
        .for_each(|size| file.extend(size.to_be_bytes()));
    file.extend(data);
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Tensor, Problem> {
    Tensor::read(Path::new("any-idx"), bytes)
}

/// Loads images and labels, and test images and labels if given.
fn load(files: &[&[u8]]) -> Result<RawTable, Problem> {
    let folder = tempfile::tempdir().unwrap();
    let names = ["images", "labels", "test_images", "test_labels"];
    for (name, bytes) in names.iter().zip(files) {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let given = |i: usize| (i < files.len()).then(|| PathBuf::from(names[i]));
    let source = Idx {
        images: "images".into(),
        labels: "labels".into(),
        test_images: given(2),
        test_labels: given(3),
    };
    source.load(&LoadContext {
        seed: 0,
        base_dir: folder.path(),
        targets: Some(TargetKind::Classes),
    })
}

/// Nobody looks at the labels: their files need not even be there.
#[test]
fn labels_that_nobody_looks_at_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: Vec<u8>| fs::write(folder.path().join(name), bytes).unwrap();
    write("images", idx(&[2, 1, 2], &[0, 255, 51, 102]));
    write("test_images", idx(&[1, 1, 2], &[255, 0]));
    let source = Idx {
        images: "images".into(),
        labels: "labels".into(),
        test_images: Some("test_images".into()),
        test_labels: Some("test_labels".into()),
    };
    let raw = source.load(&LoadContext {
        seed: 0,
        base_dir: folder.path(),
        targets: None,
    });
    let raw = raw.unwrap();
    assert_eq!((raw.samples(), raw.test_rows), (3, Some(1)));
    assert_eq!(rows(&raw)[1], [0.2, 0.4]);
}

#[test]
fn images_become_rows_and_labels_classes() {
    let images = idx(&[3, 1, 2], &[0, 255, 51, 102, 1, 2]);
    let labels = idx(&[3], &[7, 3, 7]);
    let test_images = gzip(&idx(&[1, 1, 2], &[255, 0]));
    let test_labels = gzip(&idx(&[1], &[3]));
    let raw = load(&[&images, &labels, &test_images, &test_labels]).unwrap();
    let expected = [
        [0.0, 1.0],
        [0.2, 0.4],
        [1.0 / 255.0, 2.0 / 255.0],
        [1.0, 0.0],
    ];
    assert_eq!(rows(&raw), expected);
    assert_eq!(raw.class_names, ["3", "7"]);
    assert_eq!(raw.targets, Targets::Classes(vec![1, 0, 1, 0]));
    assert_eq!(raw.test_rows, Some(1));
    assert_eq!(load(&[&images, &labels]).unwrap().test_rows, None);
}

/// An IDX file of int32, the most significant byte first: type 0x0c in the
/// format's description.
fn idx_int32(shape: &[u32], data: &[i32]) -> Vec<u8> {
    let bytes: Vec<u8> = data.iter().flat_map(|value| value.to_be_bytes()).collect();
    let mut file = idx(shape, &bytes);
    file[2] = 0x0c;
    file
}

#[test]
fn labels_may_be_int32() {
    let images = idx(&[3, 1, 1], &[0, 255, 51]);
    let raw = load(&[&images, &idx_int32(&[3], &[300, -7, 300])]).unwrap();
    assert_eq!(raw.class_names, ["-7", "300"]);
    assert_eq!(raw.targets, Targets::Classes(vec![1, 0, 1]));
    let cut = idx_int32(&[3], &[300, -7, 300]);
    let problem = load(&[&images, &cut[..cut.len() - 1]])
        .unwrap_err()
        .to_string();
    assert!(
        problem.contains("labels: the file ends too early: 11 bytes of data, expected 12"),
        "{problem}"
    );
    let problem = load(&[&idx_int32(&[1, 1, 1], &[3]), &idx(&[1], &[1])]).unwrap_err();
    assert!(
        problem.to_string().contains("images: holds int32 integers"),
        "{problem}"
    );
}

#[test]
fn a_class_of_the_test_labels_alone_is_refused() {
    let images = idx(&[2, 1, 1], &[0, 255]);
    let labels = idx(&[2], &[7, 3]);
    let problem = load(&[&images, &labels, &images, &idx(&[2], &[3, 5])]).unwrap_err();
    let message = problem.to_string();
    assert!(
        message.contains("test_labels: label 2 is 5, a class that no label of "),
        "{message}"
    );
}

#[test]
fn files_that_do_not_belong_together_are_named() {
    let images = idx(&[2, 1, 2], &[1, 2, 3, 4]);
    let labels = idx(&[2], &[0, 1]);
    let cases: &[(&[&[u8]], &str)] = &[
        (&[&labels, &images], "images: holds a plain list,"),
        (
            &[&images, &images],
            "labels: holds values in the shape 2×1×2",
        ),
        (
            &[&images, &idx(&[3], &[0, 1, 2])],
            "labels: holds 3 labels, but ",
        ),
        (&[&images, &idx(&[2], &[4, 4])], "labels: every label is 4"),
        (
            &[&images, &labels, &images],
            "data.source.idx.test_labels: is absent",
        ),
        (
            &[
                &images,
                &labels,
                &idx(&[1, 2, 1], &[1, 2]),
                &idx(&[1], &[0]),
            ],
            "test_images: the images are 2×1, those to train on 1×2",
        ),
    ];
    for (files, expected) in cases {
        let problem = load(files).unwrap_err();
        assert!(problem.to_string().contains(expected), "{problem}");
        assert!(problem.help.is_some(), "{problem}");
    }
}

#[test]
fn damaged_files_are_told_apart() {
    let whole = idx(&[2, 2], &[1, 2, 3, 4]);
    let mut longer = whole.clone();
    longer.push(0);
    let packed = gzip(&whole);
    let mut wrong_sum = packed.clone();
    let crc = packed.len() - 8;
    wrong_sum[crc] ^= 1;
    let mut wrong_deflate = packed.clone();
    wrong_deflate[10] = 0xff; // the first byte after the gzip header: block type 3, reserved (RFC 1951)
    let cases: &[(&[u8], &str)] = &[
        (&[], "the file ends too early"),
        (&[0, 0, 8], "the file ends too early"),
        (&idx(&[2, 2], &[])[..10], "the file ends too early"),
        (
            &whole[..whole.len() - 1],
            "3 bytes of data, expected 4 for the shape 2×2",
        ),
        (&longer, "goes on after the 4 bytes"),
        (b"P5 28 28", "starts with the bytes 50 35 20 32"),
        (&[0, 0, 0x0d, 1, 0, 0, 0, 1, 0], "00 00 0d 01"),
        (&[0, 0, 8, 0], "00 00 08 00"),
        (&idx(&[0, 28, 28], &[]), "0×28×28: there is nothing in it"),
        (&idx(&[2, 0], &[]), "nothing in it"),
        (
            &idx(&[u32::MAX, u32::MAX, u32::MAX], &[1]),
            "no file is that large",
        ),
        // 16 exabytes claimed: must neither be allocated nor waited for.
        (&idx(&[u32::MAX, u32::MAX], &[1]), "1 bytes of data"),
        (&packed[..packed.len() - 9], "the file ends too early"),
        (&packed[..5], "the file ends too early"),
        (&wrong_sum, "the gzip data are damaged"),
        (&wrong_deflate, "the gzip data are damaged"),
        (&gzip(&longer), "goes on after the 4 bytes"),
        (
            &[packed.as_slice(), b"and more bytes"].concat(),
            "the gzip data are damaged",
        ),
    ];
    for (bytes, expected) in cases {
        let problem = read(bytes).unwrap_err();
        assert!(
            problem.to_string().contains(expected),
            "{bytes:?}: {problem}"
        );
        assert!(problem.help.is_some(), "{problem}");
    }
    assert_eq!(read(&packed), read(&whole));
}

proptest! {
    #[test]
    fn any_bytes_give_a_tensor_or_a_message(bytes: Vec<u8>) {
        for bytes in [bytes.clone(), gzip(&bytes), [b"\x1f\x8b".as_slice(), &bytes].concat()] {
            prop_assert!(read(&bytes).is_err());
        }
    }

    #[test]
    fn any_header_and_data_give_a_tensor_or_a_message(
        shape in prop::collection::vec(prop_oneof![0..5u32, any::<u32>()], 0..4),
        data in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let result = read(&idx(&shape, &data));
        let product: u128 = shape.iter().map(|&size| u128::from(size)).product();
        let whole = !shape.is_empty() && !data.is_empty() && product == data.len() as u128;
        prop_assert_eq!(result.is_ok(), whole);
        if let Ok(tensor) = result {
            prop_assert_eq!(tensor.values, Values::Bytes(data));
        }
    }

    #[test]
    fn a_flipped_byte_never_panics(at in 0..200usize, flip in 1..=255u8, packed: bool) {
        let mut file = idx(&[3, 4], &[9; 12]);
        if packed {
            file = gzip(&file);
        }
        let at = at % file.len();
        file[at] ^= flip;
        let _ = read(&file);
    }
}
