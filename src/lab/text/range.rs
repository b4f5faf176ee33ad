//! Layers in words.

/// The most ranges that are spelled out.
const MOST: usize = 8;

/// Ascending layers: "layer 4", "layers 1–3, 7".
pub fn layers(numbers: &[usize]) -> String {
    let mut ranges: Vec<[usize; 2]> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some([_, last]) if *last + 1 == number => *last = number,
            _ => ranges.push([number, number]),
        }
    }
    layer_ranges(&ranges)
}

/// The same of ranges, each with its first and last layer.
pub fn layer_ranges(ranges: &[[usize; 2]]) -> String {
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
    format!("layer{plural} {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_named_together() {
        assert_eq!(layers(&[1, 2, 3, 7, 9, 10]), "layers 1–3, 7, 9–10");
        assert_eq!(layers(&[4]), "layer 4");
        assert_eq!(layer_ranges(&[[2, 1 << 40]]), "layers 2–1099511627776");
    }

    #[test]
    fn many_ranges_are_cut_short() {
        let odd: Vec<usize> = (0..20).map(|n| 2 * n + 1).collect();
        assert_eq!(layers(&odd), "layers 1, 3, 5, 7, 9, 11, 13, 15 and more");
    }
}
