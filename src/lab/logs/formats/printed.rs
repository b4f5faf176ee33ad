//! What programs print: `step: 2  loss: 3.9`, `iteration 10/24 | grad norm: 0.768 |`,
//! `fc1.weight | grad norm: 0.000001`, Python's dicts.

use super::json_lines::fill;
use super::pairs::{NamedNumber, pairs};
use crate::base::Problem;
use crate::lab::logs::format::{Conventions, LogFormat, LogPlace};
use crate::lab::logs::names::{Meaning, meaning};
use crate::lab::logs::order::NameOrder;
use crate::lab::logs::parameter::ParameterName;
use crate::lab::logs::series::{LogCell, LogReader, LogRow, LogSeries, SeriesTable};
use crate::lab::logs::text::dict::{DictValue, LeafValue};
use crate::lab::logs::text::lines::Lines;

/// Lines of text, of one program or of any.
pub struct Printed {
    name: &'static str,
    /// What its lines hold and those of no other program do.
    mark: &'static str,
    is_clipped: Option<bool>,
    notes: &'static [&'static str],
}

/// What Megatron-LM prints.
pub const MEGATRON: Printed = Printed {
    name: "lines printed by Megatron-LM",
    mark: "elapsed time per iteration",
    is_clipped: Some(false),
    notes: &["norms are printed with three decimals"],
};
/// What nanotron prints.
pub const NANOTRON: Printed = Printed {
    name: "lines printed by nanotron",
    mark: "tokens_per_sec_per_gpu",
    is_clipped: Some(false),
    notes: &[
        "numbers are printed with three digits, K, M and B for thousands, millions and billions",
    ],
};
/// What torchtitan prints.
pub const TORCHTITAN: Printed = Printed {
    name: "lines printed by torchtitan",
    mark: "tflops:",
    is_clipped: Some(false),
    notes: &[],
};
/// What Hugging Face's Trainer prints.
pub const TRAINER_STDOUT: Printed = Printed {
    name: "lines printed by Hugging Face's Trainer",
    mark: "'learning_rate':",
    is_clipped: Some(false),
    notes: &["its lines have no step: they are counted; loss is the mean since the line before"],
};
/// What any other program prints.
pub const PRINTED: Printed = Printed {
    name: "printed lines",
    mark: "",
    is_clipped: None,
    notes: &[],
};

impl LogFormat for Printed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn recognises(&self, place: &LogPlace) -> bool {
        let Some(file) = &place.file else {
            return false;
        };
        if file.head.contains(&0) {
            return false;
        }
        let text = file.text();
        text.contains(self.mark) && says_enough(&text)
    }

    fn open(&self, place: &LogPlace) -> Result<Box<dyn LogReader>, Problem> {
        Ok(Box::new(PrintedReader {
            lines: Lines::of(place.input()?)?,
            pending: LogRow::default(),
            speaks_of_gradients: false,
            place: String::new(),
            pending_place: String::new(),
        }))
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            // Nobody sorts what a loop prints.
            order: NameOrder::Rows,
            is_clipped: self.is_clipped,
            notes: self.notes,
            ..Conventions::default()
        }
    }
}

/// Whether lines tell a gradient's norm, or two a step and a loss. In a log many of the lines
/// do; prose has such words too, on a line here and there.
fn says_enough(text: &str) -> bool {
    let (mut losses, mut norms, mut lines) = (0, 0, 0);
    let mut context = false;
    let text = text.lines().take(2000);
    for line in text.filter(|line| !line.trim().is_empty()) {
        lines += 1;
        let found = understood(line, &mut context);
        let has = |wanted: fn(&Meaning) -> bool| found.iter().any(|(_, own)| wanted(own));
        norms += usize::from(has(|own| {
            matches!(own, Meaning::Gradient(_) | Meaning::Total)
        }));
        losses += usize::from(
            has(|own| *own == Meaning::Coordinate) && has(|own| matches!(own, Meaning::Curve(_))),
        );
    }
    let is_log = norms * 8 >= lines || (norms > 8 && norms * 50 >= lines);
    losses > 1 || (norms > 0 && is_log)
}

