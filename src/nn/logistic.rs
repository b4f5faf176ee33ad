//! The logistic function and its integral in f64, for what is computed beside the layers.

/// 1/(1 + e^−x).
pub fn sigmoid(x: f64) -> f64 {
    // e^−|x| cannot overflow, and neither tail is a difference of near-equal numbers.
    let e = (-x.abs()).exp();
    let share = if x < 0.0 { e } else { 1.0 };
    share / (1.0 + e)
}

/// ln(1 + e^x).
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}
