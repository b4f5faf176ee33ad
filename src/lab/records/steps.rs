//! The layers' figures of a run, one logged step at a time.

use std::collections::BTreeMap;
use std::path::Path;

use super::table::Table;
use crate::base::Problem;
use crate::lab::decay::Decay;
use crate::study::columns::COORDINATES;

/// The column that tells of decay, where a file has it.
pub const HEADLINE: &str = "activation_grad_norm";

/// The name of the output layer.
pub const OUTPUT: &str = "output";

/// The figures of one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// Updates made before.
    pub step: u64,
    /// The numbers of its layers, ascending.
    pub layers: Vec<usize>,
    /// Layer by layer a value per column; `None` = does not apply.
    values: Vec<Option<f64>>,
    columns: usize,
}

impl Step {
    /// The value of the `i`-th layer in the `column`-th of the columns asked for.
    pub fn value(&self, i: usize, column: usize) -> Option<f64> {
        self.values[i * self.columns + column]
    }

    /// One column: a layer's number and value, the layers ascending.
    pub fn column(&self, column: usize) -> impl Iterator<Item = (usize, Option<f64>)> + '_ {
        let values = self.values.iter().skip(column).step_by(self.columns);
        self.layers.iter().copied().zip(values.copied())
    }

    /// The value of a layer, by its number.
    pub fn of_layer(&self, layer: usize, column: usize) -> Option<f64> {
        let i = self.layers.binary_search(&layer).ok()?;
        self.value(i, column)
    }

    /// How the norms in `column` decay over the layers that `is_on_path`.
    /// `None` where none of those has a value.
    pub fn decay(&self, column: usize, is_on_path: impl Fn(usize) -> bool) -> Option<Decay> {
        let norms: Vec<(usize, Option<f64>)> = self
            .column(column)
            .filter(|(layer, _)| is_on_path(*layer))
            .collect();
        Decay::measure(self.step, &norms)
    }

    /// Puts the layers in order, and says which is there twice, if one is.
    fn sort(&mut self) -> Option<usize> {
        if !self.layers.is_sorted() {
            // Hooks of a backward pass see the last layer first.
            let mut order: Vec<usize> = (0..self.layers.len()).collect();
            order.sort_by_key(|&i| self.layers[i]);
            let values = order
                .iter()
                .flat_map(|&i| &self.values[i * self.columns..(i + 1) * self.columns]);
            self.values = values.copied().collect();
            self.layers.sort_unstable();
        }
        let mut pairs = self.layers.windows(2);
        pairs.find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }
}

/// Reads a CSV file with the columns `step` and `layer` step by step, in one
/// pass and with the memory of a few steps.
pub struct Steps {
    table: Table,
    step_column: usize,
    layer_column: usize,
    name_column: Option<usize>,
    columns: Vec<ColumnAt>,
    /// What is known of the layers so far.
    names: BTreeMap<usize, String>,
    /// The first row of the step after the one handed out last.
    ahead: Option<Ahead>,
    /// The step read last, not handed out before the next one has begun.
    held: Step,
    /// Steps handed out.
    count: u64,
    /// Layers of the first step.
    expected: Option<usize>,
    is_at_end: bool,
    warnings: Vec<String>,
}

struct ColumnAt {
    at: usize,
    is_norm: bool,
}

struct Ahead {
    step: u64,
    layer: usize,
    values: Vec<Option<f64>>,
}

impl Steps {
    /// Opens a file to read `columns` of it. `layers` is the number of layers
    /// of a whole step, where it is known from elsewhere.
    ///
    /// # Errors
    /// If the file cannot be read or lacks `step`, `layer` or one of `columns`.
    pub fn open(path: &Path, columns: &[&str], layers: Option<usize>) -> Result<Self, Problem> {
        let table = Table::open(path)?;
        let columns = columns
            .iter()
            .map(|name| {
                if COORDINATES.contains(name) {
                    let what = format!("`{name}` says which row it is, not what was measured");
                    return Err(Problem::in_file(path, what).help("name another --quantity"));
                }
                Ok(ColumnAt {
                    at: table.column(name)?,
                    is_norm: name.ends_with("_norm"),
                })
            })
            .collect::<Result<Vec<_>, Problem>>()?;
        Ok(Self {
            step_column: table.column("step")?,
            layer_column: table.column("layer")?,
            name_column: table.find("name"),
            held: Step {
                columns: columns.len(),
                ..Step::default()
            },
            columns,
            names: BTreeMap::new(),
            ahead: None,
            count: 0,
            expected: layers,
            is_at_end: false,
            warnings: Vec::new(),
            table,
        })
    }

