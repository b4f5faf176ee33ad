//! The data of the charts and of the layer table, as the page's script reads it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::curve::ChartCurve;
use super::decades::{Decades, Rounded};
use super::group::Group;
use crate::base::Problem;
use crate::lab::records::{Bounds, Curve, RunData, Step, mean_half_width};
use crate::lab::text::symbol;
use crate::nn::architecture::Along;

/// Everything the script needs.
#[derive(Serialize)]
struct Data<'a> {
    runs: Vec<ChartRun<'a>>,
    /// The runs, those of one experiment together: what lines are drawn of.
    targets: Vec<ChartTarget<'a>>,
    /// Half of the 95 % interval of a mean of so many values of standard
    /// deviation 1.
    half_widths: Vec<Rounded>,
}

#[derive(Serialize)]
struct ChartTarget<'a> {
    label: &'a str,
    /// Places of its seeds among the runs.
    runs: Vec<usize>,
    /// What guessing reaches.
    guessing: Guessed,
}

#[derive(Serialize)]
struct Guessed {
    accuracy: Rounded,
    loss: Rounded,
}

#[derive(Serialize)]
struct ChartRun<'a> {
    label: &'a str,
    quantity: &'a str,
    /// What the axis of that says.
    symbol: String,
    layers: &'a [usize],
    /// What the axis of those says.
    layer_axis: &'static str,
    /// One of them.
    one: &'static str,
    /// Which time step each is, in words; absent of layers, which their numbers tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<Vec<String>>,
    /// The last time steps of stacked layers behind which there are more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stacked_ends: Vec<usize>,
    names: Vec<&'a str>,
    /// Logged steps that share a bucket.
    per_bucket: u64,
    first: Vec<u64>,
    last: Vec<u64>,
    /// Per bucket the layers' smallest norms.
    low: Vec<Vec<Decades>>,
    /// Per bucket the largest; absent where every step has a bucket of its own.
    high: Option<Vec<Vec<Decades>>>,
    curves: Curves,
    table: Table<'a>,
    /// What theory expects of the layers at the first step; absent where it expects nothing.
    predicted: Option<Vec<Decades>>,
}

#[derive(Serialize)]
struct Curves {
    train_loss: ChartCurve,
    test_loss: ChartCurve,
    train_accuracy: ChartCurve,
    test_accuracy: ChartCurve,
    /// A generator's test loss, which is no loss of its training.
    #[serde(skip_serializing_if = "Option::is_none")]
    energy_distance: Option<ChartCurve>,
}

/// What the layers read at both ends.
#[derive(Serialize)]
struct Table<'a> {
    columns: Vec<&'a str>,
    steps: [u64; 2],
    /// Per column, then per layer.
    initial: Vec<Column>,
    last: Vec<Column>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Column {
    Norms(Vec<Decades>),
    Shares(Vec<Rounded>),
}

/// The data as JSON that may stand in a script element.
///
/// # Errors
/// None that a user could cause.
pub fn json(groups: &[Group]) -> Result<String, Problem> {
    let entries = groups.iter().flat_map(|group| group.entries);
    let most = groups.iter().map(|group| group.entries.len()).max();
    let half_widths = (0..=most.unwrap_or(0)).map(mean_half_width);
    let data = Data {
        runs: entries.map(run).collect(),
        targets: targets(groups),
        half_widths: half_widths.map(|half| Rounded(Some(half))).collect(),
    };
    let text = serde_json::to_string(&data)
        .map_err(|error| Problem::new(format!("the charts' data cannot be written: {error}")))?;
    // In JSON `<` stands in strings alone; there `</script>` would end the element.
    Ok(text.replace('<', "\\u003c"))
}

