//! Every activation with every kind of init, predicted and measured.

use vgrad::lab::prediction::Phase;
use vgrad::nn::activation::Activation;

use super::measured::Case;
use super::plain::plain;

/// Every activation with an init against 8 drawn networks each.
#[track_caller]
fn every_activation(init: &str) {
    let faults: Vec<String> = Activation::NAMES
        .iter()
        .filter_map(|name| plain(name, init).fault())
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn xavier() {
    every_activation("\"xavier_normal\"");
}

#[test]
fn he() {
    every_activation("\"he_uniform\"");
}

#[test]
fn lecun() {
    every_activation("\"lecun_normal\"");
}

#[test]
fn orthogonal() {
    every_activation("\"orthogonal\"");
}

#[test]
fn biases() {
    every_activation("{ mean_field = { weight_variance = 1.5, bias_variance = 0.1 } }");
}

/// Where a critical weight variance exists gradients keep their size, but for what q does
/// on its way; where none does the spec is refused.
#[test]
fn critical() {
    let mut refused = Vec::new();
    for name in Activation::NAMES {
        let case = plain(name, "\"critical\"");
        match case.try_predict() {
            Ok(prediction) => {
                assert_eq!(prediction.phase, Some(Phase::Critical), "{name}");
                case.check();
            }
            Err(error) => {
                assert!(error.contains("no weight variance"), "{name}: {error}");
                refused.push(*name);
            }
        }
    }
    assert!(
        refused.contains(&"gelu") && !refused.contains(&"tanh"),
        "{refused:?}"
    );
    plain("tanh", "{ critical = { bias_variance = 0.05 } }").check();
}

#[test]
fn inits_of_their_own_scale() {
    for (activation, init) in [
        ("sigmoid", "\"pytorch_default\""),
        ("tanh", "{ normal = { std = 0.05 } }"),
        ("elu", "{ uniform = { bound = 0.1 } }"),
        ("relu", "{ truncated_normal = { std = 0.08 } }"),
    ] {
        plain(activation, init).check();
    }
    for activation in ["tanh", "relu"] {
        let mut case = plain(activation, "\"lsuv\"");
        // It scales by what it sees of them.
        case.batch = 16;
        case.check();
    }
    // A gain multiplies the weights.
    let lost = |init: &str| plain("tanh", init).predict().unwrap().attenuation_decades.0;
    let gained = lost("{ orthogonal = { gain = 1.1 } }");
    let as_much = lost("{ mean_field = { weight_variance = 1.21, bias_variance = 0.0 } }");
    assert!((gained - as_much).abs() < 1e-9, "{gained} {as_much}");
}

/// Layers of unequal width have each its own variance: Xavier's is no LeCun there.
#[test]
fn unequal_widths() {
    let widths: Vec<usize> = (0..20)
        .map(|l| if l % 2 == 0 { 200 } else { 400 })
        .collect();
    for init in ["xavier_normal", "lecun_normal", "orthogonal"] {
        let mut case = Case::new(format!("activation = \"tanh\"\ninit = \"{init}\""));
        // Orthogonal matrices take their time.
        let depth = if init == "orthogonal" { 6 } else { 20 };
        case.depth = depth;
        case.widths = Some(widths[..depth].to_vec());
        case.check();
    }
}
