//! The numbers of a log's layers in words.

use crate::nn::architecture::Along;

/// The most ranges that are spelled out.
const MOST: usize = 8;

/// What the numbers of a log's layers stand for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// Layers of depth.
    #[default]
    Layers,
    /// The time steps of one stacked recurrent layer after the other; the output comes last.
    Time {
        /// Time steps.
        steps: usize,
        /// Stacked layers.
        stacked: usize,
    },
}

impl Numbering {
    /// That of a log in which decay is measured along the layers of these numbers, ascending:
    /// through time those of the last stacked layer.
    pub fn of(along: Along, path: impl IntoIterator<Item = usize>) -> Self {
        let path = path.into_iter();
        let (steps, last) = path.fold((0, 0), |(count, _), layer| (count + 1, layer));
        match along {
            Along::Time if steps > 0 => Self::Time {
                steps,
                stacked: last / steps,
            },
            _ => Self::Layers,
        }
    }

    /// What its path is made of.
    pub fn along(self) -> Along {
        match self {
            Self::Layers => Along::Layers,
            Self::Time { .. } => Along::Time,
        }
    }

    /// One: "layer 4", "time step 4", "time step 4 of stacked layer 2".
    pub fn one(self, layer: usize) -> String {
        self.ranges(&[[layer, layer]])
    }

    /// The same with its name in the log, where it has one: "layer 4 (hidden_4)".
    pub fn named(self, layer: usize, name: &str) -> String {
        match self.one(layer) {
            one if name.is_empty() || one == OUTPUT => one,
            one => format!("{one} ({name})"),
        }
    }

    /// The same for a narrow column: "4", and where layers are stacked "2.4".
    pub fn short(self, layer: usize) -> String {
        match self {
            Self::Time { steps, stacked } if layer > steps * stacked => "output".to_owned(),
            Self::Time { steps, stacked } if stacked > 1 => {
                format!("{}.{}", (layer - 1) / steps + 1, (layer - 1) % steps + 1)
            }
            _ => layer.to_string(),
        }
    }