fn targets<'a>(groups: &[Group<'a>]) -> Vec<ChartTarget<'a>> {
    let mut places = 0..;
    groups
        .iter()
        .map(|group| {
            let [accuracy, loss] = group.entries[0].guessing().map(Rounded);
            ChartTarget {
                label: group.label,
                runs: places.by_ref().take(group.entries.len()).collect(),
                guessing: Guessed { accuracy, loss },
            }
        })
        .collect()
}

fn run<'a>(entry: &'a RunData) -> ChartRun<'a> {
    let buckets = entry.grid.buckets();
    let cells = |get: fn(&Bounds) -> f64| -> Vec<Vec<Decades>> {
        let rows = buckets.iter().map(|bucket| bucket.values.iter());
        rows.map(|row| row.map(|values| decades(values, get)).collect())
            .collect()
    };
    let per_bucket = entry.grid.steps_per_bucket();
    let along = entry.run.along();
    let numbering = entry.numbering();
    ChartRun {
        label: &entry.label,
        quantity: &entry.stats.headline,
        symbol: symbol(&entry.stats.headline),
        layers: entry.grid.layers(),
        layer_axis: entry.layer_axis(),
        one: along.one(),
        places: (along == Along::Time).then(|| {
            let layers = entry.grid.layers().iter();
            layers.map(|layer| numbering.one(*layer)).collect()
        }),
        stacked_ends: {
            let layers = entry.grid.layers().iter().copied();
            layers
                .filter(|layer| numbering.ends_stacked(*layer))
                .collect()
        },
        names: entry.stats.layers.iter().map(|info| &*info.name).collect(),
        per_bucket,
        first: buckets.iter().map(|bucket| bucket.first).collect(),
        last: buckets.iter().map(|bucket| bucket.last).collect(),
        low: cells(|values| values.low),
        high: (per_bucket > 1).then(|| {
            cells(|values| match values.non_finite {
                0 => values.high,
                _ => f64::NAN,
            })
        }),
        curves: curves(entry),
        table: table(entry),
        predicted: predicted(entry),
    }
}

fn predicted(entry: &RunData) -> Option<Vec<Decades>> {
    let expected: BTreeMap<usize, f64> = entry.expected_norms().into_iter().collect();
    let layers = entry.grid.layers().iter();
    let norms = layers.map(|layer| Decades(expected.get(layer).copied()));
    (!expected.is_empty()).then(|| norms.collect())
}

/// One end of what a bucket holds of a layer.
fn decades(values: &Bounds, end: fn(&Bounds) -> f64) -> Decades {
    Decades((!values.is_absent()).then(|| end(values)))
}

fn curves(entry: &RunData) -> Curves {
    let curves = &entry.stats.curves;
    let is_generator = entry.is_generator();
    Curves {
        train_loss: ChartCurve::from(&curves.train_loss),
        test_loss: match is_generator {
            true => ChartCurve::from(&Curve::default()),
            false => ChartCurve::from(&curves.test_loss),
        },
        energy_distance: is_generator.then(|| ChartCurve::from(&curves.test_loss)),
        train_accuracy: ChartCurve::from(&curves.train_accuracy),
        test_accuracy: ChartCurve::from(&curves.test_accuracy),
    }
}

fn table<'a>(entry: &'a RunData) -> Table<'a> {
    let columns = |step: &Step| -> Vec<Column> {
        let names = entry.columns.iter().enumerate();
        names
            .map(|(i, name)| column(step, i, name, entry))
            .collect()
    };
    Table {
        columns: entry.columns.iter().map(String::as_str).collect(),
        steps: [entry.first.step, entry.last.step],
        initial: columns(&entry.first),
        last: columns(&entry.last),
    }
}

fn column(step: &Step, i: usize, name: &str, entry: &RunData) -> Column {
    let values = entry
        .grid
        .layers()
        .iter()
        .map(|layer| step.of_layer(*layer, i));
    if i == 0 || name.ends_with("_norm") {
        Column::Norms(values.map(Decades).collect())
    } else {
        Column::Shares(values.map(Rounded).collect())
    }
}
