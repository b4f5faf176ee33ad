//! Where a log has its steps, layers and values: a row per layer, or a column
//! per layer.

use super::table::Table;
use crate::base::Problem;
use crate::study::columns::is_coordinate;

/// The column that tells of decay, where a file has it.
pub const HEADLINE: &str = "activation_grad_norm";

/// Names of the column that counts updates, the best first.
const STEPS: [&str; 6] = ["step", "global_step", "iteration", "iter", "epoch", "_step"];

/// Where a file has what.
pub struct Layout {
    /// The column of the step.
    pub step: usize,
    /// How the layers stand.
    pub layers: Layers,
}

/// How the layers of a step stand.
pub enum Layers {
    /// In rows of their own, told by this column.
    Rows(usize),
    /// In columns of their own.
    Columns {
        /// What was measured.
        quantity: String,
        /// The name and the place of each, in the file's order.
        places: Vec<(String, usize)>,
    },
}

impl Layout {
    /// Of an open file.
    ///
    /// # Errors
    /// If it has no step or no layers.
    pub fn of(table: &Table) -> Result<Self, Problem> {
        let step = STEPS.iter().find_map(|name| table.find(name));
        let Some(step) = step else {
            table.column("step")?;
            unreachable!("a column that is not found is an error");
        };
        let layers = match table.find("layer") {
            Some(layer) => Layers::Rows(layer),
            None => match wide(table, step) {
                Some(layers) => layers,
                None => Layers::Rows(table.column("layer")?),
            },
        };
        Ok(Self { step, layers })
    }

    /// Where the column `name` stands that holds values.
    ///
    /// # Errors
    /// If there is none.
    pub fn value(&self, table: &Table, name: &str) -> Result<usize, Problem> {
        if is_coordinate(name) {
            let what = format!("`{name}` says which row it is, not what was measured");
            return Err(Problem::in_file(table.path(), what).help("name another --quantity"));
        }
        match &self.layers {
            Layers::Rows(_) => table.column(name),
            Layers::Columns { quantity, .. } if quantity == name => Ok(0),
            Layers::Columns { quantity, .. } => Err(Problem::in_file(
                table.path(),
                format!("has a column per layer, all of `{quantity}`, and none of `{name}`"),
            )
            .help(format!("name --quantity {quantity}, or none"))),
        }
    }
}

/// Whether a name is that of a norm.
pub fn is_norm(name: &str) -> bool {
    let name = name.as_bytes();
    name.len() >= 5 && name[name.len() - 5..].eq_ignore_ascii_case(b"_norm")
}

/// A column per layer: `quantity/layer`, as Lightning writes them, or several
/// whose names speak of gradients or norms.
fn wide(table: &Table, step: usize) -> Option<Layers> {
    let speaks = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.contains("grad") || name.contains("norm")
    };
    let others = table.header().iter().enumerate();
    let others = others.filter(|(i, name)| *i != step && !is_coordinate(name));
    let mut groups: Vec<(&str, Vec<(String, usize)>)> = Vec::new();
    for (i, name) in others.filter(|(_, name)| speaks(name)) {
        let (quantity, layer) = match name.split_once('/') {
            Some((quantity, layer)) if speaks(quantity) => (quantity, layer),
            _ => ("grad_norm", name.as_str()),
        };
        match groups.iter_mut().find(|(known, _)| *known == quantity) {
            Some((_, places)) => places.push((layer.to_owned(), i)),
            None => groups.push((quantity, vec![(layer.to_owned(), i)])),
        }
    }
    let (quantity, places) = groups.into_iter().max_by_key(|(_, places)| places.len())?;
    (places.len() > 1).then(|| Layers::Columns {
        quantity: quantity.to_owned(),
        places,
    })
}

/// The norm that a file is read for: [`HEADLINE`] if it has it, else the first
/// column whose name ends in `_norm`.
///
/// # Errors
/// If it has neither.
pub fn headline_of(table: &Table, layout: &Layout) -> Result<String, Problem> {
    if let Layers::Columns { quantity, .. } = &layout.layers {
        return Ok(quantity.clone());
    }
    let first = table.header().iter().find(|name| is_norm(name));
    if table.find(HEADLINE).is_some() {
        Ok(HEADLINE.to_owned())
    } else if let Some(first) = first {
        // `Grad_Norm` is the same norm as `grad_norm`.
        let is_common = first.ends_with("_norm");
        Ok(if is_common {
            first.clone()
        } else {
            first.to_ascii_lowercase()
        })
    } else {
        Err(Problem::at_line(
            table.path(),
            1,
            format!("has neither a column `{HEADLINE}` nor another ending in `_norm`"),
        )
        .help(format!(
            "name the column to read with --quantity; the file has {}",
            table.header().join(", ")
        )))
    }
}
