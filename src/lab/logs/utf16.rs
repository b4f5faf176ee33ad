//! Text in UTF-16, as shells of Windows redirect what a program prints, handed on as UTF-8.

use std::io::{self, Read};

/// Bytes of UTF-16 as those of UTF-8. Half of a pair that stands alone becomes U+FFFD.
pub struct Utf16<R> {
    bytes: R,
    is_big_endian: bool,
    /// Bytes not yet turned: half a unit, or the first of a pair.
    left: Vec<u8>,
    text: String,
    /// How much of the text has been handed out.
    taken: usize,
}

/// Whether a file that begins with these two bytes is UTF-16, and if so whether its units
/// begin with the larger byte.
pub fn byte_order(first: &[u8]) -> Option<bool> {
    match first {
        [0xff, 0xfe] => Some(false),
        [0xfe, 0xff] => Some(true),
        _ => None,
    }
}

impl<R: Read> Utf16<R> {
    /// Of bytes in this order.
    pub fn of(bytes: R, is_big_endian: bool) -> Self {
        Self {
            bytes,
            is_big_endian,
            left: Vec::new(),
            text: String::new(),
            taken: 0,
        }
    }

    /// Turns the next bytes into text; `false` at the end.
    fn turn(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 1 << 13];
        let count = self.bytes.read(&mut chunk)?;
        self.left.extend_from_slice(&chunk[..count]);
        let unit = |pair: &[u8]| {
            let pair = [pair[0], pair[1]];
            match self.is_big_endian {
                true => u16::from_be_bytes(pair),
                false => u16::from_le_bytes(pair),
            }
        };
        let mut whole = self.left.len() / 2 * 2;
        // The first of a pair waits for the second.
        if count > 0 && whole > 0 && (0xd800..0xdc00).contains(&unit(&self.left[whole - 2..])) {
            whole -= 2;
        }
        let units = self.left[..whole].chunks_exact(2).map(unit);
        let chars = char::decode_utf16(units);
        self.text = chars
            .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        self.taken = 0;
        self.left.drain(..whole);
        Ok(count > 0)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() {
            let has_more = self.turn()?;
            if self.text.is_empty() && !has_more {
                return Ok(0);
            }
        }
        let count = (&self.text.as_bytes()[self.taken..]).read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_and_pairs_across_chunks_are_read() {
        // Four thousand pairs and one unit before them: a chunk ends within a pair.
        let text = format!("a{}é\n", "\u{1d11e}".repeat(4000));
        for is_big in [false, true] {
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| match is_big {
                    true => unit.to_be_bytes(),
                    false => unit.to_le_bytes(),
                })
                .collect();
            let mut found = String::new();
            Utf16::of(&*bytes, is_big)
                .read_to_string(&mut found)
                .unwrap();
            assert_eq!(found, text);
        }
    }

    #[test]
    fn half_a_pair_and_half_a_unit_are_no_trouble() {
        let mut found = String::new();
        let bytes = [0x61, 0, 0x34, 0xd8, 0x62, 0, 0x63];
        Utf16::of(&bytes[..], false)
            .read_to_string(&mut found)
            .unwrap();
        assert_eq!(found, "a\u{fffd}b");
    }
}
