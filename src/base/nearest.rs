//! "Did you mean …?"

/// The candidate most like `given`, if any is like it at all.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let normal = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let given = normal(given);
    candidates
        .into_iter()
        .map(|name| (likeness(&given, &normal(name)), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// From 0 to 1. One slip is close in a short name too, where Jaro's measure,
/// made for long ones, sees little.
fn likeness(a: &str, b: &str) -> f64 {
    let one_slip = strsim::osa_distance(a, b) <= 1;
    strsim::jaro_winkler(a, b).max(if one_slip { 0.8 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_a_slip_and_ignores_the_unlike() {
        let names = ["depth", "width", "leaky_relu"];
        assert_eq!(nearest("dpeth", names), Some("depth"));
        assert_eq!(nearest("Leaky-ReLU", names), Some("leaky_relu"));
        assert_eq!(nearest("mx", ["quantity", "max"]), Some("max"));
        assert_eq!(nearest("zzz", names), None);
    }
}
