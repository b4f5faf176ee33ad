//! A prediction in words and tables.

use std::fmt::Write as _;
use std::ops::Range;

use crate::lab::config::LoadedSpec;
use crate::lab::decay::Verdict;
use crate::lab::prediction::{LayerPrediction, Phase, Prediction, Unpredictable};
use crate::lab::text::{fixed, number, signed, significant, times, wrapped};
use crate::nn::architecture::Along;

/// That there is no theory, and why.
pub fn unpredictable(name: &str, problem: &Unpredictable, width: usize) -> String {
    let text = format!(
        "{name}: no prediction, because of `{}`: {}. `vgrad run` measures it.",
        problem.key, problem.reason
    );
    wrapped(&text, width).join("\n") + "\n"
}

/// The table of layers, and what it comes to.
pub fn human(prediction: &Prediction, along: Along, width: usize) -> String {
    let one = along.one();
    let mut text = format!("{}: what theory expects at the start\n\n", prediction.name);
    text.push_str(&table(&prediction.layers, along, width));
    let mut paragraph = |words: &str| {
        text.push('\n');
        text.push_str(&wrapped(words, width).join("\n"));
        text.push('\n');
    };
    paragraph(&decay(prediction, one));
    if let Some(words) = fixed_point(prediction) {
        paragraph(&words);
    }
    if let Some(words) = correlation(prediction) {
        paragraph(&words);
    }
    paragraph(&underflow(prediction, along));
    text
}

/// The most lines of a table in which only layers that read the same share one.
const MOST_LINES: usize = 40;

/// How far q, χ and the decades of layers that share a line may lie apart in a longer table:
/// as a share of them, and decades also as they are.
const ALIKE: f64 = 0.05;

/// A line per layer, or per stretch of layers that read the same; where those are too many,
/// per stretch of layers that read nearly the same.
fn table(layers: &[LayerPrediction], along: Along, width: usize) -> String {
    let one = along.one();
    let values: Vec<[Option<f64>; 3]> = layers
        .iter()
        .map(|layer| {
            // Before the first time step the state is 0: what is lost on the way there is no loss.
            let is_on_the_way = along == Along::Layers || layer.layer > 1;
            let decades = layer.decades.filter(|_| is_on_the_way);
            [Some(layer.q), layer.chi, decades].map(|value| value.map(|it| it.0))
        })
        .collect();
    let shown = |value: Option<f64>| value.map_or("·".to_owned(), number);
    let same = stretches(&values, |a, b| a.map(shown) == b.map(shown));
    let is_long = same.len() > MOST_LINES;
    let lines = match is_long {
        true => stretches(&values, is_alike),
        false => same,
    };
    let mut text = format!("{:>9}{:>13}{:>13}{:>15}\n", one, "q", "χ", "decades lost");
    for stretch in lines {
        let ends = [stretch.start, stretch.end - 1].map(|i| layers[i].layer);
        let range = match ends {
            [first, last] if first == last => first.to_string(),
            [first, last] => format!("{first}–{last}"),
        };
        let own = &values[stretch];
        let [q, chi, decades] = std::array::from_fn(|column| match is_long {
            true => shown(mean(own.iter().map(|row| row[column]))),
            false => shown(own[0][column]),
        });
        writeln!(text, "{range:>9}{q:>13}{chi:>13}{decades:>15}").expect("a string takes it");
    }
    if is_long {
        let share = 100.0 * ALIKE;
        let words = format!(
            "A line of several {one}s holds their means: they lie within {share} %, or {ALIKE} \
             decades."
        );
        text = text + "\n" + &wrapped(&words, width).join("\n") + "\n";
    }
    text
}

/// The longest stretches of rows that are all like their first.
fn stretches<T: Copy>(rows: &[T], is_alike: impl Fn(T, T) -> bool) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for (i, &row) in rows.iter().enumerate() {
        match stretches.last_mut() {
            Some(stretch) if is_alike(rows[stretch.start], row) => stretch.end = i + 1,
            _ => stretches.push(i..i + 1),
        }
    }
    stretches
}

fn is_alike(a: [Option<f64>; 3], b: [Option<f64>; 3]) -> bool {
    let [q, chi, decades] = std::array::from_fn(|column| match (a[column], b[column]) {
        (Some(a), Some(b)) if a != b => (a - b).abs() / a.abs().max(b.abs()),
        (a, b) if a == b => 0.0,
        _ => f64::INFINITY,
    });
    let apart = a[2].zip(b[2]).map_or(decades, |(a, b)| (a - b).abs());
    q <= ALIKE && chi <= ALIKE && decades.min(apart) <= ALIKE
}

fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