    /// The next whole step, the steps ascending; `None` after the last.
    ///
    /// # Errors
    /// If a cell cannot be understood, a layer is there twice in a step, the
    /// steps do not ascend, or the file has no whole step.
    pub fn next_step(&mut self) -> Result<Option<&Step>, Problem> {
        if self.is_at_end {
            return Ok(None);
        }
        let has_one = self.fill()?;
        // Only the last step may be one that was cut off.
        if has_one && self.ahead.is_none() && self.is_incomplete() {
            self.warnings.push(format!(
                "{}: step {} has {} of {} layers and is left out",
                self.table.path().display(),
                self.held.step,
                self.held.layers.len(),
                self.expected.unwrap_or(0),
            ));
            self.is_at_end = true;
        } else if !has_one {
            self.is_at_end = true;
        }
        if self.is_at_end {
            self.warnings.extend(self.table.cut_warning());
            if self.count == 0 {
                return Err(Problem::in_file(
                    self.table.path(),
                    "holds no whole step, only a header or the beginning of a first step",
                )
                .help("let the run get as far as its first step"));
            }
            return Ok(None);
        }
        self.count += 1;
        if self.expected.is_none() {
            self.expected = Some(self.held.layers.len());
        }
        Ok(Some(&self.held))
    }

    /// Whether the step at hand lacks layers that earlier ones have.
    fn is_incomplete(&self) -> bool {
        self.expected
            .is_some_and(|expected| self.held.layers.len() < expected)
    }

    /// Reads the rows of one step; `false` if there is none left.
    fn fill(&mut self) -> Result<bool, Problem> {
        let held = &mut self.held;
        held.layers.clear();
        held.values.clear();
        if let Some(ahead) = self.ahead.take() {
            held.step = ahead.step;
            held.layers.push(ahead.layer);
            held.values.extend(ahead.values);
        }
        while let Some(row) = self.table.next_row()? {
            let step = row.count(self.step_column)?;
            let layer = row.count(self.layer_column)? as usize;
            if held.layers.is_empty() {
                held.step = step;
            }
            if step < held.step {
                let (line, before) = (row.line(), held.step);
                return Err(Problem::at_line(
                    self.table.path(),
                    line,
                    format!("step {step} comes after step {before}"),
                )
                .help(
                    "sort the file by step: the rows of a step stand together, the steps ascend",
                ));
            }
            if let Some(at) = self.name_column
                && !self.names.contains_key(&layer)
            {
                let name = String::from_utf8_lossy(row.bytes(at)).into_owned();
                self.names.insert(layer, name);
            }
            let value = |column: &ColumnAt| {
                if column.is_norm {
                    row.norm(column.at)
                } else {
                    row.number(column.at)
                }
            };
            if step == held.step {
                held.layers.push(layer);
                for column in &self.columns {
                    held.values.push(value(column)?);
                }
            } else {
                self.ahead = Some(Ahead {
                    step,
                    layer,
                    values: self.columns.iter().map(value).collect::<Result<_, _>>()?,
                });
                break;
            }
        }
        if let Some(twice) = held.sort() {
            return Err(Problem::in_file(
                self.table.path(),
                format!("step {} has layer {twice} twice", held.step),
            )
            .help("a file holds one run: one row per step and layer"));
        }
        Ok(!held.layers.is_empty())
    }

    /// The name of a layer that has been read; `None` where the file has no names.
    pub fn name(&self, layer: usize) -> Option<&str> {
        self.names.get(&layer).map(String::as_str)
    }

    /// Whether a layer that has been read counts as hidden: all but the one
    /// named `output`.
    pub fn is_hidden(&self, layer: usize) -> bool {
        self.name(layer) != Some(OUTPUT)
    }

