//! What theory follows of a network's activations and gradients.

use crate::activation::{Activation, Elementwise};
use crate::init::Spread;
use crate::layer::EPS;
use crate::mean_field::{Averages, NormKind};

use super::batch_averages::BatchAverages;

/// The activations of a layer, over its units and the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal {
    /// Their mean.
    pub mean: f64,
    /// Their second moment.
    pub square: f64,
    /// What differs between the samples of a batch: second moment less the product of two samples.
    pub varying: f64,
}

/// What a stretch of the network does to a gradient on its way back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientGain {
    /// The factor on ‖∂L/∂h‖², expected over draws, at infinite width.
    pub chi: f64,
    /// Relative variance of that factor over draws.
    pub variance: f64,
}

impl GradientGain {
    /// Nothing at all.
    pub const IDENTITY: Self = Self {
        chi: 1.0,
        variance: 0.0,
    };

    fn then(&mut self, chi: f64, variance: f64) {
        self.chi *= chi;
        self.variance += variance;
    }
}

/// A signal on its way through a unit, and the way back.
pub struct Passage {
    /// Where it has got to.
    pub signal: Signal,
    /// From here back to where it started.
    pub backward: GradientGain,
    /// The second moment of φ's input.
    pub q: f64,
    /// The bound of the biases that its last map drew evenly; 0 of others.
    pub bias_reach: f64,
    /// Units of the layer it has got to.
    pub units: usize,
}

/// A linear map of so many inputs.
#[derive(Clone, Copy)]
pub struct LinearMap {
    /// Its weights and biases.
    pub spread: Spread,
    /// Whether the biases are there.
    pub has_bias: bool,
    /// Whether the weights are scaled until the output has standard deviation 1.
    pub is_scaled_to_data: bool,
    /// fan_in.
    pub inputs: usize,
}

impl LinearMap {
    /// σw² and σb² for an input of this second moment.
    pub fn variances(&self, square: f64) -> [f64; 2] {
        let bias = if self.has_bias { self.spread.bias } else { 0.0 };
        let weight = self.spread.weight * self.inputs as f64;
        if self.is_scaled_to_data && weight * square > 0.0 {
            return [1.0 / square, 0.0];
        }
        [weight, bias]
    }

    /// What its draw adds to the relative variance of a squared gradient: ‖Wᵀδ‖² is a sum of
    /// `inputs` squares; an orthogonal W keeps the length.
    pub fn variance(&self) -> f64 {
        match self.spread.is_orthogonal {
            true => 0.0,
            false => 2.0 / self.inputs as f64,
        }
    }

    /// The bound of biases that are drawn evenly; 0 of others.
    pub fn bias_reach(&self) -> f64 {
        let is_even = self.has_bias && self.spread.is_bias_even && !self.is_scaled_to_data;
        if is_even {
            (3.0 * self.spread.bias).sqrt()
        } else {
            0.0
        }
    }
}

/// Norm, φ and dropout over a layer of units.
pub struct Nonlinearity<'a> {
    /// φ.
    pub activation: &'a Activation,
    /// What is normalised.
    pub norm: NormKind,
    /// The share of activations that dropout keeps.
    pub keep: f64,
    /// Units of the layer.
    pub units: usize,
}

impl Passage {
    /// About to set out from a layer of so many units.
    pub fn from(signal: Signal, units: usize) -> Self {
        Self {
            signal,
            backward: GradientGain::IDENTITY,
            q: signal.square,
            bias_reach: 0.0,
            units,
        }
    }

    /// Through a linear map. What the output's mean is over the units is 0, since
    /// the weights' is.
    pub fn linear(&mut self, map: &LinearMap) {
        let [weight, bias] = map.variances(self.signal.square);
        self.signal = Signal {
            mean: 0.0,
            square: weight * self.signal.square + bias,
            varying: weight * self.signal.varying,
        };
        self.bias_reach = map.bias_reach();
        self.backward.then(weight, map.variance());
    }

    /// Through norm, φ and dropout.
    pub fn nonlinear(&mut self, by: &Nonlinearity) {
        let curve: &dyn Elementwise<f64> = by.activation.elementwise();
        let Signal {
            square, varying, ..
        } = self.signal;
        let (chi, kurtosis) = match by.norm {
            NormKind::Batch(batch) => {
                let divisor = varying + EPS;
                self.q = varying / divisor;
                let averages = BatchAverages::over(curve, self.q, batch, by.keep);
                let square = averages.square / by.keep;
                self.signal = Signal {
                    mean: averages.mean,
                    square,
                    varying: square - averages.product,
                };
                let kurtosis = averages.slope_fourth / averages.slope_square.powi(2);
                (averages.backward / divisor, kurtosis)
            }
            NormKind::None | NormKind::Row => {
                let divisor = match by.norm {
                    NormKind::Row => square + EPS,
                    _ => 1.0,
                };
                self.q = square / divisor;
                let averages = Averages::beside_bias(curve, self.q, self.bias_reach);
                self.signal = Signal {
                    mean: averages.mean,
                    square: averages.square / by.keep,
                    // Only batch norm asks, and behind it is only itself.
                    varying: f64::NAN,
                };
                let chi = averages.slope_square / by.keep / divisor;
                (chi, averages.slope_kurtosis())
            }
        };
        // ‖D δ‖² of a δ of no special direction. Where nothing passes there is no
        // variance either.
        let variance = (3.0 * (kurtosis / by.keep - 1.0) / by.units as f64).max(0.0);
        self.backward
            .then(chi, if chi > 0.0 { variance } else { 0.0 });
    }
}
