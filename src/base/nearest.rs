//! "Did you mean …?"

use super::Problem;

/// Words that other libraries use in their names, and ours for the same thing.
const ELSEWHERE: [(&str, &str); 3] = [("swish", "silu"), ("kaiming", "he"), ("glorot", "xavier")];

/// The candidate most like `given`, if any is like it at all.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let normal = |name: &str| name.to_lowercase().replace(['-', ' '], "_");
    let given = ELSEWHERE
        .iter()
        .fold(normal(given), |given, (other, ours)| {
            given.replace(other, ours)
        });
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

/// That there is no `kind` of the name `given` among `all`: names the likeliest
/// one and those that there are.
pub fn unknown(kind: &str, given: &str, all: &[&str]) -> Problem {
    let near = nearest(given, all.iter().copied());
    let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    Problem::new(format!("there is no {kind} `{given}`"))
        .help(format!("{near}expected one of {}", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_slip_and_ignores_the_unlike() {
        let names = ["depth", "width", "leaky_relu"];
        assert_eq!(nearest("dpeth", names), Some("depth"));
        assert_eq!(nearest("Leaky-ReLU", names), Some("leaky_relu"));
        assert_eq!(nearest("mx", ["quantity", "max"]), Some("max"));
        assert_eq!(nearest("zzz", names), None);
    }

    #[test]
    fn names_of_other_libraries_are_known() {
        assert_eq!(nearest("swish", ["sigmoid", "silu"]), Some("silu"));
        let inits = ["he_uniform", "he_normal", "xavier_uniform", "xavier_normal"];
        assert_eq!(nearest("kaiming_uniform", inits), Some("he_uniform"));
        assert_eq!(nearest("glorot_normal", inits), Some("xavier_normal"));
        assert_eq!(nearest("GlorotUniform", inits), Some("xavier_uniform"));
        assert_eq!(nearest("kaiming", inits), Some("he_normal"));
    }

    #[test]
    fn what_is_unknown_is_told_with_what_is_known() {
        let problem = unknown("workload", "w3x", &["W1", "W3"]);
        assert_eq!(
            problem.to_string(),
            "there is no workload `w3x`\n  help: did you mean `W3`? expected one of W1, W3"
        );
    }
}