    /// A place between two of them: "3.5", and where layers are stacked "2.3–2.4".
    pub fn short_place(self, place: f64) -> String {
        let below = place.floor() as usize;
        match self {
            _ if place.fract() == 0.0 => self.short(below),
            Self::Time { stacked, .. } if stacked > 1 => {
                format!("{}–{}", self.short(below), self.short(below + 1))
            }
            _ => {
                let text = format!("{place:.2}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
    }

    /// Several, ascending: "layers 1–3, 7", "time steps 1–3, 7 and the output layer".
    pub fn many(self, layers: &[usize]) -> String {
        let single: Vec<[usize; 2]> = layers.iter().map(|layer| [*layer; 2]).collect();
        self.ranges(&single)
    }

    /// The same of ranges, each with its first and last, of which neighbours become one.
    pub fn ranges(self, ranges: &[[usize; 2]]) -> String {
        let ranges = &joined(ranges)[..];
        let Self::Time { steps, stacked } = self else {
            return listed("layer", ranges);
        };
        let mut parts: Vec<String> = Vec::new();
        for own in 0..stacked {
            let before = own * steps;
            let within = ranges.iter().map(|[first, last]| {
                let first = (*first).max(before + 1);
                [
                    first - before,
                    (*last).min(before + steps).saturating_sub(before),
                ]
            });
            let within: Vec<[usize; 2]> = within.filter(|[first, last]| first <= last).collect();
            if !within.is_empty() {
                let of = match stacked {
                    1 => String::new(),
                    _ => format!(" of stacked layer {}", own + 1),
                };
                parts.push(listed("time step", &within) + &of);
            }
        }
        if ranges.iter().any(|[_, last]| *last > steps * stacked) {
            parts.push(OUTPUT.to_owned());
        }
        match &parts[..] {
            [before @ .., last] if !before.is_empty() => {
                format!("{} and {last}", before.join(", "))
            }
            _ => parts.concat(),
        }
    }

    /// Whether another stacked layer begins behind this one.
    pub fn ends_stacked(self, layer: usize) -> bool {
        match self {
            Self::Time { steps, stacked } => layer.is_multiple_of(steps) && layer < steps * stacked,
            Self::Layers => false,
        }
    }

    /// The part of the path that ends at this layer.
    pub fn up_to(self, layer: usize) -> [usize; 2] {
        match self {
            Self::Time { steps, stacked } => [steps * (stacked - 1) + 1, layer],
            Self::Layers => [1, layer],
        }
    }
}

fn joined(ranges: &[[usize; 2]]) -> Vec<[usize; 2]> {
    let mut joined: Vec<[usize; 2]> = Vec::new();
    for &[first, last] in ranges {
        match joined.last_mut() {
            Some([_, end]) if end.checked_add(1) == Some(first) => *end = last,
            _ => joined.push([first, last]),
        }
    }
    joined
}

/// What stands behind the last time step.
const OUTPUT: &str = "the output layer";

fn listed(one: &str, ranges: &[[usize; 2]]) -> String {
    let shown = ranges.iter().take(MOST).map(|[first, last]| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}–{last}")
        }
    });
    let shown: Vec<String> = shown.collect();
    let more = if ranges.len() > MOST { " and more" } else { "" };
    let plural = match ranges {
        [[first, last]] if first == last => "",
        _ => "s",
    };
    format!("{one}{plural} {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: Numbering = Numbering::Layers;

    #[test]
    fn neighbours_are_named_together() {
        assert_eq!(LAYERS.many(&[1, 2, 3, 7, 9, 10]), "layers 1–3, 7, 9–10");
        assert_eq!(LAYERS.many(&[4]), "layer 4");
        assert_eq!(LAYERS.named(4, "hidden_4"), "layer 4 (hidden_4)");
        assert_eq!(LAYERS.named(4, ""), "layer 4");
        let far = LAYERS.ranges(&[[2, 1 << 40]]);
        assert_eq!(far, "layers 2–1099511627776");
    }

    #[test]
    fn places_between_layers_are_short() {
        let places = [3.0, 2.5, 10.0, 1.0 / 3.0].map(|place| LAYERS.short_place(place));
        assert_eq!(places, ["3", "2.5", "10", "0.33"]);
        let two = Numbering::Time {
            steps: 8,
            stacked: 2,
        };
        let places = [9.0, 14.57].map(|place| two.short_place(place));
        assert_eq!(places, ["2.1", "2.6–2.7"]);
    }

    #[test]
    fn many_ranges_are_cut_short() {
        let odd: Vec<usize> = (0..20).map(|n| 2 * n + 1).collect();
        assert_eq!(
            LAYERS.many(&odd),
            "layers 1, 3, 5, 7, 9, 11, 13, 15 and more"
        );
    }

    /// The layers of an unrolled network of stacked layers l over P positions are
    /// (l − 1)·P + t, then the output.
    #[test]
    fn time_steps_are_called_so_and_told_by_stacked_layer() {
        let lone = Numbering::of(Along::Time, 1..=6);
        assert_eq!(lone.many(&[1, 2, 4]), "time steps 1–2, 4");
        assert_eq!(lone.many(&[6, 7]), "time step 6 and the output layer");
        assert_eq!(lone.named(2, "hidden_1.2"), "time step 2 (hidden_1.2)");
        assert_eq!(lone.named(7, "output"), "the output layer");
        assert_eq!([2, 7].map(|own| lone.short(own)), ["2", "output"]);
        assert_eq!(lone.up_to(3), [1, 3]);
        let stacked = Numbering::of(Along::Time, 7..=12);
        assert_eq!(stacked.one(9), "time step 3 of stacked layer 2");
        assert_eq!(
            stacked.ranges(&[[1, 6], [8, 13]]),
            "time steps 1–6 of stacked layer 1, time steps 2–6 of stacked layer 2 \
             and the output layer"
        );
        assert_eq!([2, 9].map(|own| stacked.short(own)), ["1.2", "2.3"]);
        assert_eq!(stacked.up_to(9), [7, 9]);
        assert_eq!(
            [5, 6, 12, 13].map(|own| stacked.ends_stacked(own)),
            [false, true, false, false]
        );
        assert_eq!(Numbering::of(Along::Layers, 7..=12), LAYERS);
    }
}
