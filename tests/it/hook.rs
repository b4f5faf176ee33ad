//! `vgrad hook`: what the helpers look like, and what they log beside what vgrad itself
//! measures on the same weights and batch.

use crate::desk::{Desk, Ended};
use crate::python;

const FRAMEWORKS: [&str; 4] = ["torch", "lightning", "keras", "jax"];

/// Ten layers of which none has too small a gradient for f32.
const SPEC: &str = r#"
[data]
source = { blobs = { samples = 100, classes = 3 } }
[network]
depth = 10
width = 16
activation = "relu"
[train]
steps = 0
batch_size = 64
learning_rate = 0.1
[log]
save_weights = true
save_batch = true
"#;

/// Reads a safetensors file without the library, which a helper does not need either.
const LOAD: &str = r#"
import json, sys
import numpy as np

def load(path):
    data = open(path, "rb").read()
    end = 8 + int.from_bytes(data[:8], "little")
    kinds = {"F32": np.float32, "F64": np.float64, "I64": np.int64}
    tensors = {}
    for name, tensor in json.loads(data[8:end]).items():
        first, last = tensor["data_offsets"]
        values = np.frombuffer(data[end + first:end + last], kinds[tensor["dtype"]])
        tensors[name] = values.reshape(tensor["shape"]).copy()
    return tensors

sys.path.insert(0, "helper")
from gradient_log import GradientLog
weights, batch = load("own/weights/initial.safetensors"), load("own/batch.safetensors")
depth = len(weights) // 2
"#;

/// A network whose activations are functions, every other one in place.
const TORCH: &str = r#"
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        shapes = [weights[f"layers.{l}.weight"].shape for l in range(1, depth + 1)]
        self.layers = nn.ModuleList(nn.Linear(i, o) for o, i in shapes)

    def forward(self, x):
        for l, layer in enumerate(self.layers[:-1]):
            x = nn.functional.relu(layer(x), inplace=l % 2 == 0)
        return self.layers[-1](x)

x, y = torch.from_numpy(batch["inputs"]), torch.from_numpy(batch["targets"])
model = Net().to(x.dtype)
model.load_state_dict({f"layers.{l}.{part}": torch.from_numpy(weights[f"layers.{l + 1}.{part}"])
                       for l in range(depth) for part in ("weight", "bias")})
log = GradientLog(model, "other/gradients.csv")
nn.functional.cross_entropy(model(x), y).backward()
log.step()
"#;

/// The same as functions of parameters, jitted.
const JAX: &str = r#"
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp

log = GradientLog("other/gradients.csv")
params = {str(l): {part: weights[f"layers.{l}.{part}"] for part in ("weight", "bias")}
          for l in range(1, depth + 1)}

def loss(params, x, y):
    for l in range(1, depth + 1):
        x = x @ params[str(l)]["weight"].T + params[str(l)]["bias"]
        x = log.tap(str(l), x if l == depth else jax.nn.relu(x))
    return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1).mean()

log.step(jax.jit(jax.grad(loss))(params, batch["inputs"], batch["targets"]))
"#;

#[test]
fn helpers_are_short_and_say_what_they_write() {
    let desk = Desk::empty();
    for name in FRAMEWORKS {
        let text = desk.vgrad(["hook", name]).fine().stdout;
        assert!(text.lines().count() < 60, "{name}");
        for line in text.lines() {
            assert!(line.chars().count() <= 120, "{name}: {line}");
        }
        let columns = "step,layer,name,activation_grad_norm,weight_grad_norm,\
                       activation_mean,activation_std,position";
        assert!(text.contains(columns), "{name}");
        assert!(text.starts_with("\"\"\"Logs a "), "{name}");
    }
    let words = ["there is no framework `pytorch`", "torch"];
    desk.vgrad(["hook", "pytorch"]).refused(&words);
}

/// Runs `script` on what vgrad saved and holds what it logged against vgrad's own log.
#[track_caller]
fn logs_what_vgrad_measures(framework: &str, script: &str) {
    for (precision, tolerance) in [("f32", 1e-6), ("f64", 1e-12)] {
        let desk = Desk::with(SPEC);
        desk.run(&format!("--set precision={precision} --out own"))
            .fine();
        let helper = desk.vgrad(["hook", framework]).fine().stdout;
        desk.write("helper/gradient_log.py", helper);
        desk.write("script.py", format!("{LOAD}{script}"));
        let mut python = std::process::Command::new(python::program());
        let output = python.arg("script.py").current_dir(desk.path("."));
        Ended::of(output.output().unwrap()).fine();
        let (own, other) = (
            desk.table("own/gradients.csv"),
            desk.table("other/gradients.csv"),
        );
        for column in ["step", "layer", "position"] {
            assert_eq!(other.cells(column), own.cells(column));
        }
        for column in [
            "activation_grad_norm",
            "weight_grad_norm",
            "activation_mean",
            "activation_std",
        ] {
            let pairs = own.cells(column).into_iter().zip(other.cells(column));
            for (layer, (own, other)) in pairs.enumerate() {
                let place = format!("{precision} {column} of layer {}", layer + 1);
                if own.is_empty() {
                    assert_eq!(other, "", "{place}");
                    continue;
                }
                let [own, other] = [own, other].map(|cell| cell.parse::<f64>().unwrap());
                let error = (own - other).abs() / own.abs();
                assert!(error <= tolerance, "{place}: {own} {other}");
            }
        }
        // And every command takes it as a target.
        let compared = desk.vgrad(["compare", "own", "other/gradients.csv"]);
        compared.fine();
    }
}

#[test]
#[ignore = "needs a python3 (or VGRAD_PYTHON) with torch and numpy"]
fn the_torch_helper_logs_what_vgrad_measures() {
    logs_what_vgrad_measures("torch", TORCH);
}

#[test]
#[ignore = "needs a python3 (or VGRAD_PYTHON) with jax"]
fn the_jax_helper_logs_what_vgrad_measures() {
    logs_what_vgrad_measures("jax", JAX);
}
