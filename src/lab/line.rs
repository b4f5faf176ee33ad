//! The straight line through points.

/// The slope of the least-squares line through points; `None` for fewer than two.
pub fn slope(points: &[(f64, f64)]) -> Option<f64> {
    fit(points).map(|fit| fit.slope)
}

/// A straight line through points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Its slope.
    pub slope: f64,
    /// Share of the variance that it explains; `None` where there is none.
    pub r2: Option<f64>,
    /// Standard error of the slope; `None` for two points.
    pub std_error: Option<f64>,
}

/// Ordinary least squares; `None` for fewer than two points.
pub fn fit(points: &[(f64, f64)]) -> Option<Fit> {
    if points.len() < 2 {
        return None;
    }
    let n = points.len() as f64;
    let mean = |get: fn(&(f64, f64)) -> f64| points.iter().map(get).sum::<f64>() / n;
    let (x_mean, y_mean) = (mean(|p| p.0), mean(|p| p.1));
    let sum = |term: &dyn Fn(f64, f64) -> f64| {
        points
            .iter()
            .map(|(x, y)| term(x - x_mean, y - y_mean))
            .sum::<f64>()
    };
    let (sxx, sxy, syy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    let slope = sxy / sxx;
    let residual = sum(&|x, y| (y - slope * x).powi(2));
    Some(Fit {
        slope,
        // Where all are equal up to rounding there is no variance to explain.
        r2: (syy > 1e-24 * n).then(|| 1.0 - residual / syy),
        std_error: (points.len() > 2).then(|| (residual / (n - 2.0) / sxx).sqrt()),
    })
}
