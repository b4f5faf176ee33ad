//! Tables whose columns are layers by name alone, with nothing that says what was measured.

use super::glossary::is_coordinate;
use super::names;
use super::names::{LayerMeasure, Meaning};
use super::parameter::{ParameterName, words};
use super::series::SeriesTable;

/// What such columns are taken for.
pub const ASSUMED: &str = "grad_norm";

/// Words of names that are metrics.
const METRICS: [&str; 28] = [
    "loss",
    "acc",
    "accuracy",
    "lr",
    "learning",
    "rate",
    "val",
    "test",
    "eval",
    "time",
    "reward",
    "score",
    "precision",
    "recall",
    "auc",
    "perplexity",
    "ppl",
    "throughput",
    "tps",
    "memory",
    "mfu",
    "fps",
    "entropy",
    "seed",
    "momentum",
    "error",
    "runtime",
    "id",
];
/// Words of names that are layers.
const LAYERS: [&str; 26] = [
    "layer",
    "layers",
    "fc",
    "conv",
    "linear",
    "dense",
    "block",
    "blocks",
    "hidden",
    "lstm",
    "gru",
    "rnn",
    "attn",
    "attention",
    "mlp",
    "head",
    "out",
    "output",
    "weight",
    "kernel",
    "bias",
    "encoder",
    "decoder",
    "embed",
    "stem",
    "classifier",
];

/// Whether the columns are layers: at least two have the names of layers, and none speaks of
/// gradients.
pub fn is_bare(series: &SeriesTable) -> bool {
    let all = series.all();
    let speaks = all
        .iter()
        .any(|own| matches!(names::meaning(own), Meaning::Gradient(_) | Meaning::Total));
    let layers = all.iter().filter(|own| is_layer(&own.name)).count();
    let others = all
        .iter()
        .filter(|own| matches!(meaning(&own.name), Meaning::Gradient(_)));
    !speaks && layers >= 2 && layers * 2 > others.count()
}

/// What a column of such a table is.
pub fn meaning(name: &str) -> Meaning {
    let lower = name.trim().to_ascii_lowercase();
    if lower.is_empty()
        || is_coordinate(&lower)
        || words(&lower).any(|word| METRICS.contains(&&*word))
    {
        return Meaning::Other;
    }
    Meaning::Gradient(LayerMeasure {
        quantity: ASSUMED.to_owned(),
        target: name.trim().to_owned(),
        layer: None,
    })
}

/// Whether a name has words of layers or the ending of a parameter's, and none of a metric's.
pub fn is_layer(name: &str) -> bool {
    let is_metric = matches!(meaning(name), Meaning::Other);
    let has_kind = ParameterName::of(name).kind.is_some();
    !is_metric && (has_kind || words(name).any(|word| LAYERS.contains(&&*word)))
}
