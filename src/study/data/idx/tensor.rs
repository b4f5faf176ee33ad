//! One IDX file: a header with the shape, then the values.

use std::io::{self, BufRead, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::base::Problem;
use crate::data::files::unreadable;

/// The code of unsigned bytes.
const UNSIGNED_BYTE: u8 = 0x08;
/// The code of signed integers of four bytes, the most significant first.
const INT32: u8 = 0x0c;

/// An array none of whose dimensions is 0.
#[derive(Debug, PartialEq)]
pub struct Tensor {
    /// The dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Row-major; as many as the product of the dimensions.
    pub values: Values,
}

/// The values of a file.
#[derive(Debug, PartialEq)]
pub enum Values {
    /// Unsigned bytes.
    Bytes(Vec<u8>),
    /// Integers.
    Int32(Vec<i32>),
}

impl Tensor {
    /// Reads an IDX file, gzipped or not as its first bytes say; `path` is for
    /// messages. Memory follows what the file holds, not what its header claims.
    ///
    /// # Errors
    /// Anything but a whole IDX file of unsigned bytes or int32 integers.
    pub fn read(path: &Path, mut source: impl BufRead) -> Result<Self, Problem> {
        let start = source
            .fill_buf()
            .map_err(|error| unreadable(path, &error))?;
        if start.starts_with(&[0x1f, 0x8b]) {
            decode(path, MultiGzDecoder::new(source))
        } else {
            decode(path, source)
        }
    }
}

fn decode(path: &Path, mut source: impl Read) -> Result<Tensor, Problem> {
    let broken = |error: io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => {
            Problem::in_file(path, "the file ends too early").help("fetch or copy the file again")
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            Problem::in_file(path, format!("the gzip data are damaged: {error}"))
                .help("fetch or copy the file again")
        }
        _ => unreadable(path, &error),
    };
    let mut magic = [0; 4];
    source.read_exact(&mut magic).map_err(broken)?;
    let (code, rank) = match magic {
        [0, 0, code @ (UNSIGNED_BYTE | INT32), rank] if rank > 0 => (code, usize::from(rank)),
        [a, b, c, d] => {
            let what = format!(
                "starts with the bytes {a:02x} {b:02x} {c:02x} {d:02x}, expected 00 00 08 or \
                 00 00 0c and the number of dimensions: an IDX file of unsigned bytes or of int32"
            );
            return Err(Problem::in_file(path, what).help(
                "name the IDX file itself, plain or gzipped, e.g. train-images-idx3-ubyte.gz",
            ));
        }
    };
    let mut shape = Vec::with_capacity(rank);
    for _ in 0..rank {
        let mut size = [0; 4];
        source.read_exact(&mut size).map_err(broken)?;
        shape.push(u32::from_be_bytes(size) as usize);
    }
    if shape.contains(&0) {
        let what = format!("the shape is {}: there is nothing in it", times(&shape));
        return Err(Problem::in_file(path, what).help("expected at least one sample"));
    }
    let size_of_value = if code == INT32 { 4 } else { 1 };
    let claimed = shape
        .iter()
        .try_fold(size_of_value, |all: usize, &size| all.checked_mul(size));
    let Some(claimed) = claimed else {
        let what = format!("the shape is {}: no file is that large", times(&shape));
        return Err(
            Problem::in_file(path, what).help("the header is damaged: fetch the file again")
        );
    };
    let mut bytes = Vec::new();
    source
        .by_ref()
        .take(claimed as u64)
        .read_to_end(&mut bytes)
        .map_err(broken)?;
    if bytes.len() < claimed {
        let what = format!(
            "the file ends too early: {} bytes of data, expected {claimed} for the shape {}",
            bytes.len(),
            times(&shape)
        );
        return Err(Problem::in_file(path, what).help("fetch or copy the file again"));
    }
    // Reading on also checks the checksum at the end of gzip data.
    if source.read(&mut [0]).map_err(broken)? > 0 {
        let what = format!(
            "the file goes on after the {claimed} bytes of the shape {}",
            times(&shape)
        );
        return Err(Problem::in_file(path, what).help("fetch or copy the file again"));
    }
    let values = if code == INT32 {
        let (integers, _) = bytes.as_chunks::<4>();
        Values::Int32(integers.iter().map(|&it| i32::from_be_bytes(it)).collect())
    } else {
        Values::Bytes(bytes)
    };
    Ok(Tensor { shape, values })
}

/// A shape for a message, e.g. 28×28.
pub fn times(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    sizes.join("×")
}
