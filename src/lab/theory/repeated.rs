//! Where a network would end if its last layer were repeated for ever.

use crate::lab::prediction::Unpredictable;
use crate::nn::mean_field::{Averages, NormKind, Recursion};

use super::walk::Propagation;
use crate::nn::propagation::batch_averages::BatchAverages;

/// The fixed point and what surrounds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeated {
    /// q*, from 0 to ∞.
    pub q: f64,
    /// χ(q*).
    pub chi: f64,
    /// Whether q gets there more slowly than geometrically.
    pub is_slow: bool,
    /// c* and χ_c, where they are known.
    pub correlation: Option<[f64; 2]>,
}

impl Repeated {
    /// Layers per factor e of a squared gradient; infinite where it keeps its size.
    pub fn depth_scale(chi: f64) -> f64 {
        1.0 / chi.ln().abs()
    }
}

impl Propagation<'_> {
    /// Where q ends that is `first` in layer 1; `None` with skips, along which it
    /// ends nowhere.
    ///
    /// # Errors
    /// Where there is no theory of the last layer.
    pub fn repeated(&self, first: f64) -> Result<Option<Repeated>, Unpredictable> {
        let network = self.network;
        if !self.joining()?.is_branch() {
            return Ok(None);
        }
        let curve = network.activation.elementwise();
        let keep = self.keep();
        let units = self.widths[network.depth - 1];
        let map = self.map_to_hidden([units, units])?;
        let norm = self.norm()?;
        let recursion = match norm {
            NormKind::Batch(batch) => {
                let averages = BatchAverages::over(curve, 1.0, batch, keep);
                let variance = averages.square / keep - averages.product;
                return Ok(Some(Repeated {
                    q: 1.0,
                    chi: averages.backward / variance,
                    is_slow: false,
                    correlation: None,
                }));
            }
            // Norm, or scaling the weights, makes q = 1 whatever the weights.
            _ if norm == NormKind::Row || map.is_scaled_to_data => Recursion {
                curve,
                weight_variance: keep / Averages::over(curve, 0.0, 1.0).square,
                bias_variance: 0.0,
                bias_reach: 0.0,
                keep,
            },
            _ => {
                let [weight_variance, bias_variance] = map.variances(f64::NAN);
                Recursion {
                    curve,
                    weight_variance,
                    bias_variance,
                    bias_reach: map.bias_reach(),
                    keep,
                }
            }
        };
        let is_held = norm == NormKind::Row || map.is_scaled_to_data;
        let fixed = recursion.fixed_point(if is_held { 1.0 } else { first });
        let correlation = recursion.correlation(&fixed);
        Ok(Some(Repeated {
            q: fixed.q,
            chi: fixed.chi,
            is_slow: fixed.is_slow,
            correlation: correlation.map(|end| [end.correlation, end.chi]),
        }))
    }
}
