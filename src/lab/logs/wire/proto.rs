//! The wire format of protocol buffers: fields with a number and a value of four kinds.
//! <https://protobuf.dev/programming-guides/encoding/>

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldValue<'a> {
    /// A whole number.
    Varint(u64),
    /// Eight bytes.
    Fixed64([u8; 8]),
    /// A text, a message or packed numbers.
    Bytes(&'a [u8]),
    /// Four bytes.
    Fixed32([u8; 4]),
}

impl<'a> FieldValue<'a> {
    /// The bytes of a text or message.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A number with a point.
    pub fn float(self) -> Option<f64> {
        match self {
            Self::Fixed32(bytes) => Some(f64::from(f32::from_le_bytes(bytes))),
            Self::Fixed64(bytes) => Some(f64::from_le_bytes(bytes)),
            _ => None,
        }
    }

    /// A whole number.
    pub fn int(self) -> Option<u64> {
        match self {
            Self::Varint(value) => Some(value),
            _ => None,
        }
    }
}

/// The fields of a message, in their order; ends where the bytes make no sense.
pub struct Fields<'a> {
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Of a message.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*bytes)
    }

    fn next_field(&mut self) -> Option<(u64, FieldValue<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => FieldValue::Varint(self.varint()?),
            1 => FieldValue::Fixed64(self.take()?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.bytes.split_at_checked(length)?;
                self.bytes = rest;
                FieldValue::Bytes(bytes)
            }
            5 => FieldValue::Fixed32(self.take()?),
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, FieldValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let field = self.next_field();
        if field.is_none() {
            self.bytes = &[];
        }
        field
    }
}

/// The last value of a field, which is the one that counts.
pub fn field(message: &[u8], number: u64) -> Option<FieldValue<'_>> {
    let fields = Fields::of(message).filter(|(own, _)| *own == number);
    fields.last().map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_of_the_documentation() {
        // field 1 = 150; field 2 = "testing".
        let bytes = [
            0x08, 0x96, 0x01, 0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67,
        ];
        let fields: Vec<_> = Fields::of(&bytes).collect();
        assert_eq!(
            fields,
            [
                (1, FieldValue::Varint(150)),
                (2, FieldValue::Bytes(b"testing"))
            ]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            Fields::of(&bytes).for_each(drop);
        }
    }
}