    /// What was left out, once all has been read.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The norm that a file is read for: [`HEADLINE`] if it has it, else the first
/// column whose name ends in `_norm`.
///
/// # Errors
/// If the file cannot be read or has neither.
pub fn headline(path: &Path) -> Result<String, Problem> {
    let table = Table::open(path)?;
    for name in ["step", "layer"] {
        table.column(name)?;
    }
    let first = table.header().iter().find(|name| name.ends_with("_norm"));
    if table.find(HEADLINE).is_some() {
        Ok(HEADLINE.to_owned())
    } else if let Some(first) = first {
        Ok(first.clone())
    } else {
        Err(Problem::at_line(
            path,
            1,
            format!("has neither a column `{HEADLINE}` nor another ending in `_norm`"),
        )
        .help(format!(
            "name the column to read with --quantity; the file has {}",
            table.header().join(", ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(text: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// Every step of a file with its layers' values, and the warnings.
    #[expect(clippy::type_complexity, reason = "a test's table")]
    fn read(
        text: impl AsRef<[u8]>,
        layers: Option<usize>,
    ) -> Result<(Vec<(u64, Vec<(usize, Option<f64>)>)>, Vec<String>), Problem> {
        let file = file(text);
        let column = headline(file.path())?;
        let mut steps = Steps::open(file.path(), &[&column], layers)?;
        let mut all = Vec::new();
        while let Some(step) = steps.next_step()? {
            all.push((step.step, step.column(0).collect()));
        }
        Ok((all, steps.warnings().to_vec()))
    }

    #[test]
    fn steps_come_one_by_one_with_their_layers_in_order() {
        let text = "layer,other,step,a_norm,b_norm\n\
                    2,x,0,0.5,9\n1,x,0,NaN,9\n\
                    1,x,7,,9\n2,x,7,inf,9\n";
        let (steps, warnings) = read(text, None).unwrap();
        assert_eq!(steps[0].0, 0);
        assert_eq!(steps[0].1[1], (2, Some(0.5)));
        assert!(steps[0].1[0].0 == 1 && steps[0].1[0].1.unwrap().is_nan());
        assert_eq!(steps[1], (7, vec![(1, None), (2, Some(f64::INFINITY))]));
        assert_eq!((steps.len(), warnings.len()), (2, 0));
    }

    #[test]
    fn what_a_killed_run_left_undone_is_left_out_and_told() {
        let whole = "step,layer,n_norm\n0,1,1\n0,2,1\n1,1,1\n1,2,1\n";
        let (steps, warnings) = read(format!("{whole}2,1,1\n2,2,0."), None).unwrap();
        assert_eq!(steps.len(), 2);
        assert!(
            warnings[0].contains("step 2 has 1 of 2 layers"),
            "{warnings:?}"
        );
        assert!(warnings[1].contains("last line is cut off"), "{warnings:?}");
        // A whole last row that ends without a newline may be cut off too.
        let (steps, warnings) = read(whole.trim_end(), None).unwrap();
        assert_eq!((steps.len(), warnings.len()), (1, 2));
        // With one step, only the spec tells how many layers there are.
        assert_eq!(read("step,layer,n_norm\n0,1,1\n", None).unwrap().0.len(), 1);
        let problem = read("step,layer,n_norm\n0,1,1\n", Some(2)).unwrap_err();
        assert!(problem.what.contains("no whole step"), "{problem}");
    }

    #[test]
    fn bad_files_are_refused_with_their_line() {
        for (text, what) in [
            ("", "is empty"),
            ("step,layer,n_norm", "no whole line"),
            ("step,layer,n_norm\n", "no whole step"),
            ("step,n_norm\n0,1\n", "no column `layer`"),
            ("step,layer,x\n0,1,1\n", "activation_grad_norm"),
            ("step,layer,n_norm,step\n0,1,1,1\n", "`step` twice"),
            (
                "step,layer,n_norm\n0,1,-1\n",
                ":2: `-1` in the column `n_norm`",
            ),
            (
                "step,layer,n_norm\n0,1,1\n0,2,one\n",
                ":3: `one` in the column",
            ),
            (
                "step,layer,n_norm\n0,first,1\n",
                "`first` in the column `layer`",
            ),
            ("step,layer,n_norm\nNaN,1,1\n", "`NaN` in the column `step`"),
            ("step,layer,n_norm\n-1,1,1\n", "`-1` in the column `step`"),
            ("step,layer,n_norm\n0,1,1\n0,1,1\n", "layer 1 twice"),
            (
                "step,layer,n_norm\n1,1,1\n0,1,1\n",
                ":3: step 0 comes after step 1",
            ),
            ("step,layer,n_norm\n0,1\n", ":2: has 2 cells"),
            ("step;layer;n_norm\n0;1;1\n", "separated by semicolons"),
            ("step\tlayer\tn_norm\n0\t1\t1\n", "separated by tabs"),
            ("\u{1}\u{2}\n0\n", "is no text"),
        ] {
            let problem = read(text, None).unwrap_err().to_string();
            assert!(problem.contains(what), "{text:?}: {problem}");
        }
    }

    #[test]
    fn the_headline_is_the_activation_gradient_where_there_is_one() {
        let name = |header: &str| headline(file(format!("{header}\n")).path()).unwrap();
        assert_eq!(name("step,layer,x_norm,y_norm"), "x_norm");
        assert_eq!(name("step,layer,x_norm,activation_grad_norm"), HEADLINE);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut text = b"step,layer,n_norm\n0,1,1\n".to_vec();
            text.extend(&bytes);
            let _ = read(&text, None);
            let _ = read(&bytes, None);
        }

        /// Bytes that are nearly a file reach the deeper places.
        #[test]
        fn no_rows_make_it_panic(text in "(([0-9]{1,2}|-1|NaN|x|),){2}(1e-3|inf|NaN|-0|\"|)\n{1,2}") {
            let _ = read(format!("step,layer,n_norm\n{}", text.repeat(3)), None);
        }
    }
}