/// The numbers of a line that mean something.
fn understood(line: &str, speaks_of_gradients: &mut bool) -> Vec<(NamedNumber, Meaning)> {
    let of = |name: &str| {
        meaning(&LogSeries {
            run: String::new(),
            name: name.to_owned(),
            parts: None,
        })
    };
    // A progress bar writes over its line.
    let pieces = line.split('\r').filter(|piece| !piece.trim().is_empty());
    let mut found = Vec::new();
    for piece in pieces {
        if let Some(at) = piece.find('{')
            && let Some((value @ DictValue::Dict(_), _)) = DictValue::read(&piece[at..])
        {
            let leaves = value.leaves().into_iter().filter_map(|leaf| {
                let LeafValue::Number(value, digits) = leaf.value else {
                    return None;
                };
                Some(NamedNumber {
                    name: leaf.path,
                    value,
                    digits,
                })
            });
            found.extend(leaves.map(|pair| {
                let own = of(&pair.name);
                (pair, own)
            }));
            continue;
        }
        for mut pair in pairs(piece) {
            let mut own = of(&pair.name);
            // Under a heading that speaks of gradients a parameter's number is that.
            if own == Meaning::Other
                && *speaks_of_gradients
                && ParameterName::of(&pair.name).kind.is_some()
            {
                pair.name = format!("grad_norm/{}", pair.name);
                own = of(&pair.name);
            }
            if own != Meaning::Other {
                found.push((pair, own));
            }
        }
    }
    if found.is_empty() && !line.trim().is_empty() {
        *speaks_of_gradients = line.to_ascii_lowercase().contains("grad");
    }
    found
}

struct PrintedReader {
    lines: Lines,
    /// What belongs together so far: lines up to the next step.
    pending: LogRow,
    speaks_of_gradients: bool,
    place: String,
    pending_place: String,
}

impl LogReader for PrintedReader {
    fn next_row(&mut self, series: &mut SeriesTable, row: &mut LogRow) -> Result<bool, Problem> {
        loop {
            let Some(line) = self.lines.next_line()? else {
                std::mem::swap(row, &mut self.pending);
                self.pending.clear();
                self.place.clone_from(&self.pending_place);
                return Ok(!row.cells.is_empty());
            };
            if let Some(at) = line.find('{').filter(|_| line.contains("bins"))
                && let Some((value, _)) = DictValue::read(&line[at..])
            {
                fill(&value, series, &mut self.pending)?;
                continue;
            }
            let found = understood(&line, &mut self.speaks_of_gradients);
            let mut cells = Vec::with_capacity(found.len());
            let mut coordinates = Vec::new();
            for (pair, own) in found {
                let cell = LogCell {
                    series: series.number("", &pair.name)?,
                    value: pair.value,
                    digits: Some(pair.digits),
                };
                if own == Meaning::Coordinate {
                    coordinates.push(cell.series);
                }
                cells.push(cell);
            }
            if cells.is_empty() {
                continue;
            }
            // Another step, or the same number again: a new row begins.
            let is_another = cells.iter().any(|cell| {
                let mut pending = self.pending.cells.iter();
                let own = pending.find(|own| own.series == cell.series);
                own.is_some_and(|own| {
                    !coordinates.contains(&cell.series) || own.value != cell.value
                })
            });
            let is_ready = is_another && !self.pending.cells.is_empty();
            if is_ready {
                std::mem::swap(row, &mut self.pending);
                self.pending.clear();
                self.place.clone_from(&self.pending_place);
            }
            self.pending_place = self.lines.place();
            let is_known = |cell: &LogCell, row: &LogRow| {
                row.cells.iter().any(|own| own.series == cell.series)
            };
            cells.retain(|cell| !is_known(cell, &self.pending));
            self.pending.cells.extend(cells);
            if is_ready {
                return Ok(true);
            }
        }
    }

    fn place(&self) -> String {
        self.place.clone()
    }
}
