//! Axes: their ends, their ticks, and what the ticks say.

use super::words::whole;
use crate::lab::text::Numbering;

/// One labelled place of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// In units of the axis.
    pub at: f64,
    /// What it says.
    pub text: String,
}

/// An axis as it is drawn. Its units are log10 of the value on a log axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows.
    pub label: String,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Labelled places.
    pub ticks: Vec<Tick>,
    /// Places with a fine line.
    pub fine: Vec<f64>,
    /// Bands apart, each from its lower to its upper edge.
    pub bands: Vec<(f64, f64)>,
    /// What it counts in.
    pub unit: Unit,
}

/// What an axis counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Steps or layers.
    Whole,
    /// Values.
    Value,
    /// Places with names.
    Name,
}

impl Axis {
    /// Of a panel without axes.
    pub fn absent() -> Self {
        Self {
            label: String::new(),
            low: 0.0,
            high: 1.0,
            ticks: Vec::new(),
            fine: Vec::new(),
            bands: Vec::new(),
            unit: Unit::Name,
        }
    }

    /// Leaves out labels that would touch their neighbours on `length` units of
    /// a drawing, `size` being how much of it a label takes. Those of bands stay.
    pub fn thin(&mut self, length: f64, size: impl Fn(&str) -> f64) {
        let is_apart = |tick: &Tick| {
            let mut bands = self.bands.iter();
            bands.any(|(low, high)| (*low..=*high).contains(&tick.at))
        };
        let (apart, mut ticks): (Vec<Tick>, Vec<Tick>) = self.ticks.drain(..).partition(is_apart);
        // Of equal words one is enough: neighbours that f64 cannot tell apart.
        ticks.dedup_by(|a, b| a.text == b.text);
        let per_unit = length / (self.high - self.low);
        // What lies between two labels, over what they need.
        let room = |a: &Tick, b: &Tick| {
            (b.at - a.at).abs() * per_unit * 2.0 / (size(&a.text) + size(&b.text))
        };
        let fits = |ticks: &[Tick], every: usize| {
            let kept: Vec<&Tick> = ticks.iter().step_by(every).collect();
            kept.windows(2).all(|pair| room(pair[0], pair[1]) >= 1.0)
        };
        let every = (1..ticks.len()).find(|every| fits(&ticks, *every));
        let every = every.unwrap_or(ticks.len().max(1));
        let mut kept: Vec<Tick> = ticks.into_iter().step_by(every).collect();
        // A number that a band's label would be drawn over gives way, unless it is the only one.
        let has_room = |tick: &Tick| apart.iter().all(|band| room(tick, band) >= 0.7);
        if kept.iter().any(has_room) {
            kept.retain(has_room);
        }
        self.ticks = kept.into_iter().chain(apart).collect();
    }
}

/// An axis of whole numbers, of steps or layers.
pub fn counting(label: &str, low: f64, high: f64) -> Axis {
    let high = if high > low { high } else { low + 1.0 };
    let step = nice_step(high - low, 7).max(1.0);
    let ticks = multiples((low / step).ceil() * step, high, step);
    let ticks = ticks.into_iter().map(|at| Tick {
        at,
        text: whole(at, step),
    });
    Axis {
        label: label.to_owned(),
        low,
        high,
        ticks: ticks.collect(),
        fine: Vec::new(),
        bands: Vec::new(),
        unit: Unit::Whole,
    }
}

impl Axis {
    /// One of layers, whose numbers stand for time steps of stacked layers.
    pub fn numbered(mut self, numbering: Numbering) -> Self {
        if numbering != Numbering::Layers {
            for tick in &mut self.ticks {
                tick.text = numbering.short(tick.at as usize);
            }
        }
        self
    }
}

/// The next step of 1, 2, 5, 10, 20, 50 …
pub fn next_step(step: f64) -> f64 {
    let leading = step / 10f64.powf(step.log10().floor());
    if (1.5..4.0).contains(&leading) {
        step * 2.5
    } else {
        step * 2.0
    }
}

/// A step of 1, 2 or 5 times a power of ten that cuts `span` into at most `most`.
pub fn nice_step(span: f64, most: usize) -> f64 {
    let mut step = 10f64.powf((span / most as f64).log10().floor());
    while span / step > most as f64 * 1.000_001 {
        step = next_step(step);
    }
    step
}

/// The multiples of `step` from `low` to `high`.
pub fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    let count = (last - first).max(-1.0) as usize + usize::from(last >= first);
    (0..count.min(1000))
        .map(|i| (first + i as f64) * step)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_layers_are_whole() {
        for (low, high) in [(0.0, 0.0), (1.0, 3.0), (1.0, 1001.0), (0.0, 1e15)] {
            let axis = counting("step", low, high);
            assert!((1..=8).contains(&axis.ticks.len()), "{axis:?}");
            assert!(axis.ticks.iter().all(|tick| tick.at.fract() == 0.0));
        }
    }

    #[test]
    fn labels_that_would_touch_are_left_out() {
        let mut axis = counting("step", 0.0, 1e18);
        assert_eq!(axis.ticks.last().unwrap().text, "1.0×10¹⁸");
        let all = axis.ticks.len();
        // Six units a letter on 100: eight letters need 48.
        axis.thin(100.0, |text| text.chars().count() as f64 * 6.0);
        assert!(axis.ticks.len() < all && axis.ticks.len() > 1, "{axis:?}");
        // A band's label stays, and the number beside it gives way.
        let mut axis = counting("step", 0.0, 10.0);
        axis.bands.push((10.2, 11.0));
        axis.high = 11.0;
        axis.ticks.push(Tick {
            at: 10.6,
            text: "inf/NaN".to_owned(),
        });
        axis.thin(22.0, |_| 2.0);
        let texts: Vec<&str> = axis.ticks.iter().map(|tick| &tick.text[..]).collect();
        assert!(
            texts.contains(&"inf/NaN") && texts.contains(&"8"),
            "{texts:?}"
        );
        assert!(!texts.contains(&"10"), "{texts:?}");
        // Steps that f64 cannot tell apart are named once.
        let mut axis = counting("step", 1e18, 1e18 + 512.0);
        axis.thin(1e9, |_| 1.0);
        let mut texts: Vec<&str> = axis.ticks.iter().map(|tick| &tick.text[..]).collect();
        let count = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), count, "{texts:?}");
    }
}
