//! "Did you mean …?"

/// The candidate most like `given`, if any is like it at all.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let normal = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let given = normal(given);
    candidates
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given, &normal(name)), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_a_slip_and_ignores_the_unlike() {
        let names = ["depth", "width", "leaky_relu"];
        assert_eq!(nearest("dpeth", names), Some("depth"));
        assert_eq!(nearest("Leaky-ReLU", names), Some("leaky_relu"));
        assert_eq!(nearest("zzz", names), None);
    }
}
