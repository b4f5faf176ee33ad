//! The charting library, plotly.js, as the crate `plotly` brings it.

use crate::base::Problem;

/// The script, with the licence note at its head. The crate hands it out
/// followed by MathJax, for formulas, of which the page has none.
///
/// # Errors
/// If the crate hands out something else.
pub fn script() -> Result<String, Problem> {
    let elements = plotly::Plot::offline_js_sources();
    let script = elements
        .split_once('>')
        .and_then(|(_, rest)| rest.split_once("</script>"))
        .map(|(script, _)| script);
    match script {
        Some(script) if script.contains("plotly.js v") => Ok(script.to_owned()),
        _ => Err(
            Problem::new("this program was built without the charting library plotly.js")
                .help("build it with the versions in Cargo.lock"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_plotly_and_nothing_else() {
        let script = script().unwrap();
        assert!(script.contains("Licensed under the MIT license"));
        // 4.65 MB in plotly.js 3.0.1; MathJax, which it only mentions, would add 2.1 MB.
        assert!((3_000_000..5_500_000).contains(&script.len()));
        // What ends a script element would end it too early.
        let lower = script.to_ascii_lowercase();
        assert!(!lower.contains("</script") && !lower.contains("<!--"));
    }
}
