//! The data of the charts and of the layer table, as the page's script reads it.

use serde::Serialize;

use super::curve::Curve;
use super::decades::{Decades, Figure};
use super::entry::Entry;
use crate::base::Problem;
use crate::lab::records::{self, Bucket, Step, Target};

/// Everything the script needs.
#[derive(Serialize)]
struct Data<'a> {
    runs: Vec<RunData<'a>>,
    /// Experiments of several seeds.
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    label: &'a str,
    /// Places of its seeds among the runs.
    runs: Vec<usize>,
}

#[derive(Serialize)]
struct RunData<'a> {
    label: &'a str,
    quantity: &'a str,
    layers: &'a [usize],
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
}

#[derive(Serialize)]
struct Curves {
    train_loss: Curve,
    test_loss: Curve,
    train_accuracy: Curve,
    test_accuracy: Curve,
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
    Shares(Vec<Figure>),
}

/// The data as JSON that may stand in a script element.
///
/// # Errors
/// None that a user could cause.
pub fn json(targets: &[Target], entries: &[Entry]) -> Result<String, Problem> {
    let data = Data {
        runs: entries.iter().map(run).collect(),
        groups: groups(targets, entries),
    };
    let text = serde_json::to_string(&data)
        .map_err(|error| Problem::new(format!("the charts' data cannot be written: {error}")))?;
    // In JSON `<` stands in strings alone; there `</script>` would end the element.
    Ok(text.replace('<', "\\u003c"))
}

fn groups<'a>(targets: &'a [Target], entries: &[Entry]) -> Vec<Group<'a>> {
    let members = |i: usize| (0..entries.len()).filter(move |&at| entries[at].target == i);
    let several = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.runs.len() > 1);
    several
        .map(|(i, target)| Group {
            label: &target.label,
            runs: members(i).collect(),
        })
        .collect()
}

fn run<'a>(entry: &'a Entry) -> RunData<'a> {
    let buckets = entry.grid.buckets();
    let cells = |get: fn(&Bucket) -> &Vec<f64>| -> Vec<Vec<Decades>> {
        buckets
            .iter()
            .map(|bucket| row(get(bucket), &bucket.present))
            .collect()
    };
    let per_bucket = entry.grid.steps_per_bucket();
    RunData {
        label: &entry.label,
        quantity: &entry.survey.headline,
        layers: entry.grid.layers(),
        names: entry.survey.layers.iter().map(|info| &*info.name).collect(),
        per_bucket,
        first: buckets.iter().map(|bucket| bucket.first).collect(),
        last: buckets.iter().map(|bucket| bucket.last).collect(),
        low: cells(|bucket| &bucket.low),
        high: (per_bucket > 1).then(|| cells(|bucket| &bucket.high)),
        curves: curves(&entry.curves),
        table: table(entry),
    }
}

/// In a grid what is absent is NaN as well; whether a value was there tells it
/// from a value that is NaN.
fn row(values: &[f64], present: &[bool]) -> Vec<Decades> {
    let cells = values.iter().zip(present);
    cells
        .map(|(value, is_there)| Decades(is_there.then_some(*value)))
        .collect()
}

fn curves(curves: &records::Curves) -> Curves {
    Curves {
        train_loss: Curve::from(&curves.train_loss),
        test_loss: Curve::from(&curves.test_loss),
        train_accuracy: Curve::from(&curves.train_accuracy),
        test_accuracy: Curve::from(&curves.test_accuracy),
    }
}

fn table<'a>(entry: &'a Entry) -> Table<'a> {
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

fn column(step: &Step, i: usize, name: &str, entry: &Entry) -> Column {
    let values = entry
        .grid
        .layers()
        .iter()
        .map(|layer| step.of_layer(*layer, i));
    if i == 0 || name.ends_with("_norm") {
        Column::Norms(values.map(Decades).collect())
    } else {
        Column::Shares(values.map(Figure).collect())
    }
}
