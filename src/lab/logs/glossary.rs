//! The words of metrics' names: counts, norms, and what only sounds like one.

/// Names of what counts updates, the best first.
pub const STEPS: [&str; 20] = [
    "trainer/global_step",
    "train/global_step",
    "global_step",
    "step",
    "iteration",
    "iter",
    "iterations",
    "steps",
    "_step",
    "time/total_timesteps",
    "total_timesteps",
    "num_steps",
    "num_updates",
    "update",
    "updates",
    "batch_idx",
    "train_step",
    "training_step",
    "epoch",
    "epochs",
];
/// Names of other coordinates, and of times.
pub const COORDINATES: [&str; 13] = [
    "batch",
    "wall time",
    "wall_time",
    "timestamp",
    "_timestamp",
    "_runtime",
    "time",
    "time/iterations",
    "time/time_elapsed",
    "time/fps",
    "train/epoch",
    "train/n_updates",
    "consumed samples",
];
/// Names that stand for the whole network.
pub const WHOLE: [&str; 14] = [
    "total",
    "all",
    "global",
    "overall",
    "norm",
    "total_norm",
    "global_norm",
    "mean",
    "avg",
    "average",
    "model",
    "value",
    "before_clip",
    "pre_clip",
];
/// Names before a gradient's that say where in the program it was logged, not of which layer.
pub const SPACES: [&str; 16] = [
    "train",
    "training",
    "trainer",
    "optim",
    "optimizer",
    "optimization",
    "debug",
    "stats",
    "metrics",
    "monitor",
    "losses",
    "global",
    "total",
    "overall",
    "unclipped",
    "raw",
];
/// Words that go on with what was measured behind `grad`.
pub const MEASURES: [&str; 18] = [
    "norms",
    "norm",
    "l2.0",
    "l2",
    "2.0",
    "rms",
    "mean",
    "std",
    "var",
    "absmax",
    "abs_max",
    "abs_min",
    "max",
    "min",
    "magnitude",
    "histogram",
    "hist",
    "output",
];
/// Words before `grad` that say which gradient.
pub const KINDS: [&str; 15] = [
    "activation",
    "activations",
    "act",
    "weight",
    "weights",
    "bias",
    "param",
    "params",
    "parameter",
    "layer",
    "l2",
    "norm_of",
    "norm",
    "mean",
    "max",
];
/// Words of figures that hold `grad` or `norm` and are none of a gradient's size.
pub const NO_NORMS: [&str; 14] = [
    "loss",
    "clip_frac",
    "clip_coef",
    "clipfrac",
    "accum",
    "scaler",
    "loss_scale",
    "checkpoint",
    "ratio",
    "skipped",
    "num_",
    "penalty",
    "threshold",
    "max_grad_norm",
];

/// Whether a name is that of a count or a time, in lower case.
pub fn is_coordinate(lower: &str) -> bool {
    STEPS.contains(&lower) || COORDINATES.contains(&lower)
}

/// Whether a name stands for the whole network, or says no more than where it was logged.
pub fn is_whole(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.is_empty() || WHOLE.contains(&&*lower) || SPACES.contains(&&*lower)
}