fn decay(prediction: &Prediction, one: &str) -> String {
    let decades = prediction.attenuation_decades.0;
    let depth = prediction.layers.len();
    if depth == 1 {
        let hidden = if one == "layer" { "hidden " } else { "" };
        return format!("One {hidden}{one}: there is no way back to lose anything on.");
    }
    let mut text = match prediction.verdict {
        Verdict::Vanishing => "Gradients vanish: ",
        Verdict::AtRisk => "Gradients are at risk: ",
        Verdict::Exploding => "Gradients explode: ",
        Verdict::Healthy | Verdict::Diverged => "Gradients arrive: ",
    }
    .to_owned();
    let change = match decades {
        _ if decades.is_infinite() => "nothing is left of them".to_owned(),
        _ if decades.abs() < 0.005 => "they keep their size".to_owned(),
        _ if decades > 0.0 => format!("they shrink by {} ({decades:.2} decades)", times(decades)),
        _ => format!("they grow by {} ({:.2} decades)", times(decades), -decades),
    };
    write!(text, "{change} from {one} {depth} to {one} 1").expect("a string takes it");
    if let Some(slope) = prediction.decay_decades_per_layer
        && decades.is_finite()
    {
        write!(text, ", {} decades per {one}", signed(slope.0, 3)).expect("a string takes it");
    }
    if decades.is_finite()
        && let Some([low, high]) = prediction.attenuation_interval
    {
        write!(
            text,
            ". At this width 19 draws in 20 lie between {} and {}",
            fixed(low.0, 2),
            fixed(high.0, 2)
        )
        .expect("a string takes it");
    }
    text.push('.');
    if prediction.attenuation_interval.is_none() {
        text.push_str(
            " One recurrent map is used at every time step, so that what its draw is off by adds \
             up along them: how far single draws lie from this is not known.",
        );
        if prediction.finite_width_dominates {
            text.push_str(
                " There are more time steps than units: the map's largest eigenvalue counts \
                 more and more, and they may lie far off.",
            );
        }
    } else if prediction.finite_width_dominates {
        text.push_str(" Finite width dominates: single draws may lie far outside.");
    }
    text
}

fn fixed_point(prediction: &Prediction) -> Option<String> {
    let (q, chi) = (prediction.q_star?.0, prediction.chi_1?.0);
    let phase = prediction.phase?;
    let end = match q {
        _ if q == 0.0 => "q goes to 0".to_owned(),
        _ if q.is_infinite() => "q grows without bound".to_owned(),
        _ => format!("q ends at {}", number(q)),
    };
    let slowly = if prediction.q_is_slow == Some(true) {
        ", more slowly than by a factor per layer"
    } else {
        ""
    };
    let meaning = match phase {
        Phase::Ordered => "differences between samples die out and gradients with them",
        Phase::Critical => "gradients keep their size",
        Phase::Chaotic => "gradients grow",
    };
    let mut text = format!(
        "Deeper still: {end}{slowly}, where χ₁ = {}; {} phase, {meaning}",
        number(chi),
        phase.name()
    );
    if let Some(xi) = prediction.xi.filter(|_| phase != Phase::Critical) {
        write!(
            text,
            ": a factor e in the square per {} layers",
            significant(xi.0)
        )
        .expect("a string takes it");
    }
    text.push('.');
    Some(text)
}

fn correlation(prediction: &Prediction) -> Option<String> {
    let (c, xi) = (prediction.c_star?.0, prediction.xi_c?.0);
    // A layer more or less does not matter then.
    if xi > 1e4 {
        return Some(format!(
            "Samples end with correlation {}, hardly faster than not at all: depth is no obstacle to training.",
            number(c)
        ));
    }
    Some(format!(
        "Samples end with correlation {}, a factor e nearer per {} layers: such networks train up \
         to about {} layers.",
        number(c),
        significant(xi),
        (6.0 * xi).floor().max(1.0)
    ))
}

fn underflow(prediction: &Prediction, along: Along) -> String {
    let depth = &prediction.underflow_depth;
    let formats = [
        ("fp16", depth.fp16),
        ("bf16", depth.bf16),
        ("f32", depth.f32),
    ];
    let reached: Vec<String> = formats
        .iter()
        .filter_map(|(name, depth)| Some(format!("{} in {name}", (*depth)?)))
        .collect();
    if reached.is_empty() {
        let at = match along {
            Along::Layers => "at no depth",
            Along::Time => "after no number of time steps",
        };
        return format!("Gradients underflow {at}.");
    }
    let from = match along {
        Along::Layers => "Layer 1's gradients are too small for a number from this depth on",
        Along::Time => {
            "The first time step's gradients are too small for a number from this many on"
        }
    };
    format!("{from}: {}.", reached.join(", "))
}

/// The spec's network section, and beside each key what it does in a layer.
pub fn annotated(loaded: &LoadedSpec, prediction: &Prediction) -> String {
    let last = loaded.spec.network.along().last();
    let mut text = format!(
        "# → factor on the second moment of the activations\n\
         # ← factor on the squared gradient; both of the {last}\n"
    );
    for line in loaded.network_lines() {
        let key = line.split('=').next().unwrap_or("").trim();
        let notes = note(key, prediction);
        let gap = if notes.is_empty() { "" } else { "  " };
        let line = without_comment(&line);
        let padding = if notes.is_empty() { 0 } else { 40 };
        writeln!(text, "{line:<padding$}{gap}{notes}").expect("a string takes it");
    }
    text
}

/// A line of TOML without the comment at its end.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let start = line.char_indices().find(|(_, c)| {
        match (quote, c) {
            (None, '#') => return true,
            (None, '"' | '\'') => quote = Some(*c),
            (Some(open), c) if open == *c => quote = None,
            _ => {}
        }
        false
    });
    line[..start.map_or(line.len(), |(at, _)| at)].trim_end()
}

fn note(key: &str, prediction: &Prediction) -> String {
    if key == "depth" {
        let last = prediction.layers.last().map_or(f64::NAN, |layer| layer.q.0);
        let decades = prediction.attenuation_decades.0;
        let decades = fixed(decades, 2);
        return format!("→ q = {}  ← {decades} decades lost in all", number(last));
    }
    let found = prediction.contributions.iter().find(|it| it.key == key);
    let Some(found) = found else {
        return String::new();
    };
    let part = |arrow: &str, factor: Option<f64>| {
        factor.map(|factor| format!("{arrow} ×{}", significant(factor)))
    };
    let parts = [part("→", found.forward), part("←", found.backward)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("  ")
}
