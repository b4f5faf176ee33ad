//! The median over seeds on a figure.

use crate::desk::Desk;

/// A seed of two layers whose second reads 1.
fn seed(desk: &Desk, folder: &str, norm: &str) {
    let text = format!("step,layer,activation_grad_norm\n0,1,{norm}\n0,2,1\n");
    desk.write(&format!("{folder}/gradients.csv"), text);
}

/// Heights of the ends of the lines of a width, in quarters of a pixel.
fn lines(svg: &str, width: &str) -> Vec<f64> {
    let lines = svg.split("<polyline ").skip(1);
    let lines = lines.map(|rest| rest.split_once("/>").unwrap().0);
    let ours = lines.filter(|line| line.contains(&format!("stroke-width=\"{width}\"")));
    ours.flat_map(|line| {
        let (_, points) = line.split_once("points=\"").unwrap();
        let (points, _) = points.split_once('"').unwrap();
        let heights = points.split_whitespace();
        heights
            .map(|point| point.split_once(',').unwrap().1.parse().unwrap())
            .collect::<Vec<f64>>()
    })
    .collect()
}

/// Two seeds of 1e-6 and 1e-2 have the same median as one of 1e-4 twice, which
/// is seen where all three share an axis.
#[test]
fn the_median_of_two_seeds_lies_halfway_in_decades() {
    let desk = Desk::empty();
    for (group, norms) in [("apart", ["1e-6", "1e-2"]), ("equal", ["1e-4", "1e-4"])] {
        for (i, norm) in norms.into_iter().enumerate() {
            seed(&desk, &format!("{group}/seed-{i}"), norm);
        }
    }
    desk.vgrad(["plot", "apart", "equal", "--figure", "seeds", "-o", "a.svg"])
        .fine();
    let svg = desk.read("a.svg");
    let heights = lines(&svg, "7");
    assert_eq!(heights.len(), 4, "{svg}");
    // Lines of 1.8 pixels are the medians.
    assert!((heights[0] - heights[2]).abs() <= 1.0, "{heights:?}");
    assert!((heights[0] - heights[1]).abs() > 50.0, "{heights:?}");
}
