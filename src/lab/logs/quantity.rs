//! What was measured: which of a log's quantities are norms of which gradient, and what the
//! columns are called that this program reads.

use super::parameter::Kind;

/// The column of activation gradients.
pub const ACTIVATION_GRAD: &str = "activation_grad_norm";
/// The columns of parameter gradients.
pub const WEIGHT_GRAD: &str = "weight_grad_norm";
/// See [`WEIGHT_GRAD`].
pub const BIAS_GRAD: &str = "bias_grad_norm";

/// Whether a quantity is the 2-norm of a gradient, by its name.
pub fn is_gradient_norm(quantity: &str) -> bool {
    let lower = quantity.to_ascii_lowercase();
    const OTHERS: [&str; 14] = [
        "inf",
        "max",
        "min",
        "mean",
        "std",
        "var",
        "ratio",
        "fraction",
        "weight_norm",
        "param_norm",
        "sat",
        "dead",
        "delta",
        "update",
    ];
    let is_first_order = lower.contains("1.0_norm") || lower.contains("_1_norm");
    let speaks = ["grad", "norm", "l2"]
        .iter()
        .any(|word| lower.contains(word));
    speaks && !is_first_order && !OTHERS.iter().any(|word| lower.contains(word))
}

/// The column of this program that a gradient's norm belongs in.
pub fn column_of(quantity: &str, kind: Option<Kind>) -> &'static str {
    let lower = quantity.to_ascii_lowercase();
    let is_of_activation = ["activation", "act_", "output", "hidden", "delta"]
        .iter()
        .any(|word| lower.contains(word));
    if is_of_activation {
        ACTIVATION_GRAD
    } else if kind == Some(Kind::Bias) || lower.contains("bias") {
        BIAS_GRAD
    } else {
        WEIGHT_GRAD
    }
}

/// A quantity's name as the name of a column.
pub fn column_name(quantity: &str) -> String {
    let clean = |c: char| {
        if c.is_alphanumeric() || "_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    quantity.trim().chars().map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_of_gradients_are_told_from_other_figures() {
        for name in [
            "grad_norm",
            "grad_2.0_norm",
            "gradients",
            "norm",
            "l2",
            "weight_grad_norm",
            "Gradient Norm",
        ] {
            assert!(is_gradient_norm(name), "{name}");
        }
        for name in [
            "grad_inf_norm",
            "grad_max",
            "weight_norm",
            "activation_mean",
            "grad_1.0_norm",
            "update_ratio",
        ] {
            assert!(!is_gradient_norm(name), "{name}");
        }
        assert_eq!(column_of("activation_grad_norm", None), ACTIVATION_GRAD);
        assert_eq!(column_of("grad_norm", Some(Kind::Bias)), BIAS_GRAD);
        assert_eq!(column_of("grad_2.0_norm", Some(Kind::Matrix)), WEIGHT_GRAD);
    }
}
