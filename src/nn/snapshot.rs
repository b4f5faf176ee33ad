//! All that a network's next step depends on besides its batch, as bytes: parameters,
//! running averages, the optimizer's state.

use crate::base::Scalar;
use crate::network::Network;

/// What can be put down and taken up again, whatever its precision.
pub trait Snapshot {
    /// Updates made so far.
    fn updates(&self) -> u64;

    /// Its buffers by name, little endian.
    fn buffers(&self) -> Vec<(String, Vec<u8>)>;

    /// Takes the buffers of a network of the same spec, after so many updates.
    ///
    /// # Errors
    /// The name of one that is missing or has another length; the network is then left
    /// half changed.
    fn restore(
        &mut self,
        updates: u64,
        buffer: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<(), String>;
}

impl<T: Scalar> Snapshot for Network<T> {
    fn updates(&self) -> u64 {
        self.updates
    }

    fn buffers(&self) -> Vec<(String, Vec<u8>)> {
        let mut buffers = Vec::new();
        // By their place: a norm's parameters are called like those of its layer.
        for (i, params) in self.layer_params.iter().enumerate() {
            let [trained, state] = params.updated();
            for (kind, values) in [
                ("trained", trained),
                ("running", &params.running),
                ("state", state),
            ] {
                buffers.push((format!("{i}.{kind}"), to_bytes(values)));
            }
        }
        buffers
    }

    fn restore(
        &mut self,
        updates: u64,
        buffer: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<(), String> {
        for (i, params) in self.layer_params.iter_mut().enumerate() {
            let part = |kind: &str| {
                let name = format!("{i}.{kind}");
                let bytes = buffer(&name);
                bytes.and_then(|bytes| from_bytes(&bytes)).ok_or(name)
            };
            let (trained, running) = (part("trained")?, part("running")?);
            let state = part("state")?;
            if trained.len() != params.trained.len() || running.len() != params.running.len() {
                return Err(params.origin.name.clone());
            }
            (params.trained, params.running) = (trained, running);
            params.set_state(state);
        }
        self.updates = updates;
        Ok(())
    }
}

/// The values one after another, little endian.
pub fn to_bytes<T: Scalar>(values: &[T]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(values));
    for value in values {
        // Exact both ways: an f32 is an f64 with zeros behind it.
        let wide = (*value).to_f64();
        if size_of::<T>() == 4 {
            bytes.extend((wide as f32).to_le_bytes());
        } else {
            bytes.extend(wide.to_le_bytes());
        }
    }
    bytes
}

fn from_bytes<T: Scalar>(bytes: &[u8]) -> Option<Vec<T>> {
    if !bytes.len().is_multiple_of(size_of::<T>()) {
        return None;
    }
    let values = bytes.chunks_exact(size_of::<T>()).map(|chunk| {
        let wide = match chunk.try_into() {
            Ok(eight) => f64::from_le_bytes(eight),
            Err(_) => f64::from(f32::from_le_bytes(chunk.try_into().ok()?)),
        };
        Some(T::from_f64(wide))
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_to_the_bit() {
        let wide = [
            0.1,
            -0.0,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::INFINITY,
        ];
        let back: Vec<f64> = from_bytes(&to_bytes(&wide)).unwrap();
        assert_eq!(back.map_bits(), wide.to_vec().map_bits());
        let narrow = [0.1f32, -0.0, f32::from_bits(1), f32::MAX];
        let back: Vec<f32> = from_bytes(&to_bytes(&narrow)).unwrap();
        let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&back), bits(&narrow));
        assert_eq!(from_bytes::<f64>(&[0; 12]), None);
    }

    trait MapBits {
        fn map_bits(self) -> Vec<u64>;
    }

    impl MapBits for Vec<f64> {
        fn map_bits(self) -> Vec<u64> {
            self.into_iter().map(f64::to_bits).collect()
        }
    }
}
