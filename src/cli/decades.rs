//! A tolerance on the command line.

/// A number of decades from 0 on.
///
/// # Errors
/// If the text is anything else.
pub fn decades(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(decades) if (0.0..f64::INFINITY).contains(&decades) => Ok(decades),
        _ => Err("expected a number of decades from 0 on, such as 0.1".to_owned()),
    }
}
